/**
 * Frames that no sockhop sends: valid ones, and damaged variants. One number identifies a frame, so that thousands of
 * them are cheap and fast-check can shrink each; 0 is a plain message.
 */

/** Placeholders for the ids of calls and requests that are pending while the frames arrive; as long as a real one. */
export const OPEN_IDS = Array.from({ length: 8 }, (_, n) => `0pen1d00-0000-4000-8000-00000000000${n}`);

/** Values that are easily confused with others. */
const STRANGE = [
    ...["null", "true", "false", "0", "-0", "1", "-1", "1e400", "-1e400", "9007199254740993", "1e-400", '""', '"x"'],
    ...[
        "[]",
        "{}",
        "[null]",
        '{"length":-1}',
        '{"toJSON":1}',
        '{"then":1}',
        '{"constructor":null}',
        '{"type":"String"}',
    ],
    ...['{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}', '{"hasOwnProperty":1}'],
    ...['"__proto__"', '"constructor"', '"toString"', '"\\u0000"', '"\\ud800"', '"\\u2028"', '"é→😀"', '"SockhopPing"'],
    ...['"SockhopPong"', '"SockhopRequest"', '"SockhopResponsePacket"', '"Object"', '"Array"', '"[object Object]"'],
    ...OPEN_IDS.map((id) => JSON.stringify(id)),
    ...[
        '{"uuid":{}}',
        '{"_id":{},"_created":[]}',
        '{"code":{},"message":{}}',
        "[[[[[[[[]]]]]]]]",
        '{"a":{"b":{"c":{}}}}',
    ],
] as const;

type Members = Record<string, string>;
const message = (data: string, more: Members = {}): Members => ({ type: '"String"', data, ...more });
const ping = (type: string): Members => ({
    type,
    data: '{"_id":"1","_created":"2026-11-22","_returned":null,"_finished":null}',
});
const request = (data: string): Members => ({ type: '"SockhopRequest"', data });
const packet = (n: number, more: string): Members => ({
    type: '"SockhopResponsePacket"',
    data: `{"uuid":"${OPEN_IDS[n]!}","type":"Number","data":${n},${more}}`,
});

/** Valid frames, and frames of unusual peers: as members, or as text. */
const WHOLE: (Members | string)[] = [
    message('"x"'),
    message('"é→😀\\n\\u0000"'),
    { type: '"Object"', data: '{"a":[1,null,true,{"b":"c"}],"":0}' },
    { type: '"Widget"', data: '{"color":"red","__proto__":{"polluted":true}}' },
    { type: '"Object"', data: "null" },
    { type: '"Array"', data: JSON.stringify(Array.from({ length: 60 }, (_, n) => n)) },
    message(JSON.stringify("long ".repeat(80))),
    { type: '"Number"', data: "12345678901234567890" },
    ...["1", '"question"', "{}", "[1]", "true"].map((id) => message('"q"', { id })),
    ...OPEN_IDS.slice(0, 4).map((id) => message('"answer"', { callback_id: JSON.stringify(id) })),
    message('"answer to nobody"', { callback_id: '"nobody"' }),
    message('"both"', { id: "1", callback_id: `"${OPEN_IDS[0]!}"` }),
    ping('"SockhopPing"'),
    ping('"SockhopPong"'),
    { ...ping('"SockhopPing"'), id: "7" },
    request('{"uuid":"778bb3cd-32b9-428d-81e4-be3e5e213300","data":{"a":1},"type":"Widget","errors":true}'),
    ...['{"uuid":"old","data":5,"type":"Number"}', '{"data":[]}', "{}", "[]", "null"].map(request),
    ...[4, 5, 6, 7].map((n) => packet(n, '"last":false')),
    packet(4, '"last":true'),
    packet(5, '"last":true,"empty":true'),
    packet(6, '"last":true,"error":{"code":"ERR_REQUEST_UNHANDLED","message":"m"}'),
    packet(7, '"last":true,"cancel":true'),
    ...['{"uuid":"nobody","type":"Number","data":1,"last":true}', "{}", "5"].map((data) => ({
        ...packet(0, ""),
        data,
    })),
    ...["null", "5", '"text"', "true", "[]", "", "{", "GET /", "\u0000", "\ufeff{}", '[{"type":"String"}]'],
    ...["{}", '{"data":1}', '{"type":null}', '{"__proto__":{"type":"SockhopPing","data":null}}', ' {"type" : "A" } '],
];

const text = (members: Members | string): string =>
    typeof members === "string"
        ? members
        : `{${Object.entries(members)
              .map(([name, value]) => `"${name}":${value}`)
              .join()}}`;

const TEXTS = WHOLE.map(text);
const BYTES = TEXTS.map((whole) => Buffer.from(whole));

/** Invalid UTF-8: lone continuation bytes, overlong forms, surrogates, code points above Unicode, truncated characters. */
const INVALID = [
    "80",
    "bf",
    "c0af",
    "e080af",
    "eda080",
    "f4908080",
    "f8888080",
    "ff",
    "fe",
    "c3",
    "e286",
    "f09f98",
    "00",
].map((hex) => Buffer.from(hex, "hex"));
const ENDINGS = ["\r\n", "\r", "\n\n", "\u2028", "\0", "→", "zz", "zzz", "}", "\n\r", "", "z", "\r\r\n"];

const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;

/** One kind of damage. Receives a valid frame as bytes, its index, a position and an argument; returns bytes. */
type Damage = (whole: Buffer, which: number, place: number, argument: number) => Buffer;

const insert = (whole: Buffer, place: number, bytes: Buffer): Buffer =>
    Buffer.concat([whole.subarray(0, place), bytes, whole.subarray(place)]);

/** The frame with one changed or added member. */
const member =
    (name: string): Damage =>
    (_, which, place, argument) => {
        const members = pick(WHOLE, which);
        const value = pick(STRANGE, argument);
        if (typeof members === "string") return Buffer.from(`{"${name}":${value}}`);
        // Sometimes twice: the second one counts.
        const twice = place % 8 === 0 ? `"${name}":${pick(STRANGE, argument + place)},` : "";
        return Buffer.from(text({ ...members, [name]: value }).replace("{", `{${twice}`));
    };

/** The data with one changed member. */
const inner =
    (...names: string[]): Damage =>
    (_, which, place, argument) => {
        const value = `"${pick(names, place)}":${pick(STRANGE, argument)}`;
        return Buffer.from(pick(TEXTS, which).replace('"data":{', `"data":{${value},`).replace(/,\}/, `,${value}}`));
    };

const DAMAGES: Damage[] = [
    (whole, _, place, argument) => {
        const flipped = Buffer.from(whole);
        if (flipped.length > 0) flipped[place]! ^= 1 << (argument % 8);
        return flipped;
    },
    (whole, _, place) => whole.subarray(0, place),
    (whole, _, place) => whole.subarray(place),
    (whole) => Buffer.concat([whole, whole]),
    (whole, _, place, argument) => insert(whole, place, Buffer.from([argument])),
    (whole, _, place, argument) => insert(whole, place, pick(INVALID, argument)),
    (whole, _, place, argument) => insert(whole, place, Buffer.from(pick(ENDINGS, argument))),
    (whole, _, place, argument) => Buffer.concat([whole.subarray(0, place), pick(BYTES, argument).subarray(place)]),
    (whole, _, place, argument) => Buffer.concat([whole.subarray(0, place), whole.subarray(place + (argument % 16))]),
    (_whole, _, place, argument) =>
        Buffer.from(Array.from({ length: place }, (_n, n) => (argument * 2654435761 * (n + 1)) >>> 24)),
    (_, which, place, argument) => {
        const depth = 1 + (argument % 600);
        const data =
            place % 4 ? "[".repeat(depth) + "]".repeat(depth) : '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
        return Buffer.from(text({ ...(pick(WHOLE, which) as Members), data }));
    },
    (_, which, place, argument) => {
        const digits = String((place % 9) + 1).repeat(1 + (argument % 400));
        return Buffer.from(
            pick(TEXTS, which).replace(/:(\d+)/, `:${argument % 2 ? "-" : ""}${digits}${argument % 3 ? "" : "e999"}`),
        );
    },
    ...["type", "type", "data", "id", "callback_id", "__proto__"].map(member),
    inner("uuid", "type", "last", "error", "cancel"),
    inner("_id", "_created", "errors", "data", "empty"),
];

/** Number of bits for each part of the code: the frame, the damage, and the position. */
const WHICH = 7;
const HOW = 5;
const PLACE = 10;

/** The bytes of frame `code`, an integer of 32 bits, without a terminator. */
export function damaged(code: number): Buffer {
    const which = (code % 2 ** WHICH) % WHOLE.length;
    const how = (code >>> WHICH) % 2 ** HOW;
    const whole = BYTES[which]!;
    // A third stays valid, so that damage can affect later frames.
    const damage = how === 0 ? undefined : DAMAGES[how - 1];
    if (!damage) return whole;
    const place = ((code >>> (WHICH + HOW)) % 2 ** PLACE) % (whole.length + 1);
    return damage(whole, which, place, code >>> (WHICH + HOW + PLACE));
}

/** The bytes of all these frames; some have lost their terminator. */
export function stream(codes: readonly number[], terminator: string): Buffer {
    const end = Buffer.from(terminator);
    const parts: Buffer[] = [];
    for (const code of codes) {
        parts.push(damaged(code));
        if (code >>> 26 !== 63) parts.push(end);
    }
    return Buffer.concat(parts);
}

/** Splits bytes into chunks of these lengths, repeated. */
export function pieces(bytes: Buffer, lengths: readonly number[]): Buffer[] {
    if (lengths.length === 0) return [bytes];
    const cut: Buffer[] = [];
    for (let from = 0, n = 0; from < bytes.length; n += 1) {
        const length = lengths[n % lengths.length]!;
        cut.push(bytes.subarray(from, from + length));
        from += length;
    }
    return cut;
}
