// sockhop/lib/SockhopClient.js, as programs written for 1.8 require it: the class itself.
import { SockhopClient } from "../index";
export = SockhopClient;
