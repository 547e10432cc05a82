import { typeName } from "../protocol/typeName";

const NEWLINE = "\n";

/** So many bytes of a frame are kept to look into it; of a larger one only the size is told. */
const LARGEST = 16 * 2 ** 20;

/** A message as it went over the wire. */
export interface Frame {
    /** Without the terminator. */
    bytes: number;
    /** What it is for: `message`, `question` (a callback waits), `answer`, `request`, `response`, `ping`, `pong`, `invalid`, `large`. */
    kind: string;
    /** Name of the class. */
    type?: unknown;
    data?: unknown;
    /** What names a question and its answer, a request and the pieces of its answer. */
    id?: unknown;
    /** What is no JSON. */
    text?: string;
    /** Of a response: nothing comes after it; it has no value; why the request has failed; it is not wanted any more. */
    last?: boolean;
    empty?: boolean;
    error?: unknown;
    cancel?: boolean;
}

/** Cuts what goes over the wire into frames, without changing it. */
export class FrameCutter {
    readonly #terminator: Buffer;
    readonly #bare: boolean;
    #parts: Buffer[] = [];
    #length = 0;
    /** The end of what is kept, in which the terminator may have begun. */
    #tail: Buffer = Buffer.alloc(0);

    /** @param bare - peers of type "json": there are no envelopes */
    constructor(terminator = NEWLINE, bare = false) {
        this.#terminator = Buffer.from(terminator);
        this.#bare = bare;
    }

    /** The frames that end in this chunk. */
    *push(chunk: Buffer): Generator<Frame, void, void> {
        let rest = chunk;
        for (;;) {
            const before = this.#tail.length;
            const searched = before === 0 ? rest : Buffer.concat([this.#tail, rest]);
            const at = searched.indexOf(this.#terminator);
            if (at === -1) {
                this.#keep(rest);
                this.#tail = Buffer.from(searched.subarray(Math.max(0, searched.length - this.#terminator.length + 1)));
                return;
            }
            const end = at + this.#terminator.length - before;
            this.#keep(rest.subarray(0, end));
            yield this.#take();
            rest = rest.subarray(end);
        }
    }

    #keep(part: Buffer): void {
        this.#length += part.length;
        if (this.#length <= LARGEST) this.#parts.push(part);
        else this.#parts = [];
    }

    #take(): Frame {
        const bytes = this.#length - this.#terminator.length;
        const whole = this.#length <= LARGEST ? Buffer.concat(this.#parts).toString("utf8", 0, bytes) : undefined;
        this.#parts = [];
        this.#length = 0;
        this.#tail = Buffer.alloc(0);
        return { bytes, ...(whole === undefined ? { kind: "large" } : read(whole, this.#bare)) };
    }
}

/** Kinds of the messages that the library sends for itself. */
const OWN = new Map<unknown, string>([
    ["SockhopPing", "ping"],
    ["SockhopPong", "pong"],
    ["SockhopRequest", "request"],
    ["SockhopResponsePacket", "response"],
]);

function read(text: string, bare: boolean): Omit<Frame, "bytes"> {
    let value: unknown;
    try {
        value = JSON.parse(text);
    } catch {
        return { kind: "invalid", text };
    }
    if (bare) return { kind: "message", type: typeName(value), data: value };
    if (typeof value !== "object" || value === null || Array.isArray(value)) return { kind: "invalid", text };
    const { type, data, id, callback_id } = value as Record<string, unknown>;
    const own = OWN.get(type);
    if (own !== undefined) return { kind: own, ...inside(own, data) };
    if (callback_id) return { kind: "answer", type, data, id: callback_id };
    return id ? { kind: "question", type, data, id } : { kind: "message", type, data };
}

/** What the library's own messages are about. */
function inside(kind: string, data: unknown): Partial<Frame> {
    const { uuid, _id, ...more } = (data ?? {}) as Record<string, unknown>;
    if (kind === "ping" || kind === "pong") return { id: _id };
    const { type, data: value, last, empty, error, cancel } = more;
    const rest = {
        ...(last === true && { last }),
        ...(empty === true && { empty }),
        ...(cancel === true && { cancel }),
    };
    return { type, data: value, id: uuid, ...rest, ...(error !== undefined && { error }) };
}
