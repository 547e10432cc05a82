import type { Classes } from "./classes";

/**
 * Codec of a program, for values only: the library adds the type and the id of a message. It must keep nothing between
 * two messages, since each frame is decoded alone.
 */
export interface ValueCodec {
    /** Name that both ends must have in common. At most 64 characters. */
    readonly name: string;
    /** Converts a value to bytes. They are copied, so their memory can be used again. */
    encode(value: unknown): Uint8Array;
    /**
     * Converts bytes of a peer to a value, which can be a view of them. May throw: then the message is a bad frame.
     */
    decode(bytes: Buffer): unknown;
}

/** Options of values. */
export interface ValueOptions {
    /**
     * Format of messages.
     * - `"json"`: JSON lines, as in sockhop 1.x
     * - `"binary"`: frames of bytes, which are smaller and quicker, for values that JSON cannot express too (`Date`,
     *   `Map`, `Buffer`, cycles …; see the guide Values)
     * - an object: a codec of the program
     *
     * Both ends of a connection need the same codec. With a peer that does not have it, messages are JSON lines.
     *
     * @default "json"
     */
    codec?: "json" | "binary" | ValueCodec | undefined;
    /**
     * Classes whose instances arrive as instances: `[Widget, Point]`, or `{ Widget, "shop.Order": Order }` with the
     * names that both ends use. Only these names are revived, and constructors are never called: an instance gets the
     * members that were sent, or is the result of `static fromJSON(data)` of its class. With JSON lines, only the value
     * of a message is revived, and no value inside of it.
     */
    classes?: Classes | undefined;
    /**
     * `true`: with `codec: "binary"`, the stack of an Error is sent, too.
     *
     * @default false
     */
    error_stacks?: boolean | undefined;
}
