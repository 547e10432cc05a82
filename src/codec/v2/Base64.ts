import { typeName } from "../../protocol/typeName";

const TYPE = "Buffer";

/** Buffer in a JSON line of sockhop 2.x: text of its bytes, with the type `Buffer`. */
export class Base64 {
    // The name of this class on the wire.
    static readonly sockhop_type = TYPE;
    readonly #bytes: Buffer;

    private constructor(bytes: Buffer) {
        this.#bytes = bytes;
    }

    /**
     * Returns the value to encode as a line in the place of `value`.
     *
     * @param type - type that the program has named
     */
    static of(value: unknown, type = typeName(value)): unknown {
        return Buffer.isBuffer(value) && type === TYPE ? new Base64(value) : value;
    }

    /** Returns the Buffer that a peer of 2.x has sent as text; `undefined` for any other message. */
    static decode(type: string, data: unknown): Buffer | undefined {
        return type === TYPE && typeof data === "string" ? Buffer.from(data, "base64") : undefined;
    }

    toJSON(): string {
        return this.#bytes.toString("base64");
    }
}
