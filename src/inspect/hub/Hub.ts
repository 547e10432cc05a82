import { badFrame } from "./badFrame";
import { type ConnectionInfo, InspectedConnection, sideIndex } from "./InspectedConnection";
import { LIMITS } from "../limits";
import { messageText } from "./messageText";
import type { TappedMessage } from "../frames/parseFrame";
import { type Hello, type Point, PROTOCOL, type ProblemRow, type Side, type Totals } from "../protocol";
import { ReplyTimes } from "./ReplyTimes";
import { RingBuffer } from "./RingBuffer";
import { SecondCounts } from "./SecondCounts";
import { type UpdateParts, updateText } from "./updateText";

/** Milliseconds between two updates. */
export const UPDATE_MS = 250;

/** Messages of an interval that are kept; twice as many if they are replies to kept ones. */
const KEPT = (LIMITS.rate * UPDATE_MS) / 1000;

/** Messages of an interval whose contents are read, to measure the times of replies. */
const READ = 1250;

/** Changed rows of connections in one update. The others follow in the next ones. */
const MAX_CHANGES = 300;

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
    #totals = noTotals();
    readonly #second = new SecondCounts();
    /** Messages of this interval. */
    #read = 0;
    #kept = 0;
    #numbers = { connection: 0, message: 0, problem: 0 };
    /** Contents of the next update. */
    #next = noChanges();
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
        this.#second.restart();
        this.#timer ??= setInterval(() => {
            this.update();
        }, UPDATE_MS).unref();
    }

    stop(): void {
        clearInterval(this.#timer);
        this.#timer = undefined;
    }

    /** Forgets all connections, messages, counts and watchers. */
    clear(): void {
        this.#watchers.clear();
        for (const { id } of this.#open) this.#replies.onClose(id);
        this.#open.clear();
        this.#listed.clear();
        this.#closed.length = 0;
        this.#messages.clear();
        this.#problems.clear();
        this.#points.clear();
        this.#replies.percentiles(); // forgets the times, too
        this.#totals = noTotals();
        this.#next = noChanges();
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
        watcher.onUpdate(this.state());
    }

    /** Returns all that is kept, as an update. */
    state(): string {
        this.onRefresh?.();
        this.#list();
        return this.#text({
            connections: [...this.#listed].map(({ row }) => JSON.stringify(row)),
            messages: this.#messages.all(),
            problems: this.#problems.all(),
            points: this.#points.all(),
            removed: [],
        });
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
        this.#replies.onClose(connection.id);
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
        this.#second.addBytes(from, bytes);
        this.#totals.bytes[side] += bytes;
    }

    /** Counts messages of a connection. */
    addMessages(connection: InspectedConnection, from: Side, count: number): void {
        const side = sideIndex(from);
        connection.row.messages[side] += count;
        connection.hasChanged = true;
        this.#second.addMessages(from, count);
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
        const fault = badFrame(message);
        if (fault) this.problem({ connection: connection.id, from, ...fault });
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
        const counts = this.#second.takeIfOver();
        if (counts) this.#addPoint(counts);
        const next = this.#next;
        this.#next = noChanges();
        if (!this.isWatched) return;
        this.#list();
        const changed: string[] = [];
        for (const connection of this.#listed) {
            if (!connection.hasChanged) continue;
            connection.hasChanged = false;
            this.#listed.delete(connection); // goes to the end, so that the next update begins with the others
            this.#listed.add(connection);
            changed.push(JSON.stringify(connection.row));
            if (changed.length >= MAX_CHANGES) break;
        }
        const json = this.#text({ connections: changed, ...next });
        for (const watcher of this.#watchers) watcher.onUpdate(json);
    }

    /** Makes the text of an update. */
    #text(parts: Omit<UpdateParts, "totals" | "members">): string {
        const listed = this.#listed.size - this.#closed.length;
        const totals = { ...this.#totals, open: this.#open.size, unlisted: this.#open.size - listed };
        return updateText({ ...parts, totals, members: this.members?.() });
    }

    #addPoint(counts: Pick<Point, "messages" | "bytes">): void {
        let [waiting, pending] = [0, 0];
        for (const { row } of this.#open) {
            waiting += row.waiting;
            pending += row.pending;
        }
        const point: Point = {
            time: Date.now(),
            ...counts,
            ...this.#replies.percentiles(),
            waiting,
            pending,
            delay: this.readDelay(),
            connections: this.#open.size,
        };
        this.#points.push(point);
        this.#next.points.push(point);
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

function noTotals(): Omit<Totals, "open" | "unlisted"> {
    return { messages: [0, 0], bytes: [0, 0], skipped: 0, problems: 0, opened: 0 };
}

/** Contents of an update. */
function noChanges(): { messages: string[]; problems: ProblemRow[]; points: Point[]; removed: number[] } {
    return { messages: [], problems: [], points: [], removed: [] };
}
