import { SockhopClient } from "./client/SockhopClient";
import type { Connection } from "./connection/Connection";
import type { DisconnectReason } from "./connection/DisconnectReason";
import { PendingStream } from "./replies/PendingRequest";
import { SockhopServer } from "./server/SockhopServer";
import { SockhopSession } from "./server/SockhopSession";

/** Members of client and server that TypeScript does not expose here. */
interface PrivateMembers {
    _connections: Set<Connection>;
    _connectTimeout: number;
    _close(connection: Connection, reason: DisconnectReason): void;
    _active(): Connection[];
}

/** Pending responses of a connection, in the shape of the TimedMap that 1.8 uses. */
const responseMapOf = (connection: Connection | undefined): { _map: ReadonlyMap<string, [unknown]> } => ({
    _map: new Map(
        [...(connection?.requests ?? [])].map((request) => [
            request.uuid,
            [request instanceof PendingStream ? request.stream : request],
        ]),
    ),
});

/** Lets programs for 1.x, and their subclasses, have a member of a newer name: it replaces the getter. */
function allowOwn(prototype: object, ...names: string[]): void {
    for (const name of names) {
        Object.defineProperty(prototype, name, {
            set(this: object, value: unknown) {
                Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
            },
        });
    }
}

/**
 * Defines private members of sockhop 1.x that its published tests use, and setters of newer names. The library itself uses none of
 * them.
 */
export function defineLegacyMembers(): void {
    allowOwn(SockhopClient.prototype, "buffered", "codec", "resumable", "stats");
    allowOwn(SockhopServer.prototype, "cluster", "stats");
    allowOwn(SockhopSession.prototype, "buffered", "codec", "groups", "resumable", "stats");

    Object.defineProperties(SockhopClient.prototype, {
        // Closes the connection, without changing `auto_reconnect`. Does nothing in handlers of `disconnect`, where the
        // published tests call it.
        _end_socket: {
            value(this: PrivateMembers) {
                for (const connection of this._connections) this._close(connection, { code: "CLOSED" });
            },
        },
        _connect_timeout: {
            get(this: PrivateMembers) {
                return this._connectTimeout;
            },
            set(this: PrivateMembers, timeout: number) {
                this._connectTimeout = timeout;
            },
        },
        _response_stream_map: {
            get(this: PrivateMembers) {
                return responseMapOf([...this._connections][0]);
            },
        },
    });

    Object.defineProperty(SockhopServer.prototype, "_response_stream_maps", {
        get(this: PrivateMembers) {
            return new Map(this._active().map((connection) => [connection.socket, responseMapOf(connection)]));
        },
    });
}
