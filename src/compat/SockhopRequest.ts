// sockhop/lib/SockhopRequest.js, as programs written for 1.8 require it.
export { SockhopResponseReadableStream } from "../core/ResponseReadableStream";
export { SockhopResponseWriteableStream } from "../core/ResponseWriteableStream";
export { SockhopRequest, SockhopResponsePacket } from "../protocol/SockhopRequest";
