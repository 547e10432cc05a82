import { constants } from "node:buffer";
import { RESERVED_TYPES } from "../../../protocol/Envelope";
import { typeName } from "../../../protocol/typeName";
import { MAX_SMALL, giveBack } from "../../../runtime/largeMemory";
import { SockhopError } from "../../../SockhopError";
import { reservedTypeError, tooLargeError } from "../../errors";
import * as $ from "../layout";
import type { Shape } from "./Shape";
import { ValueWriter, newFrame } from "./ValueWriter";
import { WriteFailure, writeFailure } from "./WriteFailure";

/** Maximum length of a string of this engine, and so of the text of a frame. */
const { MAX_STRING_LENGTH } = constants;

/** Maximum size of a message, whatever the option is: a frame has 32 bits for its size. */
const MAX_SIZE = 2 ** 32 - 1 - $.FRAME_SLACK;

/** Bytes in large memory are not copied if this multiple of them is more than the memory. */
const MIN_SHARE = 4;

const EMPTY = Buffer.alloc(0);
const { getPrototypeOf } = Object;

/**
 * Frames of one tick, in one buffer. A message is written behind the last one, and becomes a part of its frame by
 * {@link commit}; otherwise the next message takes its place.
 */
export class FrameBuffer extends ValueWriter {
    /** Type of the latest message. */
    latestType = "Object";
    /** Kind and flags of the latest message. */
    latestHead = 0;
    /** True if the frames were taken while a message was being written. */
    isInterrupted = false;
    /** Begin of the frame that is open; its end without the latest message, and the same of its shapes. */
    #start = 0;
    #end = 0;
    #endOfShapes = 0;
    #hasMessages = false;
    /** True if the last bytes were still in use when they were released: the next ones will be, too. */
    #copies = false;

    /** @param memory - size of the memory, allocated at the first message */
    constructor(readonly memory: number) {
        super();
        this.reset(true);
    }

    /** Number of bytes of the latest message, also when it was committed. An estimate if its text is not ASCII. */
    length = 0;

    /** Number of bytes that were committed. */
    get committed(): number {
        return this.#hasMessages ? this.#end + this.text.committedLength : this.#start;
    }

    /**
     * Writes a message.
     *
     * @param head - kind and flags
     * @param id - number of a call or request; 0 for none
     * @param type - type instead of the class name
     * @param error - error of a failed response
     * @throws {@link SockhopError} `ERR_BAD_DATA`, `ERR_MESSAGE_TOO_LARGE`; the message leaves no trace then
     */
    write(head: number, id: number, value: unknown, type?: string, error?: unknown): void {
        if (this.bytes.length === 0) this.#allocate();
        this.rollBack();
        try {
            this.beginValues();
            this.maxLength = Math.min(this.text.committedLength + this.settings.maxSize, MAX_STRING_LENGTH);
            this.#message(head, id, value, type, error);
            this.checkSize(0);
            this.length = this.at - this.#end + this.#characters;
        } catch (thrown) {
            this.rollBack();
            this.latestType = type ?? this.typeOf(value);
            throw WriteFailure.of(thrown).toError();
        } finally {
            this.endValues();
        }
    }

    /** Makes the latest message a part of the frame. */
    commit(): void {
        this.#end = this.at;
        this.text.commit();
        this.#endOfShapes = this.shapes.length;
        this.#hasMessages = true;
        if (this.#end - this.#start + this.text.length >= $.FRAME_SIZE) this.#endFrame();
    }

    /** Appends a whole frame. */
    append(frame: Buffer): void {
        if (this.bytes.length === 0) this.#allocate();
        this.rollBack();
        if (this.#hasMessages) this.#endFrame();
        this.at = this.#start;
        if (this.at + frame.length > this.bytes.length) this.enlarge(frame.length);
        this.bytes.set(frame, this.at);
        this.#start = this.at + frame.length;
        this.#beginFrame();
    }

    /** Ends the open frame and returns all bytes. They are valid until {@link reset}; large memory belongs to the caller. */
    take(): Buffer {
        this.rollBack();
        if (this.#hasMessages) this.#endFrame();
        const memory = this.bytes;
        const bytes = memory.subarray(0, this.#start);
        if (memory.length <= MAX_SMALL) return this.#copies ? Buffer.from(bytes) : bytes;
        this.use(EMPTY);
        if (bytes.length > MAX_SMALL && MIN_SHARE * bytes.length > memory.length) return bytes;
        // A message that could not be sent has needed it.
        const copy = Buffer.from(bytes);
        giveBack(memory);
        return copy;
    }

    /** Returns a copy of what was committed, while a message is being written. That message is lost. */
    interrupt(): Buffer {
        const copy = new FrameBuffer(0);
        copy.use(Buffer.from(this.bytes.subarray(0, this.#end)));
        copy.#start = this.#start;
        copy.#end = copy.at = this.#end;
        copy.text.copyCommitted(this.text);
        copy.#hasMessages = this.#hasMessages;
        this.isInterrupted = true;
        return copy.take();
    }

    /**
     * Prepares for the next tick.
     *
     * @param isFree - true if nothing refers to the bytes of {@link take}
     * @param maxKept - memory that is kept for the next tick. A larger one is dropped, so that one large message does
     *     not stay
     */
    reset(isFree: boolean, maxKept = MAX_SMALL): void {
        if (this.bytes.length > MAX_SMALL) giveBack(this.bytes); // it was not taken
        if ((!isFree && !this.#copies) || this.bytes.length > maxKept) this.use(EMPTY);
        // To give memory away each time costs more than a copy.
        this.#copies = !isFree;
        this.#start = 0;
        this.isInterrupted = false;
        this.#beginFrame();
    }

    /** Removes the message that was not committed. */
    rollBack(): void {
        if (this.at === this.#end) return;
        this.at = this.#end;
        this.text.rollBack();
        this.shapes.truncate(this.#endOfShapes);
        if (!this.#hasMessages) this.#beginFrame();
    }

    #allocate(): void {
        this.use(Buffer.allocUnsafeSlow(Math.max(this.memory, 1024)));
    }

    #beginFrame(): void {
        this.frame = newFrame();
        this.at = this.#end = this.#start + $.HEADER;
        this.text.clear();
        this.shapes.clear();
        this.#endOfShapes = 0;
        this.#hasMessages = false;
    }

    /** Writes the header and the text of the frame. */
    #endFrame(): void {
        const { text } = this;
        const from = this.#end;
        let encoding: $.EncodingNumber = $.LATIN1;
        let size = text.writeShort(this.bytes, from);
        if (size !== text.length) {
            encoding = text.encoding();
            size = text.sizeIn(encoding);
            if (from + size > this.bytes.length) this.enlarge(size);
            text.writeTo(this.bytes, from, encoding);
        }
        const { bytes, view } = this;
        const start = this.#start;
        const end = from + size;
        bytes[start] = $.MARK;
        bytes[start + 1] = $.FORMAT;
        view.setUint32(start + 2, end - start - $.PREFIX, true);
        bytes[start + 6] = encoding;
        view.setUint32(start + 7, from - start - $.HEADER, true);
        this.#start = end;
        this.#beginFrame();
    }

    #message(head: number, id: number, value: unknown, type: string | undefined, error: unknown): void {
        if (this.at + 32 > this.bytes.length) this.grow(32);
        const start = this.at++;
        const kind = head & $.KIND;
        if (id !== 0) this.varint(id);
        if (kind !== $.CANCEL) {
            const from = this.at;
            const { shapes } = this.settings;
            const shape = this.value(value, "", shapes.latest);
            shapes.latest = shape;
            if (error !== undefined) this.value(error, "");
            const derived = this.#derivedType(value, from, shape);
            const isPlain =
                derived === "Object" &&
                typeof value === "object" &&
                value !== null &&
                getPrototypeOf(value) === Object.prototype;
            if (type === undefined && isPlain) this.latestType = "Object";
            else if (this.#writeType(kind, value, type, derived)) head |= $.HAS_TYPE;
        }
        this.latestHead = head;
        this.bytes[start] = this.hasReferences ? head | $.HAS_REFERENCES : head;
    }

    /** Writes the type of a message, unless a reader derives it from the value. Returns true if it was written. */
    #writeType(kind: number, value: unknown, type: string | undefined, derived: string | undefined): boolean {
        this.latestType = type ?? this.typeOf(value);
        if (kind <= $.REPLY && RESERVED_TYPES.has(this.latestType)) throw reservedFailure(this.latestType);
        if (this.latestType === derived) return false;
        if (this.latestType.length > $.MAX_NAME) throw writeFailure("a class whose name is too long");
        this.name(this.latestType);
        return true;
    }

    /**
     * Returns the type that a reader derives from the value itself, if it can.
     *
     * @param from - index of the first byte of the value
     */
    #derivedType(value: unknown, from: number, shape: Shape | undefined): string | undefined {
        const kind = this.bytes[from] as number;
        if (typeof value === "bigint") return kind === $.BIGINT ? "BigInt" : undefined; // it can have a toJSON()
        if (typeof value !== "object" || value === null) return typeName(value);
        if (kind >= $.FIRST_SHAPE || kind === $.NEW_SHAPE || kind === $.SHAPE) return shape?.className;
        if (kind === $.ARRAY || kind === $.INTEGERS || kind === $.DOUBLES) return "Array";
        return kind === $.DICTIONARY && this.bytes[from + 1] === 0 ? "Object" : undefined;
    }

    protected override checkSize(size: number): void {
        const maxSize = Math.min(this.settings.maxSize, MAX_SIZE);
        const bytes = this.at - this.#end + size;
        if (bytes + 3 * this.#characters <= maxSize) return;
        const total = bytes + this.text.byteLength;
        if (total > maxSize) throw this.#tooLarge(total, size, maxSize);
    }

    protected override refuse(length: number): never {
        const total = this.at - this.#end + this.#characters + length;
        throw this.#tooLarge(total, length, Math.min(this.settings.maxSize, MAX_STRING_LENGTH));
    }

    /** Number of characters of the message that is being written. */
    get #characters(): number {
        return this.text.length - this.text.committedLength;
    }

    /** @param part - size of the part that is being written. Its path is named if no message can have it */
    #tooLarge(size: number, part: number, maxSize: number): WriteFailure {
        return writeFailure("", undefined, (at) => {
            const type = `message (${this.latestType})`;
            const path = part > maxSize ? at : "";
            if (maxSize === this.settings.maxSize) return tooLargeError(String(size), maxSize, type, path);
            const text = `A ${type} of ${size} bytes is larger than a frame can be (${maxSize} bytes)${path}`;
            return new SockhopError(text, "ERR_MESSAGE_TOO_LARGE");
        });
    }
}

/** Not where it is thrown: the closure would cost memory for each message. */
function reservedFailure(type: string): WriteFailure {
    return writeFailure("", undefined, () => reservedTypeError(type));
}
