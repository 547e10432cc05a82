import { types } from "node:util";
import fc from "fast-check";

const keys = fc.oneof(
    { weight: 5, arbitrary: fc.string({ maxLength: 5 }) },
    fc.constantFrom("a", "b", "id", "name", "constructor", "toString", "__proto__", "a\0b", "", "1", "é", "\ud800"),
);

const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.string({ minLength: 60, maxLength: 70 }),
    fc.constantFrom("\ud800", "x\udfffy", "→", "😀", "\0", "\xff"),
);

const numbers = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.integer({ min: -300, max: 300 }),
    fc.float(),
    fc.constantFrom(NaN, -0, 0, 127, 128, -128, -129, 32_767, 32_768, -32_769, 2 ** 31, -(2 ** 31), 2 ** 53, 5e-324),
);

const primitives = fc.oneof(
    numbers,
    texts,
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.bigInt(),
    fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
);

const binary = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => bytes.buffer.slice(0)),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => new DataView(bytes.slice().buffer)),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.concat([bytes, bytes]).subarray(bytes.length >> 1)),
    fc.float64Array({ maxLength: 5 }),
    fc.float32Array({ maxLength: 5 }),
    fc.int16Array({ maxLength: 5 }),
    fc.int32Array({ maxLength: 5 }).map((array) => array.subarray(1)),
    fc.uint8ClampedArray({ maxLength: 5 }),
    fc.bigInt64Array({ maxLength: 3 }),
);

const leaves = fc.oneof(
    primitives,
    binary,
    fc.date({ noInvalidDate: true }),
    fc.constantFrom(/a+/, /\//gi, /[→]/u),
    fc.array(numbers, { minLength: 14, maxLength: 20 }),
    fc.array(fc.integer(), { minLength: 14, maxLength: 20 }),
);

/** Any value that structured clone accepts, with shared objects and cycles. */
export const anyValue: fc.Arbitrary<unknown> = fc
    .tuple(fc.letrec(values).value, fc.array(fc.nat(), { maxLength: 6 }))
    .map(([value, links]) => linked(value, links));

function values(tie: fc.LetrecTypedTie<{ value: unknown }>): { value: fc.Arbitrary<unknown> } {
    const value = tie("value");
    const size = { maxLength: 6 };
    return {
        value: fc.oneof(
            { depthSize: "small", withCrossShrink: true },
            leaves,
            fc.array(value, size),
            fc.array(fc.tuple(keys, value), size).map(objectOf),
            fc.array(fc.tuple(keys, leaves), { minLength: 60, maxLength: 70 }).map(objectOf),
            fc.array(fc.tuple(value, value), size).map((entries) => new Map(entries)),
            fc.array(value, size).map((items) => new Set(items)),
            fc.tuple(fc.nat(5), fc.array(value, size)).map(([at, items]) => withHole(items, at)),
            fc
                .tuple(fc.constantFrom(Error, TypeError, RangeError), fc.string(), value)
                .map(([type, text, cause]) => new type(text, { cause })),
        ),
    };
}

function objectOf(entries: readonly (readonly [string, unknown])[]): object {
    const object = {};
    for (const [key, value] of entries) {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
    }
    return object;
}

function withHole(items: unknown[], at: number): unknown[] {
    if (at < items.length) Reflect.deleteProperty(items, at);
    return items;
}

/** All objects in a value. */
export function objectsIn(value: unknown, found = new Set<object>()): Set<object> {
    if (typeof value !== "object" || value === null || found.has(value)) return found;
    found.add(value);
    if (types.isTypedArray(value)) return found;
    if (value instanceof Map) for (const [key, item] of value) objectsIn(item, objectsIn(key, found));
    else if (value instanceof Set) for (const item of value) objectsIn(item, found);
    else if (value instanceof Error) objectsIn(value.cause, found);
    else for (const key of Object.keys(value)) objectsIn((value as Record<string, unknown>)[key], found);
    return found;
}

/** Adds references between the objects of a value, which makes shared objects and cycles. */
function linked(value: unknown, links: readonly number[]): unknown {
    const objects = [...objectsIn(value)];
    for (const [n, link] of links.entries()) {
        const from = objects[link % objects.length];
        const to = objects[(link >> 8) % objects.length];
        if (!from || !to) continue;
        if (Array.isArray(from)) from.push(to);
        else if (from instanceof Map) from.set(n, to);
        else if (from instanceof Set) from.add(to);
        else if (Object.getPrototypeOf(from) === Object.prototype) Object.assign(from, { [`link${n}`]: to });
    }
    return value;
}

/**
 * Throws unless two values have the same classes, contents and references. Linear, even for values with many cycles,
 * for which `deepStrictEqual()` does not end.
 */
export function assertSame(actual: unknown, wanted: unknown, path = "value", pairs = new Map<object, object>()): void {
    if (typeof wanted !== "object" || wanted === null || typeof actual !== "object" || actual === null) {
        if (!Object.is(actual, wanted)) throw new Error(`${path} is ${String(actual)} instead of ${String(wanted)}`);
        return;
    }
    const known = pairs.get(wanted);
    if (known || pairs.has(actual)) {
        if (known !== actual) throw new Error(`${path} is not the same object`);
        return;
    }
    pairs.set(wanted, actual).set(actual, actual);
    const [class1, class2] = [Object.getPrototypeOf(actual), Object.getPrototypeOf(wanted)] as unknown[];
    if (class1 !== class2) throw new Error(`${path} is of another class`);
    const [parts, others] = [partsOf(actual), partsOf(wanted)];
    assertSame(parts.length, others.length, `${path}.length`);
    for (const [n, [key, part]] of parts.entries()) {
        const [otherKey, otherPart] = others[n]!;
        assertSame(key, otherKey, `${path}, key ${n}`, pairs);
        assertSame(part, otherPart, `${path}.${typeof key === "string" ? key : n}`, pairs);
    }
}

/** Keys and values that an object consists of. */
function partsOf(object: object): [unknown, unknown][] {
    if (object instanceof Map) return [...object];
    if (object instanceof Set) return [...object].map((item, n) => [n, item]);
    if (object instanceof Date) return [["time", object.getTime()]];
    if (object instanceof RegExp) return [["text", String(object)]];
    if (object instanceof ArrayBuffer || ArrayBuffer.isView(object)) return [["bytes", hex(object)]];
    const own = Object.keys(object).map((key): [unknown, unknown] => [key, (object as Record<string, unknown>)[key]]);
    if (Array.isArray(object)) return [["length", object.length], ...own];
    if (object instanceof Error) return [["message", object.message], ["cause", object.cause], ...own];
    return own;
}

function hex(memory: ArrayBuffer | ArrayBufferView): string {
    if (memory instanceof ArrayBuffer) return Buffer.from(memory).toString("hex");
    return Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength).toString("hex");
}
