import { Interval, afterPoll } from "../runtime/clock";
import type { Connection } from "./Connection";
import { isProgress } from "./TransferWatch";

/** Number of checks within the timeout. A frame expires after as many checks in a row without progress. */
const CHECKS_PER_TIMEOUT = 4;

/**
 * Finds frames that have started and do not end. Without it, a peer that sends one byte from time to time could keep a
 * partial frame in our memory forever. One interval checks all connections: a timer for each frame would cost more than
 * the frame.
 */
export class FrameTimeouts {
    #timer: Interval | undefined;
    /** Partial frames that the last check found: sequence number, length, and number of checks without progress. */
    #suspects = new Map<Connection, { frame: number; length: number; stalledChecks: number }>();

    /**
     * @param limit - `frame_timeout` in milliseconds
     * @param expired - called for each connection whose frame has expired
     * @param stalled - called when a check finds that the first frame of a connection has stopped to grow
     */
    constructor(
        private readonly connections: ReadonlySet<Connection>,
        private readonly limit: number,
        private readonly expired: (connection: Connection) => void,
        private readonly stalled: (connection: Connection) => void,
    ) {}

    /** Starts the checks, if they do not run yet. */
    start(): void {
        if (this.#timer?.isCurrent) return;
        this.#timer?.clear();
        const timer = new Interval(() => {
            afterPoll(timer, () => {
                this.#check();
            });
        }, this.limit / CHECKS_PER_TIMEOUT);
        this.#timer = timer;
    }

    /** Stops the checks. An interval that runs would keep an endpoint in memory that the program no longer uses. */
    stop(): void {
        this.#timer?.clear();
        this.#suspects.clear();
        this.#timer = undefined;
    }

    #check(): void {
        const previousSuspects = this.#suspects;
        this.#suspects = new Map();
        const expired: Connection[] = [];
        for (const connection of this.connections) {
            if (!connection.partialFrame) continue;
            const { length } = connection.partialFrame;
            const frame = connection.framesReceived; // its sequence number: a frame is counted when it ends
            const previous = previousSuspects.get(connection);
            const isStalled =
                previous?.frame === frame &&
                !connection.socket.isPaused() &&
                !isProgress(length - previous.length, previous.length);
            const stalledChecks = isStalled ? previous.stalledChecks + 1 : 0;
            if (stalledChecks < CHECKS_PER_TIMEOUT) this.#suspects.set(connection, { frame, length, stalledChecks });
            else expired.push(connection);
            if (frame === 0 && stalledChecks === 1) this.stalled(connection);
        }
        expired.forEach(this.expired);
    }
}
