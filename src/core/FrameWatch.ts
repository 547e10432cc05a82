import type { Connection } from "./Connection";

/** In so many parts a frame's time is divided: it is looked at once in each. */
const ROUNDS = 4;

/**
 * Finds frames that have begun and do not end: a peer that sends a byte now and then holds what it has sent in our
 * memory. Looks at all connections from time to time, since a timer for each frame would cost more than the frame.
 */
export class FrameWatch {
    #timer: NodeJS.Timeout | undefined;

    /**
     * @param limit - milliseconds that a frame may take
     * @param expired - called when one has taken longer
     */
    constructor(
        private readonly connections: ReadonlyMap<unknown, Connection>,
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
        this.#timer = undefined;
    }

    #look(): void {
        for (const connection of this.connections.values()) {
            const frame = connection.reader.unfinished;
            if (frame === undefined || frame !== connection.unfinishedFrame || connection.socket.isPaused()) {
                connection.unfinishedFrame = frame ?? -1;
                connection.unfinishedRounds = 0;
            } else if (++connection.unfinishedRounds >= ROUNDS) {
                this.expired(connection);
            }
        }
    }
}
