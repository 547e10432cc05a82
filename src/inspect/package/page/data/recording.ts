import { isTooDeep, MAX_DEPTH } from "../../../frames/jsonDepth";
import type { ConnectionRow, Hello, MessageRow, PerSide, Point, Update } from "../../../protocol";
import { isMessage, isState } from "./rowChecks";

/** Limits of a recording, which the page keeps in memory. */
const MAX_LINES = 100_000;
const MAX_CHARACTERS = 64 * 2 ** 20;

/** Levels of a line. A value of a message has fewer. */
const MAX_LEVELS = 2 * MAX_DEPTH;

/** First line of a recording of this page. Files of `tap --record` have none. */
interface Head {
    sockhop_inspect: 1;
    title: string;
    form: Hello["form"];
    time: string;
}

/** Changes other than messages, as a line of a recording. */
type OtherLine = Partial<Pick<Update, "connections" | "problems" | "points" | "totals" | "removed">> & { time: number };

/** Records updates as lines of JSON. A message has a line that `tap --record` would write. */
export class Recorder {
    readonly #lines: string[] = [];
    #characters = 0;
    messages = 0;

    constructor({ title, form }: Pick<Hello, "title" | "form">) {
        this.#add({ sockhop_inspect: 1, title, form, time: new Date().toISOString() } satisfies Head);
    }

    get isFull(): boolean {
        return this.#lines.length >= MAX_LINES || this.#characters >= MAX_CHARACTERS;
    }

    record({ messages = [], connections, problems, points, totals, removed, time }: Update): void {
        for (const message of messages) {
            if (this.isFull) return;
            this.#add(message);
            this.messages += 1;
        }
        if (!connections && !problems && !points) return;
        this.#add({
            time,
            totals,
            ...(connections && { connections }),
            ...(removed && { removed }),
            ...(problems && { problems }),
            ...(points && { points }),
        } satisfies OtherLine);
    }

    /** The file. */
    blob(): Blob {
        return new Blob([this.#lines.map((line) => `${line}\n`).join("")], { type: "application/x-ndjson" });
    }

    #add(value: object): void {
        const line = JSON.stringify(value);
        this.#lines.push(line);
        this.#characters += line.length;
    }
}

/** A recording that can be played again. */
export interface Recording {
    title: string;
    form: Hello["form"];
    /** Updates in the order of their times. */
    updates: Update[];
}

/** @throws an error with a text for the user, if the file is not a recording */
export function parseRecording(text: string, fileName: string): Recording {
    const recording: Recording = { title: fileName, form: "tap", updates: [] };
    let [number, n] = [0, 0];
    const builder = new UpdateBuilder();
    for (const line of text.split("\n")) {
        number += 1;
        if (line.trim() === "") continue;
        if (number > 2 * MAX_LINES) throw new Error(`the file has more than ${2 * MAX_LINES} lines`);
        if (isTooDeep(line, MAX_LEVELS)) throw new Error(`line ${number} is nested too deeply`);
        let value: Partial<Head & MessageRow & OtherLine> | null;
        try {
            value = JSON.parse(line) as typeof value;
        } catch {
            throw new Error(`line ${number} is no JSON`);
        }
        if (typeof value !== "object" || value === null) throw new Error(`line ${number} is no object`);
        if (value.sockhop_inspect !== undefined) {
            recording.title = `${value.title ?? ""} (${fileName})`;
            recording.form = value.form === "program" ? "program" : "tap";
        } else if (value.kind !== undefined) {
            if (!isMessage(value)) throw new Error(`line ${number} is no message of a recording`);
            builder.addMessage({ ...(value as MessageRow), n: (n += 1) });
        } else if (isState(value)) builder.addOther(value as OtherLine);
        else throw new Error(`line ${number} is neither a message nor a state`);
    }
    recording.updates = builder.finish();
    if (recording.updates.length === 0) throw new Error("the file has no messages");
    return recording;
}

/** Makes updates of the lines of a recording. What the lines do not say about connections is counted from messages. */
class UpdateBuilder {
    readonly #updates: Update[] = [];
    readonly #rows = new Map<number, ConnectionRow>();
    readonly #asked = new Map<string, number>();
    readonly #totals: { messages: PerSide; bytes: PerSide } = { messages: [0, 0], bytes: [0, 0] };
    #hasOther = false;
    #point: Point | undefined;
    #took: number[] = [];

    addOther(line: OtherLine): void {
        this.#hasOther = true;
        const { time, totals, connections, removed, problems, points } = line;
        this.#updates.push({
            time,
            totals: totals ?? this.#currentTotals(),
            ...(connections && { connections }),
            ...(removed && { removed }),
            ...(problems && { problems }),
            ...(points && { points }),
        });
    }

    addMessage(message: MessageRow): void {
        const time = Date.parse(message.time);
        const side = message.from === "client" ? 0 : 1;
        this.#totals.messages[side] += 1;
        this.#totals.bytes[side] += message.bytes;
        this.#measure(message, time);
        const points = this.#hasOther ? [] : this.#count(message, time, side);
        const row = this.#rows.get(message.connection) ?? newRow(message.connection, time);
        this.#rows.set(message.connection, row);
        row.messages[side] += 1;
        row.bytes[side] += message.bytes;
        row.until = time;
        this.#updates.push({
            time,
            totals: this.#currentTotals(),
            messages: [message],
            ...(!this.#hasOther && {
                connections: [{ ...row, messages: [...row.messages], bytes: [...row.bytes] }],
            }),
            ...(points.length > 0 && { points }),
        });
    }

    finish(): Update[] {
        const last = this.#updates.at(-1);
        if (last && this.#point) last.points = [...(last.points ?? []), this.#endPoint(this.#point)];
        return this.#updates.sort((a, b) => a.time - b.time);
    }

    #currentTotals(): Update["totals"] {
        const { messages, bytes } = this.#totals;
        return {
            messages: [...messages],
            bytes: [...bytes],
            skipped: 0,
            problems: 0,
            opened: this.#rows.size,
            open: this.#rows.size,
            unlisted: 0,
        };
    }

    /** Adds the time of a reply, which a tap does not record. */
    #measure(message: MessageRow, time: number): void {
        const { kind, id, connection } = message;
        const key = `${connection} ${kind === "request" || kind === "response"} ${JSON.stringify(id)}`;
        if (kind === "question" || kind === "request") this.#asked.set(key, time);
        const asked = kind === "answer" || kind === "response" ? this.#asked.get(key) : undefined;
        if (asked === undefined) return;
        message.took ??= time - asked;
        this.#took.push(message.took);
    }

    /** Counts a message in its second. Returns the points of the seconds before. */
    #count({ bytes }: MessageRow, time: number, side: 0 | 1): Point[] {
        const ended: Point[] = [];
        const end = 1000 * (Math.floor(time / 1000) + 1);
        if (this.#point && this.#point.time < end) {
            ended.push(this.#endPoint(this.#point));
            this.#point = undefined;
        }
        this.#point ??= newPoint(end);
        this.#point.messages[side] += 1;
        this.#point.bytes[side] += bytes;
        return ended;
    }

    #endPoint(point: Point): Point {
        const times = this.#took.sort((a, b) => a - b);
        this.#took = [];
        const at = (share: number): number | null => times[Math.max(0, Math.ceil(share * times.length) - 1)] ?? null;
        return { ...point, replies: times.length, p50: at(0.5), p99: at(0.99), connections: this.#rows.size };
    }
}

function newRow(id: number, since: number): ConnectionRow {
    const counts = { messages: [0, 0], bytes: [0, 0] } as Pick<ConnectionRow, "messages" | "bytes">;
    return {
        ...{ id, since, ...counts, role: "tap", peer: "recorded", endpoint: "recorded", state: "open" },
        ...{ waiting: 0, pending: 0, resumes: 0 },
    };
}

function newPoint(time: number): Point {
    const empty = { replies: 0, p50: null, p99: null, waiting: 0, pending: 0, delay: null, connections: 0 };
    return { time, messages: [0, 0], bytes: [0, 0], ...empty };
}
