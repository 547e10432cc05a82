/**
 * What a client, a server or a session has done so far. Counters begin with 0 and grow for as long as the object lives,
 * over all its connections. All messages count, also those that the library sends for itself: pings, pongs, the word that
 * a request is given up.
 */
export interface Stats {
    /** Connections that are open now. */
    connections: number;
    /** Messages that were given to the connection. */
    messages_sent: number;
    messages_received: number;
    /** Bytes that the system has taken; over TLS as they were before. */
    bytes_sent: number;
    bytes_received: number;
    /** Times that a client has connected again; 0 for others. */
    reconnects: number;
    /** Answers that are waited for now. */
    pending: number;
    /** Bytes that wait to be sent now. */
    buffered: number;
    /**
     * Milliseconds from the last ping that was answered to its answer, of a client or a session; `undefined` while
     * there is none, and of a server.
     */
    round_trip: number | undefined;
}

/** Counters of a connection. */
interface Counters {
    readonly state: string;
    readonly framesSent: number;
    readonly framesReceived: number;
    readonly bytesSent: number;
    readonly bytesReceived: number;
    readonly pending: number;
    readonly buffered: number;
}

const NOTHING: Readonly<Stats> = {
    connections: 0,
    messages_sent: 0,
    messages_received: 0,
    bytes_sent: 0,
    bytes_received: 0,
    reconnects: 0,
    pending: 0,
    buffered: 0,
    round_trip: undefined,
};

function add(stats: Stats, connection: Counters): void {
    if (connection.state === "open") stats.connections += 1;
    stats.messages_sent += connection.framesSent;
    stats.messages_received += connection.framesReceived;
    stats.bytes_sent += connection.bytesSent;
    stats.bytes_received += connection.bytesReceived;
    stats.pending += connection.pending;
    stats.buffered += connection.buffered;
}

/**
 * What these connections have done, on top of what was before.
 *
 * @internal
 */
export function statsOf(connections: Iterable<Counters>, before = NOTHING): Stats {
    const stats = { ...before };
    for (const connection of connections) add(stats, connection);
    return stats;
}

/**
 * What the connections have done that have gone.
 *
 * @internal
 */
export class ClosedTotals {
    readonly #stats = { ...NOTHING };
    #opened = 0;

    /** A connection has been opened. */
    opened(): void {
        this.#opened += 1;
    }

    /** A connection has gone, with all that waited for it. */
    add(connection: Counters): void {
        add(this.#stats, connection);
        this.#stats.pending = this.#stats.buffered = 0;
    }

    /** Together with what these connections have done. */
    with(connections: Iterable<Counters>): Stats {
        return statsOf(connections, this.#stats);
    }

    /** How often a connection has been opened after the first. */
    get reopened(): number {
        return Math.max(0, this.#opened - 1);
    }
}
