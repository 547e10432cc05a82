// Old deep path sockhop/lib/SockhopRequest.js (1.8).
export {
    SockhopRequest,
    SockhopResponsePacket,
    SockhopResponseReadableStream,
    SockhopResponseWriteableStream,
} from "../index";
