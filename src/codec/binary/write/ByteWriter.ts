import { allocateLarge, giveBack } from "../../../runtime/largeMemory";
import { BYTE_KINDS } from "../byteKinds";
import * as $ from "../layout";
import { FrameText } from "./FrameText";

const EMPTY = Buffer.alloc(0);

/** Bytes that every value may need without a check of its own: its first byte and a number. */
export const VALUE_ROOM = 16;

/** Writes the bytes of values: strings to one text, everything else to bytes. */
export abstract class ByteWriter {
    bytes: Buffer = EMPTY;
    view: DataView = new DataView(EMPTY.buffer, 0, 0);
    /** Number of bytes written. */
    at = 0;
    /** Strings of the frame. */
    readonly text = new FrameText();
    /** Maximum length of the text with this message, and of a part of it: each character and item needs a byte. */
    maxLength = 0;

    /** Writes the first byte of a value. */
    kind(kind: number): void {
        if (this.at + VALUE_ROOM > this.bytes.length) this.grow(VALUE_ROOM);
        this.bytes[this.at++] = kind;
    }

    /** Writes a string without a first byte. */
    name(text: string): void {
        if (this.text.length + text.length > this.maxLength) this.refuse(text.length);
        this.varint(text.length);
        this.text.add(text);
    }

    /** Writes a number from 0 on: seven bits a byte, low ones first. */
    varint(value: number): void {
        if (this.at + VALUE_ROOM > this.bytes.length) this.grow(VALUE_ROOM);
        while (value > 0x7f) {
            this.bytes[this.at++] = 0x80 | (value % 0x80);
            value = Math.floor(value / 0x80);
        }
        this.bytes[this.at++] = value;
    }

    double(value: number): void {
        if (this.at + VALUE_ROOM > this.bytes.length) this.grow(VALUE_ROOM);
        this.view.setFloat64(this.at, value, true);
        this.at += 8;
    }

    /** Writes a string as a value. There is space for its first byte and its length. */
    protected string(value: string): void {
        const { length } = value;
        if (this.text.length + length > this.maxLength) this.refuse(length);
        if (length < $.SHORT_STRINGS) {
            this.bytes[this.at++] = $.SHORT_STRING | length;
        } else {
            this.bytes[this.at++] = $.STRING;
            this.varint(length);
            value.charCodeAt(0); // flattens a joined string, which would be walked through each time it is sent
        }
        this.text.add(value);
    }

    /** Writes a number as a value. There is space for it. */
    protected number(value: number): void {
        const { bytes } = this;
        if ((value | 0) === value) {
            if (value > 0 && value < $.SHORT_STRING) {
                bytes[this.at++] = value;
            } else if (value === 0) {
                bytes[this.at++] = Object.is(value, -0) ? $.NEGATIVE_ZERO : 0;
            } else if (value < 0 && value >= -128) {
                bytes[this.at++] = $.INT8;
                bytes[this.at++] = value;
            } else if (value === (value << 16) >> 16) {
                bytes[this.at++] = $.INT16;
                bytes[this.at++] = value;
                bytes[this.at++] = value >> 8;
            } else {
                bytes[this.at++] = $.INT32;
                this.view.setInt32(this.at, value, true);
                this.at += 4;
            }
        } else if (Math.fround(value) === value && value !== Infinity && value !== -Infinity) {
            bytes[this.at++] = $.FLOAT;
            this.view.setFloat32(this.at, value, true);
            this.at += 4;
        } else if (Number.isFinite(value)) {
            bytes[this.at++] = $.DOUBLE;
            this.view.setFloat64(this.at, value, true);
            this.at += 8;
        } else {
            bytes[this.at++] = value > 0 ? $.INFINITE : value < 0 ? $.NEGATIVE_INFINITE : $.NOT_A_NUMBER;
        }
    }

    /** Copies memory. */
    raw(kind: number, memory: Uint8Array): void {
        this.kind($.BYTES);
        this.bytes[this.at++] = kind;
        this.varint(memory.length / (BYTE_KINDS[kind]?.elementSize ?? 1));
        this.reserve(memory.length);
        this.bytes.set(memory, this.at);
        this.at += memory.length;
    }

    /** Makes space for a part of this number of bytes. */
    reserve(size: number): void {
        if (size > this.maxLength) this.refuse(size);
        if (this.at + size > this.bytes.length) this.grow(size);
    }

    /** Enlarges the memory for this number of further bytes. */
    grow(size: number): void {
        this.checkSize(size);
        this.enlarge(size);
    }

    protected enlarge(size: number): void {
        const larger = allocateLarge(Math.max(2 * this.bytes.length, this.at + size, 1024));
        larger.set(this.bytes.subarray(0, this.at));
        giveBack(this.bytes);
        this.use(larger);
    }

    /** Writes to other memory from now on. */
    protected use(memory: Buffer): void {
        this.bytes = memory;
        this.view = new DataView(memory.buffer, memory.byteOffset, memory.length);
    }

    /**
     * Called before the memory grows.
     *
     * @param size - number of further bytes
     * @throws {@link WriteFailure} for a message that is too large
     */
    protected abstract checkSize(size: number): void;

    /**
     * Called for a string, an array or bytes that exceed {@link maxLength}.
     *
     * @throws {@link WriteFailure}
     */
    protected abstract refuse(length: number): never;
}
