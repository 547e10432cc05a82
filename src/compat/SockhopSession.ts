// sockhop/lib/SockhopSession.js, as programs written for 1.8 require it: the class itself.
import { SockhopSession } from "../index";
export = SockhopSession;
