import type { Socket } from "node:net";
import type tls from "node:tls";
import type { Connection } from "../../connection/Connection";
import { dial } from "../../transport/dial";
import type { ClientHost } from "../ClientHost";
import type { ConnectAttempt } from "./ConnectAttempt";

/** Callbacks of the owner of an attempt, for its socket. */
interface DialEvents {
    /** Adds the connection of the socket. */
    attach(socket: Socket): Connection;
    /** Called when the socket is connected; over TLS after the handshake. */
    onConnect(connection: Connection): void;
    /** Error of the last connection of the attempt after `connect_timeout`. */
    timeoutError(connection: Connection): Error;
}

/** Creates the sockets of the attempts of a client. */
export class Dialer {
    readonly #host: ClientHost;
    readonly #tls: tls.ConnectionOptions | undefined;

    /** @param tls - options of `tls.connect()`; `undefined` for plain sockets */
    constructor(host: ClientHost, tls: tls.ConnectionOptions | undefined) {
        this.#host = host;
        this.#tls = tls;
    }

    get usesTls(): boolean {
        return this.#tls !== undefined;
    }

    /** Starts to connect a socket, within the time that is left to the attempt. */
    dial(attempt: ConnectAttempt, events: DialEvents): void {
        const host = this.#host;
        const onSocketConnect = (): void => {
            events.onConnect(connection);
        };
        const onData = (chunk: Buffer, length: number): void => {
            host.onData(connection, chunk, length);
        };
        const { target, servername } = host;
        const options = this.#tls && servername !== undefined ? { ...this.#tls, servername } : this.#tls;
        const connection = events.attach(dial(target, options, onSocketConnect, onData));
        attempt.connection = connection;
        attempt.limit(host.connectTimeout, () => {
            const last = attempt.connection as Connection; // another one after a full backlog
            last.error = events.timeoutError(last);
            if (last.state === "closed")
                host.onClose(last); // the attempt waits to retry
            else host.destroy(last);
        });
    }
}
