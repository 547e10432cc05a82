// Old deep path sockhop/lib/SockhopServer.js (1.8): `require()` returns the class itself.
import { SockhopServer } from "../index";
export = SockhopServer;
