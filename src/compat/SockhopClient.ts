// Old deep path sockhop/lib/SockhopClient.js (1.8): `require()` returns the class itself.
import { SockhopClient } from "../index";
export = SockhopClient;
