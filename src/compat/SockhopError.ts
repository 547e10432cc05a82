// sockhop/lib/SockhopError.js, as programs written for 1.8 require it: the class itself.
import { SockhopError } from "../index";
export = SockhopError;
