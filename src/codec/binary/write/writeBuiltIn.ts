import { types } from "node:util";
import { UrlClass } from "../../../runtime/builtins";
import { HashCounts, isNumeric } from "../HashCounts";
import { byteKindOf } from "../byteKinds";
import { isCostlyRegExp, isCostlyUrl } from "../costlyText";
import * as $ from "../layout";
import type { Shape } from "./Shape";
import { temporalClass, temporalNameOf } from "../temporal";
import type { ValueWriter } from "./ValueWriter";
import { WriteFailure, emptyFailure, writeFailure } from "./WriteFailure";

/** Writes a value of one built-in class. */
export type Write = (writer: ValueWriter, value: object) => void;

/** Reads a getter of a built-in class, which members of the value itself cannot replace. */
function getter(prototype: object, name: string | symbol): (value: object) => unknown {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with a value
    const get = Object.getOwnPropertyDescriptor(prototype, name)?.get;
    return (value) => (get ? (Reflect.apply(get, value, []) as unknown) : undefined);
}

/** Calls a method of a built-in class, which members of the value itself cannot replace. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type
function method<T extends () => unknown>(of: Function): (value: object) => ReturnType<T> {
    return (value) => Reflect.apply(of, value, []) as ReturnType<T>;
}

/* eslint-disable @typescript-eslint/unbound-method -- they are called with a value */
const TypedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype) as object;
const classOfTypedArray = getter(TypedArrayPrototype, Symbol.toStringTag);
const memory = { buffer: getter(TypedArrayPrototype, "buffer"), offset: getter(TypedArrayPrototype, "byteOffset") };
const sizeOfTypedArray = getter(TypedArrayPrototype, "byteLength");
const keysOfTypedArray = method((TypedArrayPrototype as Uint8Array).keys);
const bufferOfView = getter(DataView.prototype, "buffer");
const offsetOfView = getter(DataView.prototype, "byteOffset");
const sizeOfView = getter(DataView.prototype, "byteLength");
const sourceOf = getter(RegExp.prototype, "source");
const flagsOf = getter(RegExp.prototype, "flags");
const hrefOf = getter(UrlClass.prototype, "href");
const entriesOf = method<() => Iterable<[unknown, unknown]>>(Map.prototype.entries);
const itemsOf = method<() => Iterable<unknown>>(Set.prototype.values);
const timeOf = method<() => number>(Date.prototype.getTime);
/* eslint-enable @typescript-eslint/unbound-method */

/** Writers of built-in classes, each with its test. The tests look at what the engine stores, not at names. */
const WRITERS: readonly (readonly [(value: unknown) => boolean, Write])[] = [
    [types.isDate, writeDate],
    [types.isMap, writeMap],
    [types.isSet, writeSet],
    [types.isTypedArray, writeTypedArray],
    [types.isDataView, writeDataView],
    [types.isAnyArrayBuffer, writeArrayBuffer],
    [types.isRegExp, writeRegExp],
    [isUrl, writeUrl],
    [isError, writeError],
    [types.isBoxedPrimitive, writeBoxed],
    [types.isPromise, refuse("a Promise (is await missing?)")],
    [types.isWeakMap, refuse("a WeakMap")],
    [types.isWeakSet, refuse("a WeakSet")],
    [(value) => value instanceof WeakRef, refuse("a WeakRef")],
    [types.isGeneratorObject, refuse("a generator")],
    [types.isMapIterator, refuse("an iterator")],
    [types.isSetIterator, refuse("an iterator")],
    [isTemporal, writeTemporal],
];

/** Returns the writer of a value of a built-in class; `undefined` for an instance of another class. */
export function builtInWriterOf(value: object): Write | undefined {
    for (const [test, write] of WRITERS) if (test(value)) return write;
    return undefined;
}

function refuse(reason: string): Write {
    return () => {
        throw writeFailure(reason);
    };
}

/** Counts an object that needs much more memory than bytes, as the reader does. */
function countLarge(writer: ValueWriter): void {
    if (++writer.largeObjects <= $.MIN_OBJECTS) return;
    const max = Math.max($.MIN_OBJECTS, Math.floor(writer.settings.maxSize / $.BYTES_PER_OBJECT));
    if (writer.largeObjects <= max) return;
    const classes = "Maps, Sets, binary values, RegExps, URLs and Errors";
    throw writeFailure(`more than ${max} ${classes} (one for ${$.BYTES_PER_OBJECT} bytes of max_message_size)`);
}

/**
 * Writes items of a Set, or keys of a Map. Refuses numbers that would make it slow at the reader, also those that are
 * written for objects.
 */
class ItemWriter {
    readonly #writer: ValueWriter;
    readonly #counts: HashCounts;
    /** Numbers that were written for objects. */
    readonly #converted: unknown[] = [];

    /** @param items - returns all items */
    constructor(writer: ValueWriter, items: () => unknown[]) {
        this.#writer = writer;
        this.#counts = new HashCounts(() => items().concat(this.#converted));
    }

    write(item: unknown, hint: Shape | undefined): Shape | undefined {
        if (typeof item === "number") this.#count(item);
        if (typeof item === "bigint" || (typeof item === "object" && item !== null))
            return this.#writeOther(item, hint);
        return this.#writer.value(item, "", hint);
    }

    #writeOther(item: object | bigint, hint: Shape | undefined): Shape | undefined {
        const writer = this.#writer;
        writer.item = writer.itemValue = item;
        try {
            const shape = writer.value(item, "", hint);
            const written = writer.itemValue;
            // A class of the receiver makes an object of its number.
            if (isNumeric(written) && !hasFromJson(writer, item)) {
                this.#count(written);
                if (written !== item) this.#converted.push(written);
            }
            return shape;
        } finally {
            writer.item = writer.itemValue = undefined;
        }
    }

    #count(item: number | bigint): void {
        if (this.#counts.check(item) === "refused") throw writeFailure("too many numbers with the same hash");
    }
}

function hasFromJson({ settings }: ValueWriter, value: unknown): boolean {
    return settings.classes?.get(settings.classes.typeOf(value))?.hasFromJson === true;
}

function byteKind(name: string): number {
    const kind = byteKindOf(name);
    if (kind === undefined) throw writeFailure(`a ${name}`);
    return kind;
}

function writeDate(writer: ValueWriter, value: object): void {
    writer.add(value);
    writer.kind($.DATE);
    writer.double(timeOf(value));
}

function writeMap(writer: ValueWriter, value: object): void {
    countLarge(writer);
    writer.add(value);
    const all = [...entriesOf(value)];
    writer.kind($.MAP);
    writer.varint(all.length);
    const keys = new ItemWriter(writer, () => all.map(([key]) => key));
    let keyHint: Shape | undefined;
    let hint: Shape | undefined;
    let n = 0;
    let isKey = true;
    try {
        for (; n < all.length; n++) {
            const [key, item] = all[n] as [unknown, unknown];
            isKey = true;
            keyHint = keys.write(key, keyHint);
            isKey = false;
            hint = writer.value(item, "", hint);
        }
    } catch (thrown) {
        throw WriteFailure.of(thrown).in(isKey ? `.keys()[${n}]` : mapStep(all[n]?.[0], n));
    }
}

/** Returns the step to a value of a Map in the path of an error. */
function mapStep(key: unknown, index: number): string {
    if (typeof key === "number") return `.get(${key})`;
    return typeof key === "string" ? `.get(${JSON.stringify(key.slice(0, 64))})` : `.values()[${index}]`;
}

function writeSet(writer: ValueWriter, value: object): void {
    countLarge(writer);
    writer.add(value);
    const all = [...itemsOf(value)];
    writer.kind($.SET);
    writer.varint(all.length);
    const items = new ItemWriter(writer, () => all);
    let hint: Shape | undefined;
    let n = 0;
    try {
        for (; n < all.length; n++) {
            hint = items.write(all[n], hint);
        }
    } catch (thrown) {
        throw WriteFailure.of(thrown).in(`.values()[${n}]`);
    }
}

function writeTypedArray(writer: ValueWriter, value: object): void {
    const kind = byteKind(Buffer.isBuffer(value) ? "Buffer" : (classOfTypedArray(value) as string));
    const size = sizeOfTypedArray(value) as number;
    writeBytes(writer, value, kind, () => {
        // For a size of 0, as of an array whose buffer has shrunk below its start or end: throws for such an array only.
        if (size === 0) keysOfTypedArray(value);
        return new Uint8Array(memory.buffer(value) as ArrayBuffer, memory.offset(value) as number, size);
    });
}

function writeDataView(writer: ValueWriter, value: object): void {
    writeBytes(writer, value, byteKind("DataView"), () => {
        const [buffer, offset] = [bufferOfView(value) as ArrayBuffer, offsetOfView(value) as number];
        return new Uint8Array(buffer, offset, sizeOfView(value) as number);
    });
}

function writeArrayBuffer(writer: ValueWriter, value: object): void {
    writeBytes(writer, value, byteKind("ArrayBuffer"), () => new Uint8Array(value as ArrayBuffer));
}

/** Writes the bytes of a value, unless its ArrayBuffer does not have them any more. */
function writeBytes(writer: ValueWriter, value: object, kind: number, view: () => Uint8Array): void {
    countLarge(writer);
    writer.add(value);
    let bytes: Uint8Array;
    try {
        bytes = view();
    } catch {
        throw writeFailure("bytes outside of their ArrayBuffer (was it resized or transferred?)");
    }
    writer.raw(kind, bytes);
}

function writeRegExp(writer: ValueWriter, value: object): void {
    const [source, flags] = [sourceOf(value) as string, flagsOf(value) as string];
    if (source.length > $.MAX_REGEXP) throw writeFailure(`a RegExp of more than ${$.MAX_REGEXP} characters`);
    if (isCostlyRegExp(source, flags)) throw writeFailure("a RegExp with the flag v, or a property of Unicode");
    countLarge(writer);
    writer.add(value);
    writer.kind($.REGEXP);
    writer.name(source);
    writer.name(flags);
}

function isUrl(value: unknown): boolean {
    try {
        return value instanceof UrlClass && typeof hrefOf(value) === "string";
    } catch {
        return false; // has only the prototype of a URL
    }
}

function writeUrl(writer: ValueWriter, value: object): void {
    const href = hrefOf(value) as string;
    if (isCostlyUrl(href)) throw writeFailure("a URL with a host of more than 1024 characters");
    countLarge(writer);
    writer.add(value);
    writer.kind($.URL_TEXT);
    writer.name(href);
}

function isError(value: unknown): boolean {
    return types.isNativeError(value) || (!types.isProxy(value) && value instanceof Error);
}

/** Writes name, message, and a list of further members: own ones, and the hidden ones that matter. */
function writeError(writer: ValueWriter, value: object): void {
    countLarge(writer);
    writer.add(value);
    const error = value as Record<string, unknown>;
    const { name, message } = error;
    writer.kind($.ERROR);
    writer.name(typeof name === "string" ? name.slice(0, $.MAX_NAME) : "Error");
    writer.value(typeof message === "string" ? message : "", "message");
    const keys = Object.keys(value).filter((key) => !["name", "message", "stack", "cause", "errors"].includes(key));
    for (const key of ["cause", "errors"]) if (Object.hasOwn(value, key)) keys.push(key);
    if (writer.settings.errorStacks && typeof error["stack"] === "string") keys.push("stack");
    writer.entries(value, keys);
}

function writeBoxed(writer: ValueWriter, value: object): void {
    const primitive = unboxed(value);
    writer.value(primitive, "");
    if (value === writer.item) writer.itemValue = primitive;
}

function unboxed(value: object): unknown {
    if (types.isSymbolObject(value)) throw writeFailure("a symbol");
    if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
    if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
    if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
    return BigInt.prototype.valueOf.call(value as unknown as bigint);
}

function isTemporal(value: unknown): boolean {
    return temporalNameOf(value as object) !== undefined;
}

function writeTemporal(writer: ValueWriter, value: object): void {
    const name = temporalNameOf(value) as string;
    let text: string;
    try {
        text = String(temporalClass(name)?.prototype.toString.call(value));
    } catch {
        throw emptyFailure(`Temporal.${name}`);
    }
    writer.add(value);
    writer.kind($.TEMPORAL);
    writer.name(name);
    writer.name(text);
}
