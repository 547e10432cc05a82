import fc from "fast-check";

/** Member names with a special meaning in JavaScript. */
const MEANINGFUL = ["__proto__", "constructor", "toString", "valueOf", "then", "toJSON", "length", "code", "message"];

const long = "long ".repeat(20_000);

/** An object that cannot be converted to a string or a number. */
const wordless = {
    toString: () => {
        throw new Error("no string");
    },
    valueOf: () => {
        throw new Error("no number");
    },
};

/** Creates each value anew, because a receiver may change it. */
const made = (...makers: (() => unknown)[]): fc.Arbitrary<unknown> => fc.constantFrom(...makers).map((make) => make());

/** JavaScript values of every type: possible mistakes of a user. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, true, false, NaN, -0, 0, 1, -1, 1.5, 2 ** 53, Infinity, -Infinity, 1n),
    fc.constantFrom<unknown>("", "1", "abc", "NaN", "\0", "\ud800", long, Symbol("s")),
    made(
        () => () => undefined,
        () => Date, // a class that may be called
        () => [],
        () => ({}),
        () => Object.create(null) as unknown,
        () => ({ ...wordless }),
        () => new Proxy({}, {}),
        () => new Date(NaN),
        () => Promise.resolve(),
        () => new Error("e"),
    ),
    fc.anything({
        withBigInt: true,
        withBoxedValues: true,
        withNullPrototype: true,
        withTypedArray: true,
        maxDepth: 1,
    }),
);

const THROWN: readonly (() => unknown)[] = [
    () => new Error("thrown"),
    () => "thrown",
    () => undefined,
    () => null,
    () => Object.create(null) as unknown,
    () => ({ ...wordless }),
    () => Object.freeze(Object.assign(new Error("thrown"), { code: 11000 })),
    () => Object.assign(new Error("thrown"), { code: {} }),
    () => Object.assign(new Error("thrown"), { message: undefined }),
    () => new Error("long".repeat(2 ** 18)),
    () => Symbol("thrown"),
    () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
    },
];

/** Values that user code may throw: one for each number below this. */
export const KINDS_OF_THROWN = THROWN.length;

const soFar = new Set<unknown>();

/** A new value that user code may throw. */
export function thrown(kind: number): unknown {
    const value = THROWN[kind]!();
    soFar.add(value);
    return value;
}

/** True if user code has thrown this value, or if it is an error created for such a value. */
export const wasThrown = (error: unknown): boolean =>
    soFar.has(error) || (error instanceof Error && "cause" in error && soFar.has(error.cause));

/** Forgets all thrown values. */
export const forgetThrown = (): void => soFar.clear();

/** Large JSON texts by their short names in counterexamples. */
const LARGE = new Map([
    ["@long", JSON.stringify(long)],
    ["@lists", "[".repeat(3000) + "]".repeat(3000)],
    ["@huge", `"${"huge".repeat(2 ** 20)}"`],
    ["@objects", '{"a":'.repeat(3000) + "1" + "}".repeat(3000)],
]);

/** A JSON text, with large texts in place of their names. */
export const expanded = (text: string): string => text.replace(/@\w+/g, (name) => LARGE.get(name) ?? name);

/** JSON texts of every type, to be expanded: a peer may send them anywhere. */
export const anyText: fc.Arbitrary<string> = fc.letrec<{ text: string; simple: string; object: string; list: string }>(
    (tie) => ({
        text: fc.oneof({ weight: 4, arbitrary: tie("simple") }, tie("object"), tie("list")),
        simple: fc.oneof(
            fc.constantFrom("null", "true", "false", "0", "-0", "1", "-1", "0.5", "1e400", "-1e400", "1e-400"),
            fc.constantFrom("9007199254740993", '""', '"x"', "[]", "{}", '"\\u0000\\u001b[2J\\r"', '"\\ud800"'),
            fc.constantFrom("__proto__", "constructor", "toString", "Object", "Array").map((name) => `"${name}"`),
            fc.constantFrom("@long", "@lists", "@objects"),
            fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
            fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.stringify(value)),
        ),
        object: fc
            .array(fc.tuple(fc.constantFrom(...MEANINGFUL), tie("simple")), { maxLength: 3 })
            .map((members) => `{${members.map(([name, value]) => `"${name}":${value}`).join()}}`),
        list: fc.array(tie("simple"), { maxLength: 2 }).map((items) => `[${items.join()}]`),
    }),
).text;
