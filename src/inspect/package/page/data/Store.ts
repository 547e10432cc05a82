import type { ConnectionRow, Hello, MessageRow, Point, ProblemRow, Totals, Update } from "../../../protocol";

/** Limits of the lists that the page keeps: messages, their characters (about), and others. */
const MAX_MESSAGES = 5000;
const MAX_CONNECTIONS = 2000; // a server lists fewer, and a recording can have more
const MAX_CHARACTERS = 32 * 2 ** 20;
const MAX_PROBLEMS = 500;
const MAX_POINTS = 3600;

/** A message, with what the page has made of it. */
export interface Shown {
    readonly row: MessageRow;
    /** Text that is searched; made when it is needed. */
    search?: string;
    preview?: string;
}

/** Changes that the views have not drawn. */
export interface Changes {
    connections: Set<number>;
    messages: Shown[];
    hasProblems: boolean;
    hasPoints: boolean;
    isReset: boolean;
}

const NO_TOTALS: Totals = {
    messages: [0, 0],
    bytes: [0, 0],
    skipped: 0,
    problems: 0,
    opened: 0,
    open: 0,
    unlisted: 0,
};

/** All that the page shows. */
export class Store {
    hello: Hello | undefined;
    totals: Totals = NO_TOTALS;
    members: string[] = [];
    /** Time of the last update. */
    time = Date.now();
    readonly connections = new Map<number, ConnectionRow>();
    messages: Shown[] = [];
    problems: ProblemRow[] = [];
    points: Point[] = [];
    #characters = 0;
    #sizes: number[] = [];
    #last = { message: 0, problem: 0, point: 0 };
    #changes = noChanges();
    /** Called after each change. */
    onChange: () => void = () => undefined;

    /** Forgets everything. */
    reset(hello?: Hello): void {
        this.hello = hello;
        this.totals = NO_TOTALS;
        this.members = [];
        this.connections.clear();
        this.messages = [];
        this.problems = [];
        this.points = [];
        this.#characters = 0;
        this.#sizes = [];
        this.#last = { message: 0, problem: 0, point: 0 };
        this.#changes = { ...noChanges(), isReset: true };
        this.onChange();
    }

    /** @param size - characters of the update */
    apply(update: Update, size: number): void {
        const { connections = [], removed = [], messages = [], problems = [], points = [] } = update;
        this.time = update.time;
        this.totals = update.totals;
        this.members = update.members ?? this.members;
        for (const row of connections) this.connections.set(row.id, row);
        for (const { id } of connections) this.#changes.connections.add(id);
        for (const id of removed) this.#removeConnection(id);
        for (const id of this.connections.keys()) {
            if (this.connections.size <= MAX_CONNECTIONS) break;
            this.#removeConnection(id);
        }
        const each = size / Math.max(1, messages.length);
        for (const row of messages) if (row.n > this.#last.message) this.#addMessage(row, each);
        for (const row of problems) {
            if (row.n <= this.#last.problem) continue;
            this.#last.problem = row.n;
            this.problems.push(row);
            this.#changes.hasProblems = true;
        }
        for (const point of points) {
            if (point.time <= this.#last.point) continue;
            this.#last.point = point.time;
            this.points.push(point);
            this.#changes.hasPoints = true;
        }
        if (this.problems.length > MAX_PROBLEMS) this.problems = this.problems.slice(-MAX_PROBLEMS);
        if (this.points.length > MAX_POINTS) this.points = this.points.slice(-MAX_POINTS);
        this.#trim();
        this.onChange();
    }

    /** Returns the changes since the last call. */
    takeChanges(): Changes {
        const changes = this.#changes;
        this.#changes = noChanges();
        return changes;
    }

    #removeConnection(id: number): void {
        this.connections.delete(id);
        this.#changes.connections.delete(id); // a hidden page draws nothing for a long time
    }

    #addMessage(row: MessageRow, size: number): void {
        this.#last.message = row.n;
        const shown: Shown = { row };
        this.messages.push(shown);
        this.#sizes.push(size);
        this.#characters += size;
        this.#changes.messages.push(shown);
        if (this.#changes.messages.length > 2 * MAX_MESSAGES) this.#changes.messages.splice(0, MAX_MESSAGES);
    }

    #trim(): void {
        let excess = this.messages.length - MAX_MESSAGES;
        let index = 0;
        for (; index < this.messages.length && (excess > 0 || this.#characters > MAX_CHARACTERS); index++) {
            this.#characters -= this.#sizes[index] as number;
            excess -= 1;
        }
        if (index === 0) return;
        this.messages.splice(0, index);
        this.#sizes.splice(0, index);
    }
}

function noChanges(): Changes {
    return { connections: new Set(), messages: [], hasProblems: false, hasPoints: false, isReset: false };
}

/** The other message of a call and its reply, or of a request and its response; the first one that is kept. */
export function partnersOf(row: MessageRow, messages: readonly Shown[]): MessageRow[] {
    const wanted = PARTNERS[row.kind];
    if (wanted === undefined || row.id === undefined) return [];
    const id = JSON.stringify(row.id);
    const found: MessageRow[] = [];
    for (const { row: other } of messages) {
        if (other.kind !== wanted || other.connection !== row.connection || other.from === row.from) continue;
        if (JSON.stringify(other.id) === id) found.push(other);
        if (found.length >= 20) break;
    }
    return found;
}

const PARTNERS: Partial<Record<string, string>> = {
    question: "answer",
    answer: "question",
    request: "response",
    response: "request",
    ping: "pong",
    pong: "ping",
};
