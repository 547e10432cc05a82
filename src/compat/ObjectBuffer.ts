// Old deep path sockhop/lib/ObjectBuffer.js (1.x): `require()` returns the class itself.
import { ObjectBuffer } from "../index";
export = ObjectBuffer;
