import type tls from "node:tls";
import type { Connection } from "../../connection/Connection";
import type { ClientHost } from "../ClientHost";
import type { Connector } from "../connecting/Connector";
import { Dialer } from "../connecting/Dialer";
import { type Home, Resumer } from "./Resumer";

/**
 * Resumes connections of a client that are closed, and wait for the acknowledgements of their server. The client may connect
 * again meanwhile, so each has attempts of its own.
 */
export class LeavingConnections {
    readonly #host: ClientHost;
    readonly #tls: tls.ConnectionOptions | undefined;
    readonly #connector: Connector;
    readonly #resumers = new Map<Connection, Resumer>();

    /** @param tls - options of `tls.connect()`; `undefined` for plain sockets */
    constructor(host: ClientHost, tls: tls.ConnectionOptions | undefined, connector: Connector) {
        this.#host = host;
        this.#tls = tls;
        this.#connector = connector;
    }

    /**
     * Adds a connection, until its socket is closed for good.
     *
     * @param home - server of the connection: the program may change the address of the client
     */
    add(connection: Connection, { servername, ...target }: Home): void {
        const host: ClientHost = { ...this.#host, target, servername, servers: undefined, reconnects: false };
        const resumer = new Resumer(host, new Dialer(host, this.#tls), this.#connector);
        this.#resumers.set(connection, resumer);
        if (connection.isInterrupted) resumer.start(connection);
        void connection.close(Infinity).then(() => {
            this.#resumers.delete(connection);
            resumer.stop();
        });
    }

    /** Starts attempts to resume a connection that was interrupted. */
    start(connection: Connection): void {
        this.#resumers.get(connection)?.start(connection);
    }

    onResumed(connection: Connection): void {
        this.#resumers.get(connection)?.onResumed();
    }

    /** Handles the end of the connection of an attempt. */
    onClose(connection: Connection): void {
        for (const resumer of this.#resumers.values()) resumer.onClose(connection);
    }
}
