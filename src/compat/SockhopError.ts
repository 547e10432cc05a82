// Old deep path sockhop/lib/SockhopError.js (1.8): `require()` returns the class itself.
import { SockhopError } from "../index";
export = SockhopError;
