import net from "node:net";
import tls from "node:tls";
import { SockhopError } from "../SockhopError";
import type { Place } from "./options";

/** What a {@link Listener} tells its owner. */
export interface ListenerEvents {
    /** A connection is there; over TLS after its handshake. */
    accepted(socket: net.Socket): void;
    /** Node's server has emitted an error: it could not listen, or not accept. */
    failed(error: Error): void;
    /** A client has failed in its TLS handshake. */
    refused(error: Error): void;
}

/** Node's server underneath ours, from its making until it is closed; with TLS the handshakes under way, too. */
export class Listener {
    readonly server: net.Server;
    readonly #handshakes = new Set<net.Socket>();
    #closed = false;
    /** The call of `listen()` that has not settled yet. */
    #listening: Promise<net.Server> | undefined;

    constructor(options: tls.TlsOptions | undefined, events: ListenerEvents) {
        this.server = options
            ? this.#createSecure(options, events)
            : net.createServer((socket) => events.accepted(socket));
        this.server.on("error", (error: Error) => events.failed(error));
    }

    /** Begins to listen; a second call before the first has settled joins it. */
    listen(place: Place): Promise<net.Server> {
        if (this.#listening) return this.#listening;
        const settled = (): void => {
            this.#listening = undefined;
        };
        this.#listening = this.#listen(place);
        this.#listening.then(settled, settled);
        return this.#listening;
    }

    /** Resolves when all connections have gone. Handshakes are cut off. */
    close(): Promise<void> {
        this.#closed = true;
        for (const socket of this.#handshakes) socket.destroy();
        // Called back with an error when it does not listen, which is just as well.
        return new Promise((resolve) => this.server.close(() => resolve()));
    }

    #listen({ path, port, address }: Place): Promise<net.Server> {
        const { server } = this;
        return new Promise((resolve, reject) => {
            if (path) server.listen(path);
            else server.listen(port, address);
            const listening = (): void => {
                settle();
                resolve(server);
            };
            const failed = (error: Error): void => {
                settle();
                reject(error);
            };
            const closed = (): void => {
                failed(new SockhopError("close() was called during listen()", "ERR_ABORTED"));
            };
            const settle = (): void => {
                server.off("listening", listening).off("error", failed).off("close", closed);
            };
            server.on("listening", listening).on("error", failed).on("close", closed);
        });
    }

    #createSecure(options: tls.TlsOptions, events: ListenerEvents): tls.Server {
        // Node (20 to 26) shows the TLS socket only at the end of the handshake. Until then there is the one beneath, and
        // the only way from one to the other is this member.
        const server = tls.createServer(options, (socket: tls.TLSSocket & { _parent?: net.Socket }) => {
            if (socket._parent) this.#handshakes.delete(socket._parent);
            events.accepted(socket);
        });
        server.on("connection", (socket: net.Socket) => {
            this.#handshakes.add(socket);
            socket.once("close", () => this.#handshakes.delete(socket));
        });
        server.on("tlsClientError", (error: Error, socket: tls.TLSSocket) => {
            socket.destroy(); // when the handshake has taken too long, Node leaves it open
            if (!this.#closed) events.refused(refusal(socket) ?? error);
        });
        return server;
    }
}

/** Why a client's certificate was refused, if it was: Node itself only says that the connection has ended. */
function refusal({ authorizationError: code }: { authorizationError: unknown }): Error | undefined {
    if (typeof code !== "string") return undefined;
    return Object.assign(new Error(`The certificate of a client was refused: ${code}`), { code });
}
