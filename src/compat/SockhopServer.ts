// sockhop/lib/SockhopServer.js, as programs written for 1.8 require it: the class itself.
import { SockhopServer } from "../index";
export = SockhopServer;
