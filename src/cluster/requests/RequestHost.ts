import type { InvalidMessage, Message } from "../../protocol/Message";

/** Server, for requests between servers. */
export interface RequestHost {
    /** Default timeout of a request, in milliseconds. */
    readonly timeout: number;
    /**
     * Encodes a value, as those of a broadcast: see {@link ClusterValues}. Calls code of the program.
     *
     * @param type - type of the message, instead of the class name of the value
     * @throws {@link SockhopError} `ERR_BAD_DATA`, `ERR_MESSAGE_TOO_LARGE`
     */
    encode(value: unknown, type: string | undefined): string;
    /** Decodes the JSON text of an envelope. Never throws. */
    decode(json: string): Message | InvalidMessage;
    /** Decodes the base64 text of a frame of the codec `"binary"`. Never throws. */
    decodeBytes(base64: string): Message | InvalidMessage;
    /** Reports the error of a handler. Must not throw. */
    handlerFailed(thrown: unknown): void;
}
