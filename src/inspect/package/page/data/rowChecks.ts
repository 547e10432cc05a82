import type { ConnectionRow, MessageRow, Point, ProblemRow, Totals } from "../../../protocol";

type Check = (value: unknown) => boolean;

/** Longest text of a member, in characters; only the texts and values of messages can be longer. */
const MAX_TEXT = 2000;

const isNumber: Check = Number.isFinite;
const isText: Check = (value) => typeof value === "string" && value.length <= MAX_TEXT;
const isString: Check = (value) => typeof value === "string";
const isTime: Check = (value) => isText(value) && !Number.isNaN(Date.parse(value as string));
const isPair: Check = (value) => Array.isArray(value) && value.length === 2 && value.every(isNumber);
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isNumberOrNull: Check = (value) => value === null || isNumber(value);
const optional =
    (check: Check): Check =>
    (value) =>
        value === undefined || check(value);
const oneOf =
    (...values: readonly unknown[]): Check =>
    (value) =>
        values.includes(value);

const isSide = oneOf("client", "server");

/** Members that the page reads, except those that can be of any type. */
type Checks<T> = Partial<Record<keyof T, Check>>;

const MESSAGE: Checks<MessageRow> = {
    time: isTime,
    connection: isNumber,
    from: isSide,
    kind: isText,
    bytes: isNumber,
    text: optional(isString),
    took: optional(isNumber),
};

const CONNECTION: Checks<ConnectionRow> = {
    id: isNumber,
    role: oneOf("client", "server", "tap"),
    peer: isText,
    endpoint: isText,
    session: optional(isText),
    codec: optional(isText),
    state: oneOf("open", "interrupted", "closed"),
    since: isNumber,
    until: optional(isNumber),
    reason: optional(isText),
    messages: isPair,
    bytes: isPair,
    waiting: isNumber,
    pending: isNumber,
    roundTrip: optional(isNumber),
    resumes: isNumber,
    groups: optional(isTexts),
};

const PROBLEM: Checks<ProblemRow> = {
    n: isNumber,
    time: isTime,
    connection: optional(isNumber),
    from: optional(isSide),
    code: optional(isText),
    text: isText,
    hex: optional(isText),
    bytes: optional(isNumber),
};

const POINT: Checks<Point> = {
    time: isNumber,
    messages: isPair,
    bytes: isPair,
    replies: isNumber,
    p50: isNumberOrNull,
    p99: isNumberOrNull,
    waiting: isNumber,
    pending: isNumber,
    delay: isNumberOrNull,
    connections: isNumber,
};

const TOTALS: Checks<Totals> = {
    messages: isPair,
    bytes: isPair,
    skipped: isNumber,
    problems: isNumber,
    opened: isNumber,
    open: isNumber,
    unlisted: isNumber,
};

/** True if the page can show a value of a file as a row of this kind. */
const isRow = (checks: Partial<Record<string, Check>>): Check => {
    const all = Object.entries(checks) as [string, Check][];
    return (value) =>
        typeof value === "object" &&
        value !== null &&
        all.every(([name, check]) => check((value as Record<string, unknown>)[name]));
};

const listOf = (checks: Partial<Record<string, Check>>): Check => {
    const check = isRow(checks);
    return optional((value) => Array.isArray(value) && value.every(check));
};

export const isMessage = isRow(MESSAGE);

/** True for the changes other than messages. */
export const isState = isRow({
    time: isNumber,
    connections: listOf(CONNECTION),
    problems: listOf(PROBLEM),
    points: listOf(POINT),
    totals: optional(isRow(TOTALS)),
    removed: optional((value) => Array.isArray(value) && value.every(isNumber)),
});
