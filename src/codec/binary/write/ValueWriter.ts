import { typeName } from "../../../protocol/typeName";
import { ByteWriter, VALUE_ROOM } from "./ByteWriter";
import * as $ from "../layout";
import { NumberedObjects } from "./NumberedObjects";
import type { FormatSettings } from "../settings";
import { FrameShapes, type Shape } from "./Shape";
import { WriteFailure, writeFailure } from "./WriteFailure";
import { writePacked } from "./writePacked";
import { refuseEmpty, writeResult, writeRich } from "./writeRich";

/** Minimum number of items of an array that is written as packed numbers. */
const MIN_PACKED = 16;

const { getPrototypeOf, hasOwn, keys: keysOf } = Object;
const ObjectPrototype = Object.prototype;
const ArrayPrototype = Array.prototype as unknown[];

/** Number of the latest frame, which tells the shapes of different frames apart. */
let latestFrame = 0;

/** Returns a number that no other frame of this process has. */
export function newFrame(): number {
    return ++latestFrame;
}

/** Name of a member, or index of an item. */
export type Key = string | number;

/**
 * Writes values.
 *
 * An exception leaves half of a value behind. The subclass goes back to the end of the last message then.
 */
export abstract class ValueWriter extends ByteWriter {
    /** Shapes of the frame. */
    readonly shapes = new FrameShapes();
    frame = 0;
    depth = 0;
    /** True if the message refers to one of its objects a second time. */
    hasReferences = false;
    /** Number of objects of the message that need much more memory than bytes. */
    largeObjects = 0;
    settings!: FormatSettings;
    /** Item of a Set, or key of a Map, that is being written; or the object that is written for it. */
    item: unknown;
    /** The primitive value that is written for {@link item}. */
    itemValue: unknown;
    readonly #objects = new NumberedObjects();
    /** True if all objects have enumerable members that are not their own. */
    #isPolluted = false;

    /** Prepares for the first value of a message. */
    protected beginValues(): void {
        this.depth = 0;
        this.hasReferences = false;
        this.largeObjects = 0;
        this.#isPolluted = isPolluted();
    }

    /** Forgets the objects of the message. */
    protected endValues(): void {
        this.#objects.clear();
    }

    /** Writes a value. Returns the shape of an object, or of the items of an array. */
    value(value: unknown, key: Key, hint?: Shape): Shape | undefined {
        if (typeof value === "object" && value !== null) return this.object(value, key, hint);
        this.#primitive(value, key);
        return hint;
    }

    /** Writes a value that is not an object. */
    #primitive(value: unknown, key: Key): void {
        if (this.at + VALUE_ROOM > this.bytes.length) this.grow(VALUE_ROOM);
        if (typeof value === "string") this.string(value);
        else if (typeof value === "number") this.number(value);
        else this.#other(value, key);
    }

    /** Writes a value that is no object, string or number. */
    #other(value: unknown, key: Key): void {
        switch (typeof value) {
            case "boolean":
                this.bytes[this.at++] = value ? $.TRUE : $.FALSE;
                return;
            case "undefined":
                this.bytes[this.at++] = $.UNDEFINED;
                return;
            case "bigint":
                this.#bigint(value, key);
                return;
            case "object":
                this.bytes[this.at++] = $.NULL;
                return;
            default:
                if (typeof value !== "function" || key !== "toJSON") throw writeFailure(`a ${typeof value}`);
                this.#missing(); // of a result of toJSON(), such as { ...this }
        }
    }

    /** Writes a BigInt, or the result of the `toJSON()` that a program has given to all of them. */
    #bigint(value: bigint, key: Key): void {
        const { toJSON: toJson } = value as { toJSON?: unknown };
        if (typeof toJson === "function") this.#result(callToJson(value, toJson, key), value);
        else this.#digits(value);
    }

    #digits(value: bigint): void {
        const digits = value.toString(16);
        if (digits.length > $.MAX_BIGINT) throw writeFailure(`a BigInt of ${digits.length} digits`);
        this.kind($.BIGINT);
        this.name(digits);
    }

    /** Writes an object. Returns its shape, or the one of the items of an array. */
    object(value: object, key: Key, hint: Shape | undefined): Shape | undefined {
        this.enter();
        const prototype = getPrototypeOf(value) as object | null;
        if (prototype === ObjectPrototype) {
            const toJson: unknown = (value as { toJSON?: unknown }).toJSON;
            if (typeof toJson === "function") hint = this.#toJson(value, toJson, key);
            else if (!this.#isMet(value)) hint = this.#plain(value, hint);
        } else if (prototype === ArrayPrototype && Array.isArray(value)) {
            const toJson: unknown = (value as { toJSON?: unknown }).toJSON;
            if (typeof toJson === "function") hint = this.#toJson(value, toJson, key);
            else if (!this.#isMet(value)) hint = this.array(value, hint);
        } else {
            hint = writeRich(this, value, prototype, key, hint);
        }
        this.depth -= 1;
        return hint;
    }

    /** Writes a reference to an object that the message has already; otherwise gives it the next number. */
    #isMet(value: object): boolean {
        const index = this.#objects.findOrAdd(value);
        if (index === -1) return false;
        this.#reference(index);
        return true;
    }

    /** Writes a reference if the message has this object already. */
    refer(value: object): boolean {
        const index = this.#objects.find(value);
        if (index === -1) return false;
        this.#reference(index);
        return true;
    }

    /** Gives the next number to an object. */
    add(value: object): void {
        this.#objects.add(value);
    }

    /** Lets an object be written again. */
    forget(value: object): void {
        this.#objects.forget(value);
    }

    #reference(index: number): void {
        this.hasReferences = true;
        this.kind($.REFERENCE);
        this.varint(index);
    }

    /** Counts the levels. A failure ends the message, which resets them. */
    enter(): void {
        if (this.depth++ === $.MAX_DEPTH) throw writeFailure(`it has more than ${$.MAX_DEPTH} levels`);
    }

    /** Writes an object without a class. */
    #plain(value: object, hint: Shape | undefined): Shape | undefined {
        let shape = hint;
        if (shape?.prototype !== ObjectPrototype || this.#isPolluted || !isLike(value, shape.keys)) {
            const keys = keysOf(value);
            shape = this.settings.shapes.find("Object", keys, ObjectPrototype);
            if (shape === undefined) {
                if (keys.length === 0) refuseEmpty(value);
                this.dictionary(value, "", keys);
                return hint;
            }
        }
        this.#shape(shape);
        this.#members(value, shape);
        return shape;
    }

    /** Writes own members of an object with a class name. */
    instance(value: object, className: string, prototype: object | null, hint: Shape | undefined): Shape | undefined {
        const keys = keysOf(value);
        let shape = hint;
        if (shape?.prototype !== prototype || shape.className !== className || !shape.hasKeys(keys)) {
            shape = this.settings.shapes.find(className, keys, prototype);
            if (shape === undefined) {
                this.dictionary(value, className === "Object" ? "" : className, keys);
                return hint;
            }
        }
        this.#shape(shape);
        this.#members(value, shape);
        return shape;
    }

    /** Writes which shape the next object has, and defines the shape if the frame does not have it yet. */
    #shape(shape: Shape): void {
        if (this.at + VALUE_ROOM > this.bytes.length) this.grow(VALUE_ROOM);
        if (shape.frame !== this.frame) {
            const index = this.shapes.indexOf(shape); // another frame may have used it in between
            shape.frame = this.frame;
            shape.index = index;
            if (index === -1) {
                shape.index = this.shapes.add(shape);
                this.bytes[this.at++] = $.NEW_SHAPE;
                this.name(shape.text);
                return;
            }
        }
        if (shape.index < $.SHORT_SHAPES) {
            this.bytes[this.at++] = $.FIRST_SHAPE | shape.index;
        } else {
            this.bytes[this.at++] = $.SHAPE;
            this.varint(shape.index);
        }
    }

    /**
     * Writes the members of an object in the order of its shape. V8 reads the member of a `for`-`in` loop without a
     * look-up. A getter can change the object meanwhile; then the remaining members are looked up.
     */
    #members(value: object, shape: Shape): void {
        const { keys, hints } = shape;
        const members = value as Record<string, unknown>;
        let n = 0;
        try {
            for (const key in value) {
                if (key !== keys[n]) break;
                const member = members[key];
                if (typeof member === "object" && member !== null) {
                    const hint = hints[n];
                    const used = this.object(member, key, hint);
                    if (used !== hint) hints[n] = used;
                } else {
                    this.#primitive(member, key);
                }
                n += 1;
            }
            for (; n < keys.length; n++) {
                const key = keys[n] as string;
                if (hasOwn(value, key)) hints[n] = this.value(members[key], key, hints[n]);
                else this.#missing();
            }
        } catch (thrown) {
            throw WriteFailure.of(thrown).inMember(keys[n] as string);
        }
    }

    /** Writes an object with its keys in place, because it has too many, or none. */
    dictionary(value: object, className: string, keys: readonly string[]): void {
        this.kind($.DICTIONARY);
        this.name(className);
        this.entries(value, keys);
    }

    /** Writes a number of members, and the key and the value of each. */
    entries(value: object, keys: readonly string[]): void {
        this.varint(keys.length);
        let hint: Shape | undefined;
        for (const key of keys) {
            this.name(key);
            try {
                const member = (value as Record<string, unknown>)[key];
                if (typeof member === "object" && member !== null) hint = this.object(member, key, hint);
                else if (member === undefined && !hasOwn(value, key)) this.#missing();
                else this.#primitive(member, key);
            } catch (thrown) {
                throw WriteFailure.of(thrown).inMember(key);
            }
        }
    }

    /** Writes that an object has lost a member meanwhile. Readers expect this in messages with references only. */
    #missing(): void {
        this.hasReferences = true;
        this.kind($.HOLE);
    }

    /** Writes the result of `toJSON()` in place of a plain object or an array, at the same level. */
    #toJson(value: object, toJson: unknown, key: Key): Shape | undefined {
        refuseEmpty(value);
        this.depth -= 1;
        const shape = this.#result(callToJson(value, toJson, key), value);
        this.depth += 1;
        return shape;
    }

    /**
     * Writes the result of `toJSON()` in place of an instance. Other references to the instance are ones to the result,
     * which is therefore written also if the message has it already.
     */
    replacement(value: object, toJson: unknown, key: Key): void {
        const result = callToJson(value, toJson, key);
        if (typeof result !== "object" || result === null) {
            this.#result(result, value);
            return;
        }
        const earlier = this.#objects.beginReplacement(value, result);
        this.#resultObject(result, value, true);
        this.#objects.endReplacement(value, result, earlier);
    }

    /**
     * Writes a result of `toJSON()`. Its own `toJSON()` is not called, as in JSON.
     *
     * @param origin - object or BigInt that has returned it
     */
    #result(result: unknown, origin: unknown): Shape | undefined {
        if (origin === this.item) this.itemValue = result;
        if (typeof result === "object" && result !== null) return this.#resultObject(result, origin, false);
        if (typeof result === "bigint") this.#digits(result);
        else this.#primitive(result, "");
        return undefined;
    }

    /** @param isNew - true to write the object even if the message has it already */
    #resultObject(value: object, origin: unknown, isNew: boolean): Shape | undefined {
        let shape: Shape | undefined;
        if (origin === this.item) this.item = value; // it can be a boxed number
        this.enter();
        const prototype = getPrototypeOf(value) as object | null;
        if (!isNew && this.refer(value)) {
            // It is written.
        } else if (prototype === ObjectPrototype) {
            this.add(value);
            shape = this.#plain(value, undefined);
        } else if (prototype === ArrayPrototype && Array.isArray(value)) {
            this.add(value);
            shape = this.array(value);
        } else {
            shape = writeResult(this, value, prototype, origin);
        }
        this.depth -= 1;
        return shape;
    }

    array(value: readonly unknown[], hint?: Shape): Shape | undefined {
        const length = lengthOf(value);
        if (length > this.maxLength) this.refuse(length); // holes cost no memory, so there can be 2 ** 32
        if (length >= MIN_PACKED && writePacked(this, value, length)) return hint;
        this.kind($.ARRAY);
        this.varint(length);
        let n = 0;
        try {
            for (; n < length; n++) {
                const item = value[n];
                if (typeof item === "object" && item !== null) hint = this.object(item, n, hint);
                else if (item === undefined && !(n in value)) this.kind($.HOLE);
                else this.#primitive(item, n);
            }
        } catch (thrown) {
            throw WriteFailure.of(thrown).in(`[${n}]`);
        }
        return hint;
    }

    /** Class name of a value on the wire. */
    typeOf(value: unknown): string {
        return this.settings.classes?.typeOf(value) ?? typeName(value);
    }
}

function callToJson(value: unknown, toJson: unknown, key: Key): unknown {
    return Reflect.apply(toJson as (key: string) => unknown, value, [String(key)]);
}

/** Length of an array. A Proxy can have any, which is converted as in JSON. */
function lengthOf({ length }: readonly unknown[]): number {
    if (length >>> 0 === length) return length;
    const integer = Math.trunc(length);
    return integer > 0 ? integer : 0;
}

/** True if an object without a class has these keys, in this order. */
function isLike(value: object, keys: readonly string[]): boolean {
    let n = 0;
    for (const key in value) if (key !== keys[n++]) return false;
    return n === keys.length;
}

/** True if the program has added enumerable members to all objects. */
function isPolluted(): boolean {
    for (const _ in ObjectPrototype) return true;
    return false;
}
