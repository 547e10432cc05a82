import { isDeepStrictEqual } from "node:util";

/** Sizes of large contents: some are just above the limit of small memory, others do not fit into used memory. */
const LARGE = [131_100, 140_000, 200_000, 262_144, 400_000, 600_000];

/** Contents that are large: bytes, text of one byte for each character, and other text. */
const KINDS = ["bytes", "ascii", "unicode"] as const;

/** Description of a large content, from which the receiver makes it again. */
export interface Large {
    kind: (typeof KINDS)[number];
    size: number;
}

/** What a program sends: its number, some text, and contents that follow from the number. */
export interface Value {
    n: number;
    text: string;
    rich?: unknown;
    large?: Large;
    content?: unknown;
}

/** Values of classes that a codec knows, and that JSON gives another form. */
const RICH: (() => unknown)[] = [
    () => new Map<unknown, unknown>([["a", new Set([1, "b"])]]),
    () => [new Date(1e12), /a/g, undefined, -0, NaN],
    () => Object.assign(new RangeError("r"), { code: "R" }),
    () => ({ floats: new Float64Array([0.5, 1]), bytes: Buffer.from("bytes") }),
    () => ({ same: "a string that is there twice", again: ["a string that is there twice"] }),
];

export function largeOf(argument: number): Large {
    return { kind: KINDS[argument % KINDS.length]!, size: LARGE[argument % LARGE.length]! };
}

/** Returns a large content that no other message has. */
export function contentOf(n: number, { kind, size }: Large): Buffer | string {
    if (kind === "bytes") return Buffer.alloc(size, `${n},`);
    return (kind === "ascii" ? `${n},` : `${n}é€`).repeat(size / 4);
}

export function valueOf(n: number, size: number, large?: Large): Value {
    return {
        n,
        text: "x".repeat(size),
        ...(n % 3 === 0 && { rich: richOf(n) }),
        ...(large && { large, content: contentOf(n, large) }),
    };
}

/** Throws an error unless a received value is as it was sent, or as JSON expresses it. */
export function assertWhole({ n, text, rich, large, content }: Value): void {
    if (!/^s?x+$/.test(text)) throw new Error(`${n} has another text`);
    if (n % 3 === 0 && !isSame(rich, richOf(n))) throw new Error(`${n} has another rich value`);
    if (large) assertContent(n, large, content);
}

/** Throws an error unless a large content is as it was sent. */
export function assertContent(n: number, large: Large, content: unknown): void {
    const expected = contentOf(n, large);
    const bytes = typeof content === "string" ? content : bytesOf(content);
    const isWhole = Buffer.isBuffer(expected) ? Buffer.isBuffer(bytes) && expected.equals(bytes) : expected === bytes;
    if (!isWhole) throw new Error(`${n} has another content`);
}

/** The bytes of a Buffer, or of its JSON form. */
function bytesOf(content: unknown): unknown {
    if (Buffer.isBuffer(content)) return content;
    const { data } = (content ?? {}) as { data?: unknown };
    return Array.isArray(data) ? Buffer.from(data) : undefined;
}

function richOf(n: number): unknown {
    return RICH[(n / 3) % RICH.length]!();
}

function isSame(received: unknown, sent: unknown): boolean {
    if (sent instanceof Error && received instanceof Error) {
        const { code } = received as { code?: unknown };
        return received instanceof RangeError && received.message === sent.message && code === "R";
    }
    return isDeepStrictEqual(received, sent) || isDeepStrictEqual(received, JSON.parse(JSON.stringify(sent)));
}
