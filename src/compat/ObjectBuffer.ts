// sockhop/lib/ObjectBuffer.js, as programs written for 1.x require it: the class itself.
import { ObjectBuffer } from "../index";
export = ObjectBuffer;
