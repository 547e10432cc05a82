import { LossCheck } from "../json/LossCheck";
import { types } from "node:util";
import { BitCounts } from "./BitCounts";
import { byteKindOf } from "./byteKinds";
import { isCostlyRegExp, isCostlyUrl } from "./costlyText";
import * as $ from "./layout";
import type { Shape } from "./Shape";
import type { Key, ValueWriter } from "./ValueWriter";
import { WriteFailure, writeFailure } from "./WriteFailure";

type Write = (writer: ValueWriter, value: object) => void;

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
const bufferOfView = getter(DataView.prototype, "buffer");
const hrefOf = getter(URL.prototype, "href");
const entriesOf = method<() => Iterable<[unknown, unknown]>>(Map.prototype.entries);
const itemsOf = method<() => Iterable<unknown>>(Set.prototype.values);
const timeOf = method<() => number>(Date.prototype.getTime);
/* eslint-enable @typescript-eslint/unbound-method */

/** Temporal classes of newer versions of Node.js. */
export const TEMPORAL_CLASSES = [
    ...["Instant", "ZonedDateTime", "PlainDate", "PlainTime", "PlainDateTime", "PlainYearMonth", "PlainMonthDay"],
    "Duration",
];

/** Writers of built-in classes, each with its test. The tests look at what the engine stores, not at names. */
const BUILT_INS: readonly (readonly [(value: unknown) => boolean, Write])[] = [
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

const losses = new LossCheck(0, "The codec binary");

/** Prototypes of instances that were no built-in ones. Classes are looked at once: the tests take long. */
const plainPrototypes = new WeakSet();
const BASES = [
    Map,
    Set,
    Date,
    RegExp,
    Error,
    Promise,
    WeakMap,
    WeakSet,
    WeakRef,
    URL,
    ArrayBuffer,
    DataView,
    Array,
].map(({ prototype }) => prototype as object);

function builtInOf(value: object, prototype: object | null): Write | undefined {
    if (prototype === null || plainPrototypes.has(prototype)) return undefined;
    for (const [test, write] of BUILT_INS) if (test(value)) return write;
    const isBase = (base: object): boolean =>
        prototype === base || Object.prototype.isPrototypeOf.call(base, prototype);
    if (!types.isProxy(value) && !BASES.some(isBase) && !isBase(TypedArrayPrototype)) {
        plainPrototypes.add(prototype);
        losses.checkObject(value);
    }
    return undefined;
}

/** Text of the methods `toJSON()` of JavaScript itself, of this or another global object. */
const NATIVE_TO_JSON = "function toJSON() { [native code] }";

/* eslint-disable @typescript-eslint/unbound-method -- they are compared */
const PLATFORM_TO_JSON: ReadonlySet<unknown> = new Set(
    [URL.prototype, Buffer.prototype as Buffer].map(({ toJSON }) => toJSON),
);
const sourceOf = Function.prototype.toString;
/* eslint-enable @typescript-eslint/unbound-method */

/** Returns the method that the program has given to a value, for JSON to call. */
function toJsonOf(value: object, isBuiltIn: boolean): unknown {
    const { toJSON: toJson } = value as { toJSON?: unknown };
    if (typeof toJson !== "function") return undefined;
    // The codec has a Date itself, and JSON does not. So a Date stays one unless the program decides otherwise.
    if (isBuiltIn && (PLATFORM_TO_JSON.has(toJson) || sourceOf.call(toJson) === NATIVE_TO_JSON)) return undefined;
    return toJson;
}

/**
 * Writes an object that is neither plain nor an array: an instance of a class, or a value that JSON does not have.
 *
 * @returns the shape of the object, as a hint for the next one
 */
export function writeRich(
    writer: ValueWriter,
    value: object,
    prototype: object | null,
    key: Key,
    hint: Shape | undefined,
): Shape | undefined {
    if (writer.refer(value)) return hint;
    const builtIn = contentOf(value, prototype);
    const toJson = toJsonOf(value, builtIn !== undefined);
    const name = nameOf(writer, value, prototype, builtIn);
    if (toJson !== undefined) {
        writeReplacement(writer, value, name, toJson, key);
        return hint;
    }
    if (builtIn && name === "") {
        builtIn(writer, value); // directly: 1000 levels of them need most of the stack
        return hint;
    }
    return writeContent(writer, value, prototype, name, builtIn, hint);
}

/**
 * Writes such an object as the result of `toJSON()` of another one, or of its own. It is data, without a class, if it
 * has a `toJSON()` that is not called, or the class of the other one.
 */
export function writeResult(
    writer: ValueWriter,
    value: object,
    prototype: object | null,
    origin: object | undefined,
): Shape | undefined {
    const builtIn = contentOf(value, prototype);
    const isData =
        toJsonOf(value, builtIn !== undefined) !== undefined ||
        (origin !== undefined && Object.getPrototypeOf(origin) === prototype);
    const name = isData ? (builtIn ? "" : "Object") : nameOf(writer, value, prototype, builtIn);
    return writeContent(writer, value, prototype, name, builtIn, undefined);
}

/** Writes an object without a call of `toJSON()`. */
function writeContent(
    writer: ValueWriter,
    value: object,
    prototype: object | null,
    name: string,
    builtIn: Write | undefined,
    hint: Shape | undefined,
): Shape | undefined {
    if (!builtIn) {
        writer.add(value);
        return writer.instance(value, checked(name), prototype, hint);
    }
    if (name !== "") {
        writer.kind($.INSTANCE);
        writer.name(checked(name));
        writer.enter();
    }
    builtIn(writer, value);
    if (name !== "") writer.depth -= 1;
    return hint;
}

/** Returns the writer of an array, or of a built-in class. */
function contentOf(value: object, prototype: object | null): Write | undefined {
    return Array.isArray(value) ? writeArray : builtInOf(value, prototype);
}

/** Class name on the wire; empty for values of built-in classes, and of classes of theirs that are not registered. */
function nameOf(writer: ValueWriter, value: object, prototype: object | null, builtIn: Write | undefined): string {
    if (builtIn) return writer.settings.classes?.of(value)?.name ?? "";
    return prototype === null ? "Object" : writer.typeOf(value);
}

/** Writes the result of `toJSON()`, with the class name if there is one. */
function writeReplacement(writer: ValueWriter, value: object, name: string, toJson: unknown, key: Key): void {
    const isNamed = name !== "" && name !== "Object";
    if (isNamed) {
        writer.kind($.INSTANCE);
        writer.name(checked(name));
    } else {
        writer.depth -= 1; // the result has the level of the object
    }
    writer.replacement(value, toJson, key);
    if (!isNamed) writer.depth += 1;
}

function writeArray(writer: ValueWriter, value: object): void {
    writer.add(value);
    writer.array(value as unknown[]);
}

function checked(name: string): string {
    if (name.length > $.MAX_NAME) throw writeFailure("a class whose name is too long");
    return name;
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

/** Refuses what would make a Set or Map of the reader slow. */
function checkBits(counts: BitCounts, item: unknown): void {
    if (counts.accept(item)) return;
    if (typeof (item as { toJSON?: unknown }).toJSON === "function") return; // that is sent instead
    throw writeFailure(`more than ${$.MAX_SAME_BITS} BigInts with the same low 64 bits`);
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
    let counts: BitCounts | undefined;
    let keyHint: Shape | undefined;
    let hint: Shape | undefined;
    let n = 0;
    let isKey = true;
    try {
        for (; n < all.length; n++) {
            const [key, item] = all[n] as [unknown, unknown];
            isKey = true;
            if (typeof key === "bigint") checkBits((counts ??= new BitCounts()), key);
            keyHint = writer.value(key, "", keyHint);
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
    let counts: BitCounts | undefined;
    let hint: Shape | undefined;
    let n = 0;
    try {
        for (; n < all.length; n++) {
            const item = all[n];
            if (typeof item === "bigint") checkBits((counts ??= new BitCounts()), item);
            hint = writer.value(item, "", hint);
        }
    } catch (thrown) {
        throw WriteFailure.of(thrown).in(`.values()[${n}]`);
    }
}

function writeTypedArray(writer: ValueWriter, value: object): void {
    countLarge(writer);
    writer.add(value);
    const kind = byteKind(Buffer.isBuffer(value) ? "Buffer" : (classOfTypedArray(value) as string));
    const [buffer, offset] = [memory.buffer(value) as ArrayBuffer, memory.offset(value) as number];
    writer.raw(kind, new Uint8Array(buffer, offset, sizeOfTypedArray(value) as number));
}

function writeDataView(writer: ValueWriter, value: object): void {
    countLarge(writer);
    writer.add(value);
    const { byteOffset, byteLength } = value as DataView;
    writer.raw(byteKind("DataView"), new Uint8Array(bufferOfView(value) as ArrayBuffer, byteOffset, byteLength));
}

function writeArrayBuffer(writer: ValueWriter, value: object): void {
    countLarge(writer);
    writer.add(value);
    writer.raw(byteKind("ArrayBuffer"), new Uint8Array(value as ArrayBuffer));
}

function writeRegExp(writer: ValueWriter, value: object): void {
    const { source, flags } = value as { source: unknown; flags: unknown };
    if (typeof source !== "string" || typeof flags !== "string") throw writeFailure("a RegExp without a source");
    if (source.length > $.MAX_REGEXP) throw writeFailure(`a RegExp of more than ${$.MAX_REGEXP} characters`);
    if (isCostlyRegExp(source, flags)) throw writeFailure("a RegExp with the flag v, or a property of Unicode");
    countLarge(writer);
    writer.add(value);
    writer.kind($.REGEXP);
    writer.name(source);
    writer.name(flags.slice(0, $.MAX_NAME));
}

function isUrl(value: unknown): boolean {
    try {
        return value instanceof URL && typeof hrefOf(value) === "string";
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
    writer.string(typeof message === "string" ? message : "");
    const keys = Object.keys(value).filter((key) => !["name", "message", "stack", "cause", "errors"].includes(key));
    for (const key of ["cause", "errors"]) if (Object.hasOwn(value, key)) keys.push(key);
    if (writer.settings.errorStacks && typeof error["stack"] === "string") keys.push("stack");
    writer.entries(value, keys);
}

function writeBoxed(writer: ValueWriter, value: object): void {
    if (types.isSymbolObject(value)) throw writeFailure("a symbol");
    if (types.isNumberObject(value)) writer.value(Number.prototype.valueOf.call(value), "");
    else if (types.isStringObject(value)) writer.value(String.prototype.valueOf.call(value), "");
    else if (types.isBooleanObject(value)) writer.value(Boolean.prototype.valueOf.call(value), "");
    else writer.value(BigInt.prototype.valueOf.call(value as unknown as bigint), "");
}

interface TemporalClass {
    from(text: string): object;
    readonly prototype: { toString(): string };
}

/** Returns the class of a name, if this version of Node.js has it. */
export function temporalClass(name: string): TemporalClass | undefined {
    const { Temporal } = globalThis as { Temporal?: Record<string, TemporalClass | undefined> };
    return TEMPORAL_CLASSES.includes(name) ? Temporal?.[name] : undefined;
}

function temporalNameOf(value: object): string | undefined {
    return TEMPORAL_CLASSES.find((name) => {
        const type = temporalClass(name);
        return type && Object.prototype.isPrototypeOf.call(type.prototype, value);
    });
}

function isTemporal(value: unknown): boolean {
    return temporalNameOf(value as object) !== undefined;
}

function writeTemporal(writer: ValueWriter, value: object): void {
    const name = temporalNameOf(value) as string;
    writer.add(value);
    writer.kind($.TEMPORAL);
    writer.name(name);
    writer.name(String(temporalClass(name)?.prototype.toString.call(value)));
}
