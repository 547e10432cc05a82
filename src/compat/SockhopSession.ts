// Old deep path sockhop/lib/SockhopSession.js (1.8): `require()` returns the class itself.
import { SockhopSession } from "../index";
export = SockhopSession;
