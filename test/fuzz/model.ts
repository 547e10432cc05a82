import { OPEN_IDS } from "./frames";

/** The events of a receiver as lists, comparable as JSON: of the frames, of pending calls, and its errors. */
export interface Account {
    /** `receive`, `request`, `answer` (reply to a call) and `packet`, `end` (of a request), in order. */
    events: unknown[][];
    /** Number of bad frames. */
    bad: number;
    /** Number of written frames: pongs, replies, responses. */
    written: number;
}

/** Options of a receiver. */
export interface Reading {
    terminator: string;
    allow_non_objects: boolean;
    /** Size limit of a frame in bytes. */
    max_message_size: number;
    /** Peers are of type "json". */
    bare: boolean;
}

/** The texts between the terminators. */
export interface Decoded {
    values: unknown[];
    /** Number of frames that are not JSON, and of frames above the limit. */
    bad: number;
    large: number;
    /** Number of values before the first frame above the limit. */
    before: number;
}

/** A simple, slow decoder: the frames between terminators, each as JSON. */
export function decode(
    bytes: Buffer,
    { terminator, allow_non_objects, max_message_size }: Omit<Reading, "bare">,
): Decoded {
    const end = Buffer.from(terminator);
    const decoded: Decoded = { values: [], bad: 0, large: 0, before: 0 };
    for (let from = 0, to; (to = bytes.indexOf(end, from)) !== -1; from = to + end.length) {
        if (to - from > max_message_size) {
            decoded.large += 1;
            continue;
        }
        let frame = bytes.toString("utf8", from, to);
        if (from === 0 && frame.startsWith("\uFEFF")) frame = frame.slice(1);
        if (!allow_non_objects && /^[ \t\r\n]*$/.test(frame)) continue;
        try {
            decoded.values.push(JSON.parse(frame));
        } catch {
            if (allow_non_objects) decoded.values.push(frame);
            else decoded.bad += 1;
        }
        if (decoded.large === 0) decoded.before = decoded.values.length;
    }
    return decoded;
}

const UUID = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/;

/** The uuid of a request, if it is known: a missing or invalid one is replaced by a new one. */
export const named = (uuid: unknown): unknown =>
    !uuid || (typeof uuid === "string" && (UUID.test(uuid) || OPEN_IDS.includes(uuid)))
        ? "a UUID"
        : typeof uuid === "number"
          ? String(uuid)
          : uuid;

/** True for a valid id: the cost of keeping and echoing it is bounded. */
const isId = (id: unknown): boolean => !id || Number.isFinite(id) || (typeof id === "string" && id.length <= 1024);

/** The class name of a value: the type of the frame if that is a string, or else the class of the value. */
const typeOf = (type: unknown, value: unknown): string => (typeof type === "string" ? type : nameOf(value));

const isTooLong = (type: unknown): boolean => typeof type === "string" && type.length > 1024;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const nameOf = (value: unknown): string =>
    value === null || value === undefined
        ? "Object"
        : (Object.getPrototypeOf(value) as { constructor: { name: string } }).constructor.name;

/** The outcome of these frames according to `docs/protocol.md`, for a receiver with a call for each id in OPEN_IDS. */
export function expected(
    { values, bad }: Pick<Decoded, "values" | "bad">,
    { bare, allow_non_objects }: Pick<Reading, "bare" | "allow_non_objects">,
): Account {
    const account: Account = { events: [], bad, written: 0 };
    if (bare) {
        for (const value of values) {
            if (value === null && !allow_non_objects) account.bad += 1;
            else account.events.push(["receive", value, nameOf(value), false]);
        }
        return account;
    }
    const open = new Set<unknown>(OPEN_IDS);
    const questions = new Set<unknown>(OPEN_IDS.slice(0, 4));
    for (const frame of values) {
        if (isObject(frame) && !Array.isArray(frame)) envelope(frame, account, open, questions);
        else account.bad += 1;
    }
    return account;
}

function envelope(frame: Record<string, unknown>, account: Account, open: Set<unknown>, questions: Set<unknown>): void {
    const { type, data, id, callback_id } = frame as {
        type: unknown;
        data: unknown;
        id: unknown;
        callback_id: unknown;
    };
    const isUntyped = isObject(data) && Object.hasOwn(data, "constructor");
    if (isTooLong(type) || (typeof type !== "string" && !isUntyped)) {
        account.bad += 1;
    } else if (type === "SockhopPing" || type === "SockhopPong") {
        if (type === "SockhopPing" && isObject(data)) account.written += 1;
    } else if (type === "SockhopRequest") {
        if (isObject(data) && isId(data["uuid"]) && !isTooLong(data["type"])) requested(data, account);
        else account.bad += 1;
    } else if (type === "SockhopResponsePacket") {
        if (isObject(data) && isId(data["uuid"]) && !isTooLong(data["type"])) responded(data, account, open, questions);
        else account.bad += 1;
    } else if (callback_id) {
        if (questions.has(callback_id) && open.delete(callback_id))
            account.events.push(["answer", callback_id, data, typeOf(type, data)]);
    } else if (!isId(id)) {
        account.bad += 1;
    } else {
        account.events.push(["receive", data, typeOf(type, data), Boolean(id)]);
        if (id) account.written += 1;
    }
}

function requested({ uuid, data = {}, type }: Record<string, unknown>, account: Account): void {
    account.events.push(["request", named(uuid), data, (type && typeOf(type, data)) || nameOf(data)]);
    account.written += 1;
}

function responded(
    packet: Record<string, unknown>,
    account: Account,
    open: Set<unknown>,
    questions: Set<unknown>,
): void {
    const { uuid, data = {}, type, last, error, cancel } = packet;
    if (cancel || questions.has(uuid) || !open.has(uuid)) return;
    if (!error) account.events.push(["packet", uuid, data, (type && typeOf(type, data)) || nameOf(data)]);
    if (!error && !last) return;
    open.delete(uuid);
    account.events.push(["end", uuid, Boolean(error)]);
}
