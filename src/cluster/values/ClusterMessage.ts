import { detach } from "../../runtime/detach";

/** Version of the messages between servers. */
const VERSION = "1";

/** Maximum number of characters of a head, which is the first line. */
const MAX_HEAD = 200;

/** Maximum number of characters of the line that names a group, whose escapes are long, and of that of a heartbeat. */
const MAX_ADDRESS = 2000;
const MAX_STATUS = 1000;

/** Number of bytes of the longest head that this version writes, rounded up. */
export const HEAD_BYTES = 100;

/** Bytes of a message with several values, at most. A larger value has a message of its own. */
export const MAX_TURN = 64 * 2 ** 10;

/** Version, sender, kind, number, count, and the beat of a hello or heartbeat. Later versions may add fields. */
const HEAD = new RegExp(
    String.raw`^${VERSION} (?<sender>[\w-]{1,40}) (?<kind>[!-~]) (?<number>\d{1,16}) (?<count>\d{1,9})(?: (?<beat>\d{1,16}))?(?: |$)`,
);

const OTHER_VERSION = new RegExp(String.raw`^(?!${VERSION} )\d{1,4} `);

/** First line of a message between servers. */
export interface ClusterHead {
    /** Id of the server. */
    readonly sender: string;
    /** `?` hello, `+` heartbeat, `*` values, `-` goodbye. Others are from later versions. */
    readonly kind: string;
    /** Number of the last value that the server has sent, this message included. */
    readonly number: number;
    /** Number of values in this message. */
    readonly count: number;
    /** Number of a hello or heartbeat; 0 for others. */
    readonly beat: number;
    /** Position of the second line. */
    readonly end: number;
}

/** Values for the same clients, each as one line: a JSON envelope, or `#` and the base64 text of a frame of bytes. */
export interface AddressedLines {
    readonly lines: string[];
    /** Name of a group; `undefined` for all clients. */
    readonly group: string | undefined;
}

/**
 * Writes the first line of a message.
 *
 * @param beat - number of a hello or heartbeat
 */
export function writeHead(sender: string, kind: string, number: number, count: number, beat?: number): string {
    const last = beat === undefined ? "" : ` ${beat}`;
    return `${VERSION} ${sender} ${kind} ${number} ${count}${last}\n`;
}

/** Writes the line before values for one group, or for all clients. */
export function writeAddress(group: string | undefined): string {
    return group === undefined ? "@\n" : `@${JSON.stringify([group])}\n`;
}

/**
 * Reads the first line of a message. The text can be anything.
 *
 * @returns `"other version"` for a message of another version; `undefined` for anything else that is not a message
 */
export function parseHead(text: string): ClusterHead | "other version" | undefined {
    const end = text.slice(0, MAX_HEAD).indexOf("\n");
    const line = detach(text.slice(0, end < 0 ? 0 : end)); // V8 keeps the last text that a regular expression had
    const groups = HEAD.exec(line)?.groups;
    if (!groups) return OTHER_VERSION.test(line) ? "other version" : undefined;
    const { sender = "", kind = "" } = groups;
    const [number, count, beat] = [Number(groups["number"]), Number(groups["count"]), Number(groups["beat"] ?? 0)];
    if (!Number.isSafeInteger(number) || !Number.isSafeInteger(beat) || (kind === "*" && count > number)) {
        return undefined;
    }
    return { sender, kind, number, count, beat, end: end + 1 };
}

/**
 * Reads the values of a message.
 *
 * @returns `undefined` if anything in it is not as announced: then none of it is used
 */
export function parseValues(text: string, { end: begin, count }: ClusterHead): AddressedLines[] | undefined {
    if (count > 1 && text.length > MAX_TURN) return undefined; // millions of short values would need much time and memory
    const parts: AddressedLines[] = [];
    let part: AddressedLines | undefined;
    let found = 0;
    for (let start = begin; start < text.length;) {
        const end = text.indexOf("\n", start);
        if (end < 0) return undefined;
        const line = text.slice(start, end);
        start = end + 1;
        if (line.startsWith("@")) {
            const group = line === "@" ? undefined : parseGroup(line.slice(1));
            if (group === null) return undefined;
            if (parts.push((part = { lines: [], group })) > count) return undefined;
        } else {
            if (!isValue(line)) return undefined;
            if (!part) parts.push((part = { lines: [], group: undefined }));
            part.lines.push(line);
            if (++found > count) return undefined;
        }
    }
    return found === count && count > 0 ? parts : undefined;
}

/** True for a line that can be a value. Its end is checked, because a message may have been cut. */
function isValue(line: string): boolean {
    return (line.startsWith("{") && line.endsWith("}")) || (line.startsWith("#") && line.length > 1);
}

/** Returns the name in an address, an array with one name; `null` for anything else. */
function parseGroup(json: string): string | null {
    const names = parseJson(json, MAX_ADDRESS);
    const name: unknown = Array.isArray(names) && names.length === 1 ? names[0] : undefined;
    return typeof name === "string" ? name : null;
}

/** Writes the second line of a hello or heartbeat. */
export function writeStatus(clients: number): string {
    return `${JSON.stringify({ clients, protocol: [Number(VERSION)] })}\n`;
}

/** Returns the number of clients in a hello or heartbeat; `undefined` if it has none. */
export function parseClients(text: string, { end }: ClusterHead): number | undefined {
    const status = parseJson(text.slice(end), MAX_STATUS) as { clients?: unknown } | null | undefined;
    const clients = status?.clients;
    return Number.isSafeInteger(clients) && (clients as number) >= 0 ? (clients as number) : undefined;
}

function parseJson(json: string, maxLength: number): unknown {
    if (json.length > maxLength) return undefined;
    try {
        return JSON.parse(json);
    } catch {
        return undefined; // not a message of this version
    }
}
