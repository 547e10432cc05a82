import { typeName } from "../../../protocol/typeName";
import { detach } from "../../../runtime/detach";
import { messageOf } from "../../../runtime/thrownValues";
import { badFrame } from "./BadFrame";
import { ByteReader } from "./ByteReader";
import * as $ from "../layout";
import { readDoubles, readIntegers } from "./readPacked";
import { readRich } from "./readRich";
import { type ReceivedShape, parseShape } from "./ReceivedShape";
import type { BinaryClass, BinaryClasses } from "../settings";

/** Differs from each value of a message. */
const NONE = Symbol("none");

/** Maximum number of shapes of earlier frames that are compared with those of the next one. */
const MAX_GUESSES = 8;

/** Maximum number of items of an array that is made with its size. */
const MAX_SHORT = 32;

/**
 * Arrays of 0 to `MAX_SHORT` items. A copy of one has exactly its size; an array that grows has space for 17 items after
 * the first, and keeps it. (Received objects of 1 kB, with eight arrays: 0.7 of the memory.)
 */
const BLANKS: readonly (readonly null[])[] = Array.from({ length: MAX_SHORT + 1 }, (_, length) => {
    const items: null[] = [];
    while (items.length < length) items.push(null);
    return items;
});

/**
 * Reads values of a frame: bytes that the peer may have chosen freely. By a number that the peer has announced it
 * allocates at most `MAX_SHORT` items.
 *
 * It may read behind the bytes of a message, which its caller then refuses; it passes nothing to a class before that is
 * checked. All methods throw `BadFrame`.
 */
export class ValueReader extends ByteReader {
    depth = 0;
    /** True if the memory belongs to the frame alone. */
    isOwned = false;
    /** True if a value refers to that memory. */
    isShared = false;
    /** Shapes of the frame. */
    readonly shapes: ReceivedShape[] = [];
    /** Objects of the message by their numbers, if it refers to any. */
    objects: unknown[] | undefined;

    /**
     * The first shapes of earlier frames. The next frame often has the same, and to compare a text is quicker than to hash it.
     * (A frame with one message of 100 B: 0.88 of the time; messages of 1 kB: 0.98.)
     */
    readonly #guesses: ReceivedShape[] = [];
    /** Numbers of objects of which a class makes instances when they are complete. */
    readonly #unfinished = new Set<number>();
    /** Latest value that a class has made of its data. */
    #revived: unknown = NONE;
    #largeObjects = 0;

    constructor(
        readonly classes: BinaryClasses | undefined,
        readonly knownShapes: Map<string, ReceivedShape>,
        maxSize: number,
    ) {
        super(maxSize);
    }

    /** Begins a frame. */
    open(bytes: Buffer, at: number, end: number, encoding: $.TextEncoding, isOwned: boolean): void {
        this.openBytes(bytes, at, end, encoding);
        this.isOwned = isOwned;
    }

    /** Forgets the frame. */
    close(): void {
        this.closeBytes();
        this.isShared = false;
        this.shapes.length = 0;
        this.objects = undefined;
        this.#revived = NONE;
    }

    /**
     * Begins a message.
     *
     * @param from - index of its first byte
     */
    begin(hasReferences: boolean, from: number): void {
        this.beginBytes(from);
        this.depth = 0;
        this.objects = hasReferences ? [] : undefined;
        this.#revived = NONE;
        this.#largeObjects = 0;
        if (this.#unfinished.size > 0) this.#unfinished.clear();
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
        if (kind < $.NULL) return this.text.next(kind & 0x3f);
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
                return this.int32();
            case $.FLOAT:
                return this.float();
            case $.DOUBLE:
                return this.double();
            case $.STRING:
                return this.text.next(this.varint());
            case $.ARRAY:
                return this.array();
            case $.NEW_SHAPE:
                return this.#object(this.#newShape());
            case $.SHAPE:
                return this.#object(this.shapes[this.varint()]);
            case $.DICTIONARY:
                return this.#dictionary();
            case $.INTEGERS:
                return this.numbered(readIntegers(this));
            case $.DOUBLES:
                return this.numbered(readDoubles(this));
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

    array(): unknown[] {
        const count = this.count(1);
        // A class can see an array that has a number before it is complete, and change it. So it has no blank items, and
        // items are added at its end.
        const blank = this.objects === undefined ? BLANKS[count] : undefined;
        const items: unknown[] = blank ? blank.slice() : [];
        this.enter();
        if (this.objects !== undefined) this.objects.push(items);
        for (let n = 0; n < count; n++) {
            if (this.#isHole()) {
                if (blank) Reflect.deleteProperty(items, n);
                else items.length += 1;
            } else if (blank) {
                items[n] = this.value();
            } else {
                items.push(this.value());
            }
        }
        this.depth -= 1;
        return items;
    }

    /** Reads a missing item or member, if it is the next one. */
    #isHole(): boolean {
        if (this.bytes[this.at] !== $.HOLE) return false;
        this.at += 1;
        return true;
    }

    /** Gives the next number to an object, and returns it. */
    numbered<T>(value: T): T {
        this.number(value);
        return value;
    }

    #newShape(): ReceivedShape {
        const text = this.name($.MAX_SHAPE_TEXT);
        const index = this.shapes.length;
        let shape = this.#guesses[index];
        if (shape?.text !== text) {
            shape = this.#shapeOf(text);
            if (index < MAX_GUESSES) this.#guesses[index] = shape;
        }
        this.shapes.push(shape);
        return shape;
    }

    #shapeOf(text: string): ReceivedShape {
        let shape = this.knownShapes.get(text);
        if (shape === undefined) {
            const copy = detach(text); // the shape outlives the text of the frame
            shape = parseShape(copy, this.classes);
            if (this.knownShapes.size === $.MAX_SHAPES) this.knownShapes.clear();
            this.knownShapes.set(copy, shape);
        }
        return shape;
    }

    #object(shape: ReceivedShape | undefined): unknown {
        if (shape === undefined) throw badFrame("a shape in it is not defined");
        const { keys } = shape;
        const { length } = keys;
        if (length > this.end - this.at) throw badFrame("it announces more members than it has");
        const value = new shape.Plain();
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
        for (const key of shape.keys) if (!this.#isHole()) define(value, key, this.value());
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
            if (this.#isHole()) continue;
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
        if (isReference) this.#revived = data; // also for a class around this one
        if (!registered || this.#isRevived(data)) return data;
        return this.#revive(registered, data, index);
    }

    /** True if a class has made the value that was just read. It can be an object of the program. */
    #isRevived(value: unknown): boolean {
        return Object.is(value, this.#revived);
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
        this.checkBounds();
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
}

/** Adds an own member. An assignment to `__proto__` would change the prototype. */
function define(object: object, key: string, value: unknown): void {
    if (key in Object.prototype) {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
    } else {
        (object as Record<string, unknown>)[key] = value;
    }
}
