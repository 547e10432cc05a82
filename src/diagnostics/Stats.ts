/**
 * Counters of a client, a server or a session. They start with 0 and grow during the lifetime of the object, over all
 * its connections. They include control messages: pings, pongs and cancels.
 */
export interface Stats {
    /** Number of connections that are open now. */
    connections: number;
    /** Number of messages that were handed to a connection. */
    messages_sent: number;
    messages_received: number;
    /** Bytes that the operating system has accepted; with TLS, before encryption. */
    bytes_sent: number;
    bytes_received: number;
    /** Number of reconnects of a client; 0 for a server or a session. */
    reconnects: number;
    /** Number of replies and responses that are pending now. */
    pending: number;
    /** Bytes that are buffered now, because they are not sent yet. */
    buffered: number;
    /** Number of interruptions of connections with the option `resume`. */
    interruptions: number;
    /** Number of frames that were sent again after interruptions. */
    replayed: number;
    /** Number of messages that were sent and are not acknowledged now, with the option `resume`. */
    unacknowledged: number;
    /** Bytes of these messages, which are kept until then. */
    kept: number;
    /**
     * Round-trip time in milliseconds of the last ping that got a pong, for a client or a session. `undefined` before
     * the first pong, and for a server.
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
    readonly resumption?: ResumeCounters | undefined;
}

/** Counters of a connection that can be resumed. */
interface ResumeCounters {
    readonly interruptions: number;
    readonly replayed: number;
    readonly journal: { readonly messages: number; readonly bytes: number };
}

const NO_STATS: Readonly<Stats> = {
    connections: 0,
    messages_sent: 0,
    messages_received: 0,
    bytes_sent: 0,
    bytes_received: 0,
    reconnects: 0,
    pending: 0,
    buffered: 0,
    interruptions: 0,
    replayed: 0,
    unacknowledged: 0,
    kept: 0,
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
    const { resumption } = connection;
    if (!resumption) return;
    stats.interruptions += resumption.interruptions;
    stats.replayed += resumption.replayed;
    stats.unacknowledged += resumption.journal.messages;
    stats.kept += resumption.journal.bytes;
}

/**
 * Returns the sum of the counters of some connections.
 *
 * @param base - stats that are added
 *
 * @internal
 */
export function statsOf(connections: Iterable<Counters>, base = NO_STATS): Stats {
    const stats = { ...base };
    for (const connection of connections) add(stats, connection);
    return stats;
}

/**
 * Sum of the counters of closed connections.
 *
 * @internal
 */
export class ClosedTotals {
    readonly #stats = { ...NO_STATS };
    #connectionsOpened = 0;

    /** Counts a connection that opens. */
    opened(): void {
        this.#connectionsOpened += 1;
    }

    /** Adds a connection that is closed, without its pending replies and buffered bytes. */
    add(connection: Counters): void {
        const stats = this.#stats;
        add(stats, connection);
        stats.pending = stats.buffered = stats.unacknowledged = stats.kept = 0;
    }

    /** Returns the sum of the closed connections and these connections. */
    with(connections: Iterable<Counters>): Stats {
        return statsOf(connections, this.#stats);
    }

    /** Number of connections that have opened after the first. */
    get reopened(): number {
        return Math.max(0, this.#connectionsOpened - 1);
    }
}
