// sockhop/lib/SockhopRequest.js, as programs written for 1.8 require it.
export {
    SockhopRequest,
    SockhopResponsePacket,
    SockhopResponseReadableStream,
    SockhopResponseWriteableStream,
} from "../index";
