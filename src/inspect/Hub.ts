import { type ConnectionInfo, InspectedConnection, sideIndex } from "./InspectedConnection";
import { MAX_VALUE, messageText } from "./messageText";
import type { TappedMessage } from "./parseFrame";
import { type Hello, type Limits, type Point, PROTOCOL, type PerSide, type ProblemRow, type Side } from "./protocol";
import { ReplyTimes } from "./ReplyTimes";
import { RingBuffer } from "./RingBuffer";

/** Milliseconds between two updates. */
export const UPDATE_MS = 250;

/** What is kept at most. */
export const LIMITS: Limits = {
    connections: 1000,
    closed: 100,
    messages: 2000,
    characters: 8 * 2 ** 20,
    value: MAX_VALUE,
    problems: 200,
    seconds: 900,
    rate: 800,
};

/** Messages of an interval that are kept; twice as many if they are replies to kept ones. */
const KEPT = (LIMITS.rate * UPDATE_MS) / 1000;

/** Messages of an interval whose contents are read, to measure the times of replies. */
const READ = 1250;

/** Changed rows of connections in one update. The others follow in the next ones. */
const MAX_CHANGES = 300;

/** Bytes of a bad frame that are kept. */
const MAX_HEX_BYTES = 256;

/** Characters of an error message that are kept. */
const MAX_PROBLEM = 500;

/** Names what is inspected. */
export type HubInfo = Pick<Hello, "version" | "form" | "title" | "canSend">;

/** Receives updates, as JSON. */
export interface Watcher {
    onUpdate(json: string): void;
}

/** Collects counters, messages and errors of connections, in limited memory, and passes them to its watchers. */
export class Hub {
    readonly #info: HubInfo;
    readonly #started = Date.now();
    readonly #watchers = new Set<Watcher>();
    readonly #open = new Set<InspectedConnection>();
    /** Connections that the page lists: the open ones up to a limit, and the last closed ones. */
    readonly #listed = new Set<InspectedConnection>();
    readonly #closed: InspectedConnection[] = [];
    readonly #messages = new RingBuffer<string>(LIMITS.messages, LIMITS.characters, ({ length }) => length);
    readonly #problems = new RingBuffer<ProblemRow>(LIMITS.problems);
    readonly #points = new RingBuffer<Point>(LIMITS.seconds);
    readonly #replies = new ReplyTimes();
    readonly #totals = { messages: [0, 0] as PerSide, bytes: [0, 0] as PerSide, skipped: 0, problems: 0, opened: 0 };
    /** Counts of this second. */
    #second = { messages: [0, 0] as PerSide, bytes: [0, 0] as PerSide };
    #secondEnd = performance.now() + 1000;
    /** Messages of this interval. */
    #read = 0;
    #kept = 0;
    #numbers = { connection: 0, message: 0, problem: 0 };
    /** What the next update has. */
    #next = { messages: [] as string[], problems: [] as ProblemRow[], points: [] as Point[], removed: [] as number[] };
    #timer: NodeJS.Timeout | undefined;
    /** Called before each update, to read counters. */
    onRefresh: (() => void) | undefined;
    /** Longest delay of the event loop since the last call; `null` if it is not measured. */
    readDelay: () => number | null = () => null;
    /** Called when the first watcher comes, and when the last one has left. */
    onWatch: ((isWatched: boolean) => void) | undefined;
    /** Members of the cluster. */
    members: (() => string[] | undefined) | undefined;

    constructor(info: HubInfo) {
        this.#info = info;
    }

    get isWatched(): boolean {
        return this.#watchers.size > 0;
    }

    get watchers(): number {
        return this.#watchers.size;
    }

    /** Starts the timer of updates, which does not keep the process alive. */
    start(): void {
        this.#secondEnd = performance.now() + 1000;
        this.#timer ??= setInterval(() => {
            this.update();
        }, UPDATE_MS).unref();
    }

    stop(): void {
        clearInterval(this.#timer);
        this.#timer = undefined;
    }

    /** Forgets all connections and messages. */
    clear(): void {
        this.#open.clear();
        this.#listed.clear();
        this.#closed.length = 0;
        this.#messages.clear();
        this.#problems.clear();
        this.#points.clear();
    }

    /** First event for a watcher. */
    hello(): string {
        const hello: Hello = { protocol: PROTOCOL, ...this.#info, limits: LIMITS, started: this.#started };
        return JSON.stringify(hello);
    }

    /** Adds a watcher, and passes to it what is kept. */
    watch(watcher: Watcher): void {
        const isFirst = !this.isWatched;
        this.#watchers.add(watcher);
        if (isFirst) this.onWatch?.(true);
        this.onRefresh?.();
        this.#list();
        const json = this.#json({
            connections: [...this.#listed].map(({ row }) => JSON.stringify(row)),
            messages: this.#messages.all(),
            problems: this.#problems.all(),
            points: this.#points.all(),
            removed: [],
        });
        watcher.onUpdate(json);
    }

    unwatch(watcher: Watcher): void {
        if (this.#watchers.delete(watcher) && !this.isWatched) this.onWatch?.(false);
    }

    opened(info: ConnectionInfo): InspectedConnection {
        const connection = new InspectedConnection((this.#numbers.connection += 1), info);
        this.#open.add(connection);
        this.#totals.opened += 1;
        if (this.#listed.size < LIMITS.connections + this.#closed.length) this.#show(connection);
        return connection;
    }

    closed(connection: InspectedConnection, reason?: string): void {
        if (!this.#open.delete(connection)) return;
        connection.set({
            state: "closed",
            until: Date.now(),
            waiting: 0,
            pending: 0,
            ...(reason !== undefined && { reason }),
        });
        if (!connection.isListed) return;
        this.#closed.push(connection);
        if (this.#closed.length > LIMITS.closed) this.#hide(this.#closed.shift() as InspectedConnection);
    }

    /** Counts bytes of a connection. */
    addBytes(connection: InspectedConnection, from: Side, bytes: number): void {
        const side = sideIndex(from);
        connection.row.bytes[side] += bytes;
        connection.hasChanged = true;
        this.#second.bytes[side] += bytes;
        this.#totals.bytes[side] += bytes;
    }

    /** Counts messages of a connection. */
    addMessages(connection: InspectedConnection, from: Side, count: number): void {
        const side = sideIndex(from);
        connection.row.messages[side] += count;
        connection.hasChanged = true;
        this.#second.messages[side] += count;
        this.#totals.messages[side] += count;
    }

    /**
     * Adds a message to the list, unless there are too many in this interval. Does not count it.
     *
     * @param read - reads its content. Called only if that is needed.
     */
    message(connection: InspectedConnection, from: Side, read: () => TappedMessage): void {
        if (this.#read >= READ || this.#kept >= 2 * KEPT) {
            this.#totals.skipped += 1;
            return;
        }
        this.#read += 1;
        const message = read();
        const { kind } = message;
        let isKept = this.#kept < KEPT;
        const isReply = kind === "answer" || kind === "response";
        const reply = isReply ? this.#replies.onReply(connection.id, from, message) : undefined;
        if (reply?.isKept) isKept = true;
        if (kind === "question" || kind === "request") this.#replies.onAsked(connection.id, from, message, isKept);
        if (kind === "invalid" || kind === "incomplete" || kind === "large" || kind === "deep")
            this.#badFrame(connection, from, message);
        if (!isKept) {
            this.#totals.skipped += 1;
            return;
        }
        this.#kept += 1;
        const { took, asked } = reply ?? {};
        const head = {
            n: (this.#numbers.message += 1),
            time: new Date().toISOString(),
            connection: connection.id,
            from,
            ...(took !== undefined && { took }),
            ...(asked !== undefined && { asked }),
        };
        const json = messageText(head, message);
        this.#messages.push(json);
        if (this.isWatched) this.#next.messages.push(json);
    }

    /** Adds an error to the list. */
    problem(problem: Omit<ProblemRow, "n" | "time">): void {
        this.#totals.problems += 1;
        if (this.#next.problems.length >= LIMITS.problems) return;
        const row: ProblemRow = {
            n: (this.#numbers.problem += 1),
            time: new Date().toISOString(),
            ...problem,
            text: problem.text.slice(0, MAX_PROBLEM),
        };
        this.#problems.push(row);
        if (this.isWatched) this.#next.problems.push(row);
    }

    /** Adds seconds of the past. */
    addPoints(points: readonly Point[]): void {
        for (const point of points) this.#points.push(point);
    }

    /** Passes the changes since the last update to the watchers. */
    update(): void {
        this.#read = this.#kept = 0;
        if (this.isWatched) this.onRefresh?.();
        const now = performance.now();
        if (now >= this.#secondEnd) this.#endSecond(now);
        const next = this.#next;
        this.#next = { messages: [], problems: [], points: [], removed: [] };
        if (!this.isWatched) return;
        this.#list();
        const changed: string[] = [];
        for (const connection of this.#listed) {
            if (!connection.hasChanged) continue;
            connection.hasChanged = false;
            changed.push(JSON.stringify(connection.row));
            if (changed.length >= MAX_CHANGES) break;
        }
        const json = this.#json({ connections: changed, ...next });
        for (const watcher of this.#watchers) watcher.onUpdate(json);
    }

    /** JSON of an update. Rows that are JSON already are not parsed for it. */
    #json(parts: {
        connections: string[];
        messages: string[];
        problems: ProblemRow[];
        points: Point[];
        removed: number[];
    }): string {
        const { connections, messages, problems, points, removed } = parts;
        const listed = this.#listed.size - this.#closed.length;
        const totals = { ...this.#totals, open: this.#open.size, unlisted: this.#open.size - listed };
        const members = this.members?.();
        return [
            `{"time":${Date.now()},"totals":${JSON.stringify(totals)}`,
            connections.length > 0 && `"connections":[${connections.join(",")}]`,
            messages.length > 0 && `"messages":[${messages.join(",")}]`,
            removed.length > 0 && `"removed":${JSON.stringify(removed)}`,
            problems.length > 0 && `"problems":${JSON.stringify(problems)}`,
            points.length > 0 && `"points":${JSON.stringify(points)}`,
            members && `"members":${JSON.stringify(members)}`,
        ]
            .filter(Boolean)
            .join(",")
            .concat("}");
    }

    #endSecond(now: number): void {
        const length = (now - (this.#secondEnd - 1000)) / 1000; // more than 1 after a delay
        const perSecond = ([client, server]: PerSide): PerSide => [
            Math.round(client / length),
            Math.round(server / length),
        ];
        let [waiting, pending] = [0, 0];
        for (const { row } of this.#open) {
            waiting += row.waiting;
            pending += row.pending;
        }
        const point: Point = {
            time: Date.now(),
            messages: perSecond(this.#second.messages),
            bytes: perSecond(this.#second.bytes),
            ...this.#replies.percentiles(),
            waiting,
            pending,
            delay: this.readDelay(),
            connections: this.#open.size,
        };
        this.#second = { messages: [0, 0], bytes: [0, 0] };
        this.#secondEnd = now + 1000;
        this.#points.push(point);
        this.#next.points.push(point);
    }

    #badFrame({ id }: InspectedConnection, from: Side, { kind, text, data, error, bytes }: TappedMessage): void {
        const bad = typeof text === "string" ? Buffer.from(text.slice(0, MAX_HEX_BYTES)) : data;
        const hex = Buffer.isBuffer(bad) ? bad.toString("hex", 0, MAX_HEX_BYTES) : undefined;
        const reason = typeof error === "string" ? `: ${error}` : "";
        this.problem({
            connection: id,
            from,
            code: kind,
            text: `${BAD_FRAMES[kind] ?? kind}${reason}`,
            bytes,
            ...(hex !== undefined && { hex }),
        });
    }

    /** Lists open connections while there is space. */
    #list(): void {
        if (this.#listed.size - this.#closed.length >= Math.min(this.#open.size, LIMITS.connections)) return;
        for (const connection of this.#open) {
            if (this.#listed.size - this.#closed.length >= LIMITS.connections) return;
            if (!connection.isListed) this.#show(connection);
        }
    }

    #show(connection: InspectedConnection): void {
        connection.isListed = connection.hasChanged = true;
        this.#listed.add(connection);
    }

    #hide(connection: InspectedConnection): void {
        connection.isListed = false;
        this.#listed.delete(connection);
        if (this.isWatched) this.#next.removed.push(connection.id);
    }
}

/** Texts of the kinds of bad frames. */
const BAD_FRAMES: Readonly<Record<string, string>> = {
    invalid: "a frame that is no message",
    incomplete: "a frame without an end",
    large: "a frame that is too large to be read",
    deep: "a frame that is nested too deeply to be read",
};
