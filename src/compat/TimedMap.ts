// Old deep path sockhop/lib/TimedMap.js (1.8): `require()` returns the class itself.
import { TimedMap } from "../index";
export = TimedMap;
