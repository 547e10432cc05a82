import type { RequestHost } from "../../src/cluster/requests/RequestHost";
import { type InvalidMessage, type Message, invalid, toMessage } from "../../src/protocol/Message";

/** Encodes values as JSON, as a server without options does. */
export function requestHost(handlerFailed: (thrown: unknown) => void = () => undefined): RequestHost {
    return {
        timeout: 30_000,
        encode: (value, type) => JSON.stringify({ type: type ?? "Object", data: value }),
        decode,
        decodeBytes: (base64) => decode(Buffer.from(base64, "base64").toString()),
        handlerFailed,
    };
}

function decode(json: string): Message | InvalidMessage {
    try {
        return toMessage(JSON.parse(json));
    } catch {
        return invalid("the frame is not JSON");
    }
}
