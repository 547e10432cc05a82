// Private members of sockhop 1.x that its published tests use, served from what we have in their place. The library itself
// uses none of them.
import { SockhopClient } from "./client/SockhopClient";
import { SockhopServer } from "./server/SockhopServer";
import type { Connection } from "./connection/Connection";
import { PendingStream } from "./replies/PendingRequest";

/** What we reach for, past what TypeScript lets us. */
interface Insides {
    _connections: Set<Connection>;
    _connectTimeout: number;
    _close(connection: Connection): Promise<undefined>;
    _active(): Connection[];
}

/** The answers that a connection waits for, in the place where a TimedMap of 1.8 has its entries. */
const requestsOf = (connection: Connection | undefined): { _map: ReadonlyMap<string, [unknown]> } => ({
    _map: new Map(
        [...(connection?.requests ?? [])].map((request) => [
            request.uuid,
            [request instanceof PendingStream ? request.stream : request],
        ]),
    ),
});

export function defineLegacyMembers(): void {
    Object.defineProperties(SockhopClient.prototype, {
        // Drops the connection and leaves auto_reconnect as it is. Called in handlers of `disconnect`, where nothing is left to do.
        _end_socket: {
            value(this: Insides) {
                for (const connection of this._connections) void this._close(connection);
            },
        },
        _connect_timeout: {
            get(this: Insides) {
                return this._connectTimeout;
            },
            set(this: Insides, timeout: number) {
                this._connectTimeout = timeout;
            },
        },
        _response_stream_map: {
            get(this: Insides) {
                return requestsOf([...this._connections][0]);
            },
        },
    });

    Object.defineProperty(SockhopServer.prototype, "_response_stream_maps", {
        get(this: Insides) {
            return new Map(this._active().map((connection) => [connection.socket, requestsOf(connection)]));
        },
    });
}
