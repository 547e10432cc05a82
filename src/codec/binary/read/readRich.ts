import { UrlClass } from "../../../runtime/builtins";
import { withoutStack } from "../../errors";
import { badFrame } from "./BadFrame";
import { BYTE_KINDS } from "../byteKinds";
import { HashCounts, textOf } from "../HashCounts";
import { isCostlyRegExp, isCostlyUrl, matches } from "../costlyText";
import * as $ from "../layout";
import type { ValueReader } from "./ValueReader";
import { temporalClass } from "../temporal";

/** Error classes of JavaScript, by their names. */
const ERRORS: ReadonlyMap<string, ErrorConstructor> = new Map(
    [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) => [type.name, type]),
);

/** Members of errors that are not enumerable. */
const HIDDEN: readonly string[] = ["cause", "errors", "stack", "name", "message"];

/** Reads a value that JSON does not have, behind its first byte. */
export function readRich(reader: ValueReader, kind: number): unknown {
    switch (kind) {
        case $.BIGINT:
            return readBigInt(reader);
        case $.DATE:
            return reader.numbered(new Date(reader.double()));
        case $.BYTES:
            return reader.numbered(readBytes(reader));
        case $.MAP:
            return readMap(reader);
        case $.SET:
            return readSet(reader);
        case $.REGEXP:
            return readRegExp(reader);
        case $.URL_TEXT:
            return readUrl(reader);
        case $.ERROR:
            return readError(reader);
        case $.TEMPORAL:
            return readTemporal(reader);
        default:
            throw badFrame("a value in it has no known kind");
    }
}

function readBytes(reader: ValueReader): object {
    reader.countLarge();
    const kind = BYTE_KINDS[reader.byte()];
    if (kind === undefined) throw badFrame("binary data in it has no known class");
    const size = reader.count(kind.elementSize) * kind.elementSize;
    const from = reader.at;
    reader.at += size;
    const { buffer, byteOffset } = reader.bytes;
    const offset = byteOffset + from;
    // Memory of the frame alone can be used without a copy, if it does not keep much more in memory.
    const isWorthSharing = reader.isOwned && 2 * size > buffer.byteLength;
    if (isWorthSharing && offset % kind.elementSize === 0 && kind.name !== "ArrayBuffer") {
        reader.isShared = true;
        return kind.view(buffer as ArrayBuffer, offset, size);
    }
    if (kind.name === "Buffer") return Buffer.from(reader.bytes.subarray(from, from + size));
    return kind.view(buffer.slice(offset, offset + size) as ArrayBuffer, 0, size);
}

function readBigInt(reader: ValueReader): bigint | undefined {
    const digits = reader.name($.MAX_BIGINT);
    if (!matches(/^-?[\da-f]+$/, digits)) reader.fail("a BigInt in it is not valid");
    if (reader.badValue) return undefined;
    return digits.startsWith("-") ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`);
}

function readMap(reader: ValueReader): Map<unknown, unknown> {
    reader.countLarge();
    const map = reader.numbered(new Map<unknown, unknown>());
    const count = reader.count(2);
    const counts = new HashCounts(() => map.keys());
    /** Entries with a key that the map has, by the text of that: it is looked up once. */
    let later: Map<string, [key: unknown, value: unknown]> | undefined;
    reader.enter();
    for (let n = 0; n < count; n++) {
        const key = reader.value();
        const value = reader.value();
        const check = counts.check(key);
        if (check === "new") map.set(key, value);
        else if (check === "known") (later ??= new Map()).set(textOf(key as number), [key, value]);
        else reader.fail("a Map in it has too many numbers with the same hash");
    }
    if (later) for (const [key, value] of later.values()) map.set(key, value);
    reader.depth -= 1;
    return map;
}

function readSet(reader: ValueReader): Set<unknown> {
    reader.countLarge();
    const set = reader.numbered(new Set<unknown>());
    const count = reader.count(1);
    const counts = new HashCounts(() => set);
    reader.enter();
    for (let n = 0; n < count; n++) {
        const item = reader.value();
        const check = counts.check(item);
        if (check === "new") set.add(item);
        else if (check === "refused") reader.fail("a Set in it has too many numbers with the same hash");
    }
    reader.depth -= 1;
    return set;
}

function readRegExp(reader: ValueReader): RegExp | undefined {
    const source = reader.name($.MAX_REGEXP);
    const flags = reader.name($.MAX_NAME);
    reader.countLarge();
    if (isCostlyRegExp(source, flags)) reader.fail("a RegExp in it has the flag v, or a property of Unicode");
    return reader.numbered(made(reader, "a RegExp", () => new RegExp(source, flags)));
}

function readUrl(reader: ValueReader): URL | undefined {
    const text = reader.string();
    reader.countLarge();
    if (isCostlyUrl(text)) reader.fail("a URL in it is too long, or is not ASCII");
    return reader.numbered(made(reader, "a URL", () => new UrlClass(text)));
}

/** Makes a value that may be invalid, unless the message is not valid already. */
function made<T>(reader: ValueReader, name: string, make: () => T): T | undefined {
    if (reader.badValue) return undefined;
    try {
        return withoutStack(make);
    } catch {
        reader.fail(`${name} in it is not valid`);
        return undefined;
    }
}

function readError(reader: ValueReader): Error {
    const name = reader.name($.MAX_NAME);
    const message = reader.value();
    if (typeof message !== "string") throw badFrame("an error in it has no message");
    reader.countLarge();
    const error = withoutStack(() => makeError(name, message));
    reader.number(error);
    reader.enter();
    reader.members(error, HIDDEN);
    reader.depth -= 1;
    return error;
}

function makeError(name: string, message: string): Error {
    if (name === "AggregateError") return new AggregateError([], message);
    const type = ERRORS.get(name);
    const error = new (type ?? Error)(message);
    if (!type) Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
    return error;
}

/** Returns a text if this version of Node.js does not have the class. */
function readTemporal(reader: ValueReader): unknown {
    const type = temporalClass(reader.name($.MAX_NAME));
    const text = reader.name($.MAX_NAME);
    const value: unknown = type ? made(reader, "a date or time", () => type.from(text)) : text;
    return reader.numbered(value);
}
