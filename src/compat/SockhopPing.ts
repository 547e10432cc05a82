// Old deep path sockhop/lib/SockhopPing.js (1.8).
export { SockhopPing, SockhopPong } from "../index";
