// sockhop/lib/TimedMap.js, as programs written for 1.8 require it: the class itself.
import { TimedMap } from "../index";
export = TimedMap;
