import { typeName } from "../../protocol/typeName";
import { detach } from "../../runtime/detach";
import { messageOf } from "../../runtime/thrownValues";
import { BadValue, badFrame } from "./BadFrame";
import { BYTE_KINDS } from "./byteKinds";
import * as $ from "./layout";
import { readRich } from "./readRich";
import type { BinaryClass, BinaryClasses } from "./settings";

const EMPTY = Buffer.alloc(0);

/** Differs from each value of a message. */
const NONE = Symbol("none");

/** Class name and keys of received objects. */
export interface ReceivedShape {
    readonly className: string;
    readonly keys: readonly string[];
    readonly registered: BinaryClass | undefined;
    /** True if a member must be defined: an assignment could call a setter, or be refused. */
    readonly isUnusual: boolean;
}

/** Memory of 8 bytes that a number is copied to. */
const scratch = new Uint8Array(8);
const number = new DataView(scratch.buffer);

/**
 * Reads values of a frame: bytes that the peer may have chosen freely. It allocates nothing by a number that the peer
 * has announced.
 *
 * It may read behind the bytes of a message, which its caller then refuses; it passes nothing to a class before that is
 * checked. All methods throw `BadFrame`.
 */
export class ValueReader {
    bytes: Buffer = EMPTY;
    /** Index of the next byte, and end of the bytes of the values. */
    at = 0;
    end = 0;
    text = "";
    /** Index of the next character of the text. */
    character = 0;
    depth = 0;
    /** True if the memory belongs to the frame alone. */
    isOwned = false;
    /** Shapes of the frame. */
    readonly shapes: ReceivedShape[] = [];
    /** Objects of the message by their numbers, if it refers to any. */
    objects: unknown[] | undefined;
    /** First fault of the message that does not concern the ones behind it. */
    badValue: BadValue | undefined;

    #bytesPerCharacter = 1;
    /** Numbers of objects of which a class makes instances when they are complete. */
    readonly #unfinished = new Set<number>();
    /** Latest value that a class has made of its data. */
    #revived: unknown = NONE;
    #largeObjects = 0;
    /** Where the message begins: index of its first byte, and of its first character. */
    #from = 0;
    #fromCharacter = 0;

    constructor(
        readonly classes: BinaryClasses | undefined,
        readonly knownShapes: Map<string, ReceivedShape>,
        /** Maximum size of a message in bytes. */
        readonly maxSize: number,
    ) {}

    /** Begins a frame. */
    open(bytes: Buffer, at: number, end: number, text: string, isOwned: boolean): void {
        this.bytes = bytes;
        this.at = at;
        this.end = end;
        this.text = text;
        this.character = 0;
        this.isOwned = isOwned;
        // Average number of bytes of a character. Exact for ASCII.
        this.#bytesPerCharacter = text === "" ? 0 : (bytes.length - end) / text.length;
    }

    /** Forgets the frame. */
    close(): void {
        this.bytes = EMPTY;
        this.text = "";
        this.shapes.length = 0;
        this.objects = undefined;
        this.badValue = undefined;
        this.#revived = NONE;
    }

    /**
     * Begins a message.
     *
     * @param from - index of its first byte
     */
    begin(hasReferences: boolean, from: number): void {
        this.#from = from;
        this.#fromCharacter = this.character;
        this.depth = 0;
        this.objects = hasReferences ? [] : undefined;
        this.badValue = undefined;
        this.#revived = NONE;
        this.#largeObjects = 0;
        if (this.#unfinished.size > 0) this.#unfinished.clear();
    }

    byte(): number {
        return this.bytes[this.at++] as number;
    }

    /** Number of bytes of the message so far. An estimate if its text is not ASCII. */
    get size(): number {
        const text = this.#bytesPerCharacter * (this.character - this.#fromCharacter);
        return this.at - this.#from + (this.#bytesPerCharacter === 1 ? text : Math.round(text));
    }

    /** True if the message exceeds the limit, which counts its text in UTF-8. */
    get isTooLarge(): boolean {
        const characters = this.character - this.#fromCharacter;
        const bytes = this.at - this.#from;
        if (bytes + 3 * characters <= this.maxSize) return false;
        const text = this.text.slice(this.#fromCharacter, this.character);
        return bytes + Buffer.byteLength(text) > this.maxSize;
    }

    /** Fault of a message that is too large. */
    get tooLarge(): string {
        return `a message of it is larger than max_message_size (${this.maxSize} bytes)`;
    }

    /**
     * Type of a message, as its value shows it.
     *
     * @param at - index of the first byte of the value
     * @param shapes - number of shapes before it
     */
    typeOf(value: unknown, at: number, shapes: number): string {
        const kind = this.bytes[at] as number;
        if (kind >= $.FIRST_SHAPE) return this.#classNameOf(kind & 0x1f);
        if (kind === $.NEW_SHAPE) return this.#classNameOf(shapes);
        if (kind !== $.SHAPE) return typeName(value);
        const end = this.at;
        this.at = at + 1;
        const index = this.varint();
        this.at = end;
        return this.#classNameOf(index);
    }

    #classNameOf(index: number): string {
        return (this.shapes[index] as ReceivedShape).className;
    }

    value(): unknown {
        const kind = this.bytes[this.at++] as number;
        if (kind < $.SHORT_STRING) return kind;
        if (kind < $.NULL) return this.#string(kind & 0x3f);
        if (kind >= $.FIRST_SHAPE) return this.#object(this.shapes[kind & 0x1f]);
        switch (kind) {
            case $.NULL:
                return null;
            case $.FALSE:
                return false;
            case $.TRUE:
                return true;
            case $.INT8:
                return ((this.bytes[this.at++] as number) << 24) >> 24;
            case $.INT16:
                this.at += 2;
                return (
                    (((this.bytes[this.at - 2] as number) << 16) | ((this.bytes[this.at - 1] as number) << 24)) >> 16
                );
            case $.INT32:
                return this.#int32();
            case $.FLOAT:
                this.#copy(4);
                return number.getFloat32(0, true);
            case $.DOUBLE:
                return this.double();
            case $.STRING:
                return this.#string(this.varint());
            case $.ARRAY:
                return this.array();
            case $.NEW_SHAPE:
                return this.#object(this.#newShape());
            case $.SHAPE:
                return this.#object(this.shapes[this.varint()]);
            case $.DICTIONARY:
                return this.#dictionary();
            case $.INTEGERS:
                return this.#integers();
            case $.DOUBLES:
                return this.#doubles();
            case $.UNDEFINED:
                return undefined;
            case $.NOT_A_NUMBER:
                return NaN;
            case $.INFINITE:
                return Infinity;
            case $.NEGATIVE_INFINITE:
                return -Infinity;
            case $.NEGATIVE_ZERO:
                return -0;
            case $.REFERENCE:
                return this.#reference();
            case $.INSTANCE:
                return this.#instance();
            default:
                return readRich(this, kind);
        }
    }

    /** Reads a number from 0 on, up to 2^53 - 1. */
    varint(): number {
        let byte = this.bytes[this.at++] as number;
        if (byte < 0x80) return byte;
        let value = byte & 0x7f;
        for (let factor = 0x80; ; factor *= 0x80) {
            byte = this.bytes[this.at++] as number;
            value += (byte & 0x7f) * factor;
            if (byte < 0x80) break;
            if (factor > 2 ** 42 || this.at > this.end) throw badFrame("a number in it does not end");
        }
        if (value > Number.MAX_SAFE_INTEGER) throw badFrame("a number in it is too large");
        return value;
    }

    /**
     * Reads a number of items.
     *
     * @param size - minimum number of bytes of each
     */
    count(size: number): number {
        const count = this.varint();
        if (count * size > this.end - this.at) throw badFrame("it announces more items than it has");
        return count;
    }

    /** Reads a string without a first byte. */
    name(maxLength: number): string {
        const length = this.varint();
        if (length > maxLength) throw badFrame("a name in it is too long");
        return this.#string(length);
    }

    /** Reads a string of any length without a first byte. */
    string(): string {
        return this.#string(this.varint());
    }

    double(): number {
        this.#copy(8);
        return number.getFloat64(0, true);
    }

    /** Counts the levels. A failure ends the message, which resets them. */
    enter(): void {
        if (++this.depth > $.MAX_DEPTH) throw badFrame(`it has more than ${$.MAX_DEPTH} levels`);
    }

    /**
     * Makes an instance of the value of a message whose type is the name of a class, as the option `type` can make it.
     * A value that has a class already stays as it is.
     */
    reviveAs(type: string, data: unknown): unknown {
        const registered = this.#isRevived(data) ? undefined : this.classes?.get(type);
        return registered ? this.#revive(registered, data, Infinity) : data;
    }

    /** Counts an object that needs much more memory than bytes, before it is made. */
    countLarge(): void {
        const max = Math.max($.MIN_OBJECTS, this.maxSize / $.BYTES_PER_OBJECT);
        if (++this.#largeObjects > max) throw badFrame("a message in it has too many objects");
    }

    /** Gives the next number to an object. Returns the number. */
    number(value: unknown): number {
        return this.objects === undefined ? -1 : this.objects.push(value) - 1;
    }

    /** Remembers that the message is not valid, but can be read on. */
    fail(fault: string, cause?: unknown): void {
        this.badValue ??= new BadValue(fault, cause);
    }

    /** Copies the next bytes of a number. */
    #copy(size: number): void {
        const { bytes } = this;
        const at = this.at;
        for (let n = 0; n < size; n++) scratch[n] = bytes[at + n] as number;
        this.at = at + size;
    }

    #string(length: number): string {
        const from = this.character;
        this.character = from + length;
        if (this.character > this.text.length) throw badFrame("its text is too short");
        return this.text.slice(from, from + length);
    }

    #int32(): number {
        const { bytes } = this;
        const at = this.at;
        this.at = at + 4;
        return (
            (bytes[at] as number) |
            ((bytes[at + 1] as number) << 8) |
            ((bytes[at + 2] as number) << 16) |
            ((bytes[at + 3] as number) << 24)
        );
    }

    array(): unknown[] {
        const count = this.count(1);
        const items: unknown[] = [];
        this.enter();
        if (this.objects !== undefined) this.objects.push(items);
        for (let n = 0; n < count; n++) {
            if (this.bytes[this.at] === $.HOLE) {
                this.at += 1;
                items.length += 1;
            } else {
                items.push(this.value());
            }
        }
        this.depth -= 1;
        return items;
    }

    #integers(): number[] {
        const size = this.bytes[this.at++] as number;
        if (size !== 1 && size !== 2 && size !== 4) throw badFrame("integers in it have a size of their own");
        const count = this.count(size);
        const items: number[] = [];
        this.number(items);
        const { bytes } = this;
        for (let n = 0, at = this.at; n < count; n++, at += size) {
            if (size === 1) items.push(((bytes[at] as number) << 24) >> 24);
            else if (size === 2) items.push((((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 24)) >> 16);
            else items.push(bytes.readInt32LE(at));
        }
        this.at += size * count;
        return items;
    }

    #doubles(): number[] {
        const count = this.count(8);
        const items: number[] = [];
        this.number(items);
        const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 8 * count);
        for (let n = 0; n < count; n++) items.push(view.getFloat64(8 * n, true));
        this.at += 8 * count;
        return items;
    }

    #newShape(): ReceivedShape {
        const text = this.name($.MAX_SHAPE_TEXT);
        let shape = this.knownShapes.get(text);
        if (shape === undefined) {
            const copy = detach(text); // the shape outlives the text of the frame
            shape = parseShape(copy, this.classes);
            if (this.knownShapes.size === $.MAX_SHAPES) this.knownShapes.clear();
            this.knownShapes.set(copy, shape);
        }
        this.shapes.push(shape);
        return shape;
    }

    #object(shape: ReceivedShape | undefined): unknown {
        if (shape === undefined) throw badFrame("a shape in it is not defined");
        const { keys } = shape;
        const { length } = keys;
        if (length > this.end - this.at) throw badFrame("it announces more members than it has");
        const value: Record<string, unknown> = {};
        this.enter();
        if (this.objects !== undefined || shape.isUnusual || shape.registered !== undefined) {
            return this.#unusual(shape, value);
        }
        for (let n = 0; n < length; n++) value[keys[n] as string] = this.value();
        this.depth -= 1;
        return value;
    }

    #unusual(shape: ReceivedShape, value: Record<string, unknown>): unknown {
        const index = this.number(value);
        const { registered } = shape;
        const isOutermost = this.#begin(registered, index);
        for (const key of shape.keys) define(value, key, this.value());
        this.depth -= 1;
        if (isOutermost) this.#unfinished.delete(index);
        return registered ? this.#revive(registered, value, index) : value;
    }

    #dictionary(): unknown {
        const className = this.name($.MAX_NAME);
        const value: Record<string, unknown> = {};
        const index = this.number(value);
        const registered = className === "" ? undefined : this.classes?.get(className);
        const isOutermost = this.#begin(registered, index);
        this.enter();
        this.members(value);
        this.depth -= 1;
        if (isOutermost) this.#unfinished.delete(index);
        return registered ? this.#revive(registered, value, index) : value;
    }

    /**
     * Reads a list of keys and values.
     *
     * @param hidden - keys of members that are not enumerable
     */
    members(object: object, hidden: readonly string[] = []): void {
        const count = this.count(2);
        for (let n = 0; n < count; n++) {
            const key = this.string();
            const value = this.value();
            if (!hidden.includes(key)) define(object, key, value);
            else Object.defineProperty(object, key, { value, configurable: true, writable: true });
        }
    }

    #instance(): unknown {
        const className = this.name($.MAX_NAME);
        const registered = this.classes?.get(className);
        this.enter();
        const index = this.objects === undefined ? -1 : this.objects.length;
        const isOutermost = this.#begin(registered, index);
        this.#revived = NONE;
        // A class may have checked and kept the object that a reference is to.
        const isReference = this.bytes[this.at] === $.REFERENCE;
        const data = this.value();
        this.depth -= 1;
        if (isOutermost) this.#unfinished.delete(index);
        if (!registered || isReference || this.#isRevived(data)) return data;
        return this.#revive(registered, data, index);
    }

    /** True if a class has made the value that was just read. It can be an object of the program. */
    #isRevived(value: unknown): boolean {
        return Object.is(value, this.#revived);
    }

    /** Checks what has been read before it is passed to a class. Finds most messages that are too large. */
    #checkBounds(): void {
        this.checkEnd();
        const size = this.at - this.#from + this.character - this.#fromCharacter;
        if (size > this.maxSize) this.fail(this.tooLarge);
    }

    /** @throws BadFrame if something of the message was read from behind its bytes */
    checkEnd(): void {
        if (this.at > this.end) throw badFrame("a message in it does not end");
    }

    /** Remembers that an object is not complete. Returns true if it was not remembered. */
    #begin(registered: BinaryClass | undefined, index: number): boolean {
        if (!registered?.hasFromJson || index === -1 || this.#unfinished.has(index)) return false;
        this.#unfinished.add(index);
        return true;
    }

    /**
     * Makes an instance of data.
     *
     * @param index - number that the data has got if it is an object
     */
    #revive(registered: BinaryClass, data: unknown, index: number): unknown {
        this.#checkBounds();
        if (this.badValue) return undefined; // the data is not complete
        let value: unknown;
        try {
            value = registered.revive(data);
        } catch (thrown) {
            this.fail(messageOf(thrown), (thrown as Error | undefined)?.cause ?? thrown);
            return undefined;
        }
        if (this.objects && index < this.objects.length && this.objects[index] === data) this.objects[index] = value;
        this.#revived = value;
        return value;
    }

    #reference(): unknown {
        const { objects } = this;
        const index = this.varint();
        if (objects === undefined || index >= objects.length) throw badFrame("an object in it is not defined");
        if (this.#unfinished.has(index)) this.fail("an instance of a class with fromJSON contains itself");
        return objects[index];
    }

    /** Reads binary data. */
    memory(): object {
        this.countLarge();
        const kind = BYTE_KINDS[this.bytes[this.at++] as number];
        if (kind === undefined) throw badFrame("binary data in it has no known class");
        const size = this.count(kind.elementSize) * kind.elementSize;
        const from = this.at;
        this.at += size;
        const { buffer, byteOffset } = this.bytes;
        const offset = byteOffset + from;
        // Memory of the frame alone can be used without a copy, if it does not keep much more in memory.
        if (
            this.isOwned &&
            2 * size > buffer.byteLength &&
            offset % kind.elementSize === 0 &&
            kind.name !== "ArrayBuffer"
        ) {
            return kind.view(buffer as ArrayBuffer, offset, size);
        }
        if (kind.name === "Buffer") return Buffer.from(this.bytes.subarray(from, from + size));
        return kind.view(buffer.slice(offset, offset + size) as ArrayBuffer, 0, size);
    }
}

/** Adds an own member. An assignment to `__proto__` would change the prototype. */
function define(object: object, key: string, value: unknown): void {
    if (key in Object.prototype) {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
    } else {
        (object as Record<string, unknown>)[key] = value;
    }
}

function parseShape(text: string, classes: BinaryClasses | undefined): ReceivedShape {
    const [className = "", ...keys] = text.split($.SEPARATOR);
    if (keys.length === 0 || keys.length > $.MAX_SHAPE_KEYS) throw badFrame("a shape in it is not valid");
    return {
        className,
        keys,
        registered: classes?.get(className),
        isUnusual: keys.some((key) => key in Object.prototype),
    };
}
