import type { Connection } from "./Connection";

/** In so many parts a frame's time is divided: it is looked at once in each. */
const ROUNDS = 4;

/**
 * Finds frames that have begun and do not end: a peer that sends a byte now and then holds what it has sent in our
 * memory. Looks at all connections from time to time, since a timer for each frame would cost more than the frame.
 */
export class FrameWatch {
    #timer: NodeJS.Timeout | undefined;
    /** Where the last look has found a frame unfinished: its number, and in how many looks before. */
    #suspects = new Map<Connection, { frame: number; rounds: number }>();

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
        this.#timer ??= setInterval(() => {
            // What has arrived meanwhile is read first.
            setImmediate(() => {
                this.#look();
            });
        }, this.limit / ROUNDS).unref();
    }

    /** Ends the watch: a client that nobody uses any more must not be kept by it. */
    stop(): void {
        clearInterval(this.#timer);
        this.#suspects.clear();
        this.#timer = undefined;
    }

    #look(): void {
        const before = this.#suspects;
        this.#suspects = new Map();
        for (const connection of this.connections) {
            if (!connection.rest) continue;
            const frame = connection.frames; // its number: frames are counted as they end
            const known = before.get(connection);
            const rounds = known?.frame === frame && !connection.socket.isPaused() ? known.rounds + 1 : 0;
            if (rounds < ROUNDS) this.#suspects.set(connection, { frame, rounds });
            else this.expired(connection);
        }
    }
}
