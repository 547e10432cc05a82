import { withoutStack } from "../errors";
import { badFrame } from "./BadFrame";
import * as $ from "./layout";
import type { ValueReader } from "./ValueReader";
import { temporalClass } from "./writeRich";

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
            return numbered(reader, new Date(reader.double()));
        case $.BYTES:
            return numbered(reader, reader.memory());
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

function numbered<T>(reader: ValueReader, value: T): T {
    reader.number(value);
    return value;
}

function readBigInt(reader: ValueReader): bigint | undefined {
    const digits = reader.name($.MAX_BIGINT);
    if (!/^-?[\da-f]+$/.test(digits)) {
        reader.fail("a BigInt in it is not valid");
        return undefined;
    }
    return digits.startsWith("-") ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`);
}

function readMap(reader: ValueReader): Map<unknown, unknown> {
    const map = numbered(reader, new Map<unknown, unknown>());
    const count = reader.count(2);
    reader.enter();
    for (let n = 0; n < count; n++) {
        const key = reader.value();
        map.set(key, reader.value());
    }
    reader.depth -= 1;
    return map;
}

function readSet(reader: ValueReader): Set<unknown> {
    const set = numbered(reader, new Set<unknown>());
    const count = reader.count(1);
    reader.enter();
    for (let n = 0; n < count; n++) set.add(reader.value());
    reader.depth -= 1;
    return set;
}

function readRegExp(reader: ValueReader): RegExp | undefined {
    const source = reader.name($.MAX_REGEXP);
    const flags = reader.name($.MAX_NAME);
    let value: RegExp | undefined;
    try {
        value = withoutStack(() => new RegExp(source, flags));
    } catch {
        reader.fail("a RegExp in it is not valid");
    }
    return numbered(reader, value);
}

function readUrl(reader: ValueReader): URL | undefined {
    const text = reader.string();
    let value: URL | undefined;
    try {
        value = withoutStack(() => new URL(text));
    } catch {
        reader.fail("a URL in it is not valid");
    }
    return numbered(reader, value);
}

function readError(reader: ValueReader): Error {
    const name = reader.name($.MAX_NAME);
    const message = reader.value();
    if (typeof message !== "string") throw badFrame("an error in it has no message");
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
    let value: unknown = text;
    try {
        if (type) value = withoutStack(() => type.from(text));
    } catch {
        reader.fail("a date or time in it is not valid");
    }
    return numbered(reader, value);
}
