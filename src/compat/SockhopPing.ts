// sockhop/lib/SockhopPing.js, as programs written for 1.8 require it.
export { SockhopPing, SockhopPong } from "../index";
