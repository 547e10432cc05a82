import type { Connection } from "./Connection";
import { Interval, afterPoll } from "../runtime/clock";

/** In so many parts a frame's time is divided: it is looked at once in each. */
const ROUNDS = 4;

/** In each part it has to grow by this many bytes, and by this share of its length, or its time runs out. */
const MIN_BYTES = 1024;
const MIN_SHARE = 0.01;

/**
 * Finds frames that have begun and do not end: a peer that sends a byte now and then holds what it has sent in our
 * memory. Looks at all connections from time to time, since a timer for each frame would cost more than the frame.
 */
export class FrameTimeouts {
    #timer: Interval | undefined;
    /** Where the last look has found a frame unfinished: its number, its length, and in how many looks it did not grow. */
    #suspects = new Map<Connection, { frame: number; length: number; rounds: number }>();

    /**
     * @param limit - milliseconds that a frame may take
     * @param expired - called when one has taken longer
     */
    constructor(
        private readonly connections: ReadonlySet<Connection>,
        private readonly limit: number,
        private readonly expired: (connection: Connection) => void,
    ) {}

    /** Watches from now on. */
    start(): void {
        if (this.#timer?.isCurrent) return;
        this.#timer?.clear();
        const timer = new Interval(() => {
            afterPoll(timer, () => {
                this.#look();
            });
        }, this.limit / ROUNDS);
        this.#timer = timer;
    }

    /** Ends the watch: a client that nobody uses any more must not be kept by it. */
    stop(): void {
        this.#timer?.clear();
        this.#suspects.clear();
        this.#timer = undefined;
    }

    #look(): void {
        const before = this.#suspects;
        this.#suspects = new Map();
        const expired: Connection[] = [];
        for (const connection of this.connections) {
            if (!connection.partialFrame) continue;
            const { length } = connection.partialFrame;
            const frame = connection.framesReceived; // its number: frames are counted as they end
            const known = before.get(connection);
            const stalls = known?.frame === frame && !connection.socket.isPaused() && !grows(known.length, length);
            const rounds = stalls ? known.rounds + 1 : 0;
            if (rounds < ROUNDS) this.#suspects.set(connection, { frame, length, rounds });
            else expired.push(connection);
        }
        expired.forEach(this.expired);
    }
}

/** Whether a frame arrives, on a slow line maybe. A peer that sends a byte now and then has only begun one. */
function grows(before: number, now: number): boolean {
    return now - before >= MIN_BYTES && now - before >= MIN_SHARE * before;
}
