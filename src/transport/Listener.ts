import { type Address, checked } from "./Address";
import net from "node:net";
import type tls from "node:tls";
import { SockhopError } from "../SockhopError";
import type { CallSite } from "../runtime/CallSite";
import { SocketFile, assertFits, isFile } from "./unixSocket";
import { asOptionError } from "./tls";
import { isClusterWorker } from "./isClusterWorker";
import { listenWithMode } from "./listenWithMode";
import { assertPrivate, makeFolder } from "./namedSocket";
import { removeStale } from "./staleSocket";
import { setImmediate } from "../runtime/clock";
import { loadTls } from "../runtime/builtins";

/** How a {@link Listener} listens. */
export interface ListenerOptions {
    tls: tls.TlsOptions | undefined;
    /** How many connections there may be. */
    most: number;
    /** Permissions of a socket file. */
    mode: number | undefined;
}

/** What a {@link Listener} tells its owner. */
export interface ListenerEvents {
    /** A connection is there; over TLS after its handshake. */
    accepted(socket: net.Socket): void;
    /** The system has refused to listen, or to accept a connection. */
    failed(error: Error): void;
    /** A client has failed in its TLS handshake, or there were too many. */
    refused(error: Error): void;
}

/** Node's server underneath ours, from its making until it is closed; with TLS the handshakes under way, too. */
export class Listener {
    readonly server: net.Server;
    readonly #events: ListenerEvents;
    readonly #mode: number | undefined;
    readonly #handshakes = new Set<net.Socket>();
    #file: SocketFile | undefined;
    #closed = false;
    #binding = false;
    /** The call of `listen()` that has not settled yet. */
    #listening: Promise<net.Server> | undefined;

    constructor({ tls, most, mode }: ListenerOptions, events: ListenerEvents) {
        this.#mode = mode;
        this.server = tls ? this.#createChecked(tls, events) : net.createServer((socket) => events.accepted(socket));
        this.#events = events;
        this.server.on("error", (error: Error) => {
            if (!this.#binding) events.failed(error);
        });
        if (most === Infinity) return;
        this.server.maxConnections = most;
        this.server.on("drop", () => {
            const message = `A client was refused: there are ${most} connections already (max_connections)`;
            events.refused(new SockhopError(message, "ERR_MAX_CONNECTIONS"));
        });
    }

    /** Begins to listen; a second call before the first has settled joins it. */
    listen(place: Address, site: CallSite): Promise<net.Server> {
        if (this.#listening) return this.#listening;
        const settled = (): void => {
            this.#listening = undefined;
        };
        this.#listening = this.#listen(place, site);
        this.#listening.then(settled, settled);
        return this.#listening;
    }

    /** Resolves when all connections have gone. Handshakes are cut off. */
    close(): Promise<void> {
        this.#closed = true;
        for (const socket of this.#handshakes) socket.destroy();
        return new Promise((resolve) => {
            // Called back with an error when it does not listen, which is just as well.
            const close = (): unknown => this.server.close(() => resolve());
            if (this.#file) this.#file.whileClosing(close);
            else close();
        });
    }

    async #listen(place: Address, site: CallSite): Promise<net.Server> {
        try {
            // Node refuses that before it changes anything (ERR_SERVER_ALREADY_LISTEN).
            if (this.server.listening) this.server.listen();
            await this.#listenAt(checked(place));
        } catch (error) {
            site.mark(error as Error);
            if ((error as NodeJS.ErrnoException).syscall !== undefined) this.#events.failed(error as Error);
            throw error;
        }
        return this.server;
    }

    async #listenAt(place: Address): Promise<void> {
        const { path } = place;
        if (!path) {
            await this.#bind(place);
            return;
        }
        assertFits(path);
        makeFolder(path);
        assertPrivate(path);
        if (isClusterWorker()) {
            // The workers share a socket that the primary makes, and it sets no permissions.
            if (this.#mode !== undefined) {
                throw new SockhopError("The option mode cannot be used in a worker of a cluster", "ERR_BAD_OPTION");
            }
            // First, since Node (20) shares what the first call of listen() has bound only with other first calls.
            await removeStale(path);
        }
        await this.#bindAnew(place, path);
    }

    /** Binds; where a server that was killed has left its socket, once more. */
    async #bindAnew(place: Address, path: string): Promise<void> {
        try {
            await this.#bind(place);
        } catch (error) {
            const taken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
            if (!taken || !(await removeStale(path))) throw error;
            await new Promise(setImmediate); // Node's server may have to close first
            await this.#bind(place); // if it is in use again, another server has been quicker
        }
    }

    #bind({ path, port, address }: Address): Promise<void> {
        const { server } = this;
        return new Promise((resolve, reject) => {
            if (this.#closed) throw aborted();
            if (path) this.#listenOn(path);
            else server.listen(port, address);
            const listening = (): void => {
                settle();
                resolve();
            };
            const failed = (error: Error): void => {
                settle();
                reject(error);
            };
            const closed = (): void => {
                if (server.listening) return; // of a round before, which the program has ended
                failed(aborted());
            };
            const settle = (): void => {
                this.#binding = false;
                server.off("listening", listening).off("error", failed).off("close", closed);
            };
            this.#binding = true; // what has gone wrong is told in a later turn
            server.on("listening", listening).on("error", failed).on("close", closed);
        });
    }

    /** Makes a socket file and remembers which, before another process can have put a file in its place. */
    #listenOn(path: string): void {
        const { server } = this;
        if (this.#mode !== undefined && isFile(path)) listenWithMode(server, path, this.#mode);
        else server.listen(path);
        // A worker of a cluster does not listen yet: the primary removes the file.
        if (server.listening) this.#file = new SocketFile(path);
    }

    #createChecked(options: tls.TlsOptions, events: ListenerEvents): tls.Server {
        try {
            return this.#createSecure(options, events);
        } catch (error) {
            throw asOptionError(error);
        }
    }

    #createSecure(options: tls.TlsOptions, events: ListenerEvents): tls.Server {
        // Node (20 to 26) shows the TLS socket only at the end of the handshake. Until then there is the one beneath, and
        // the only way from one to the other is this member.
        const server = loadTls().createServer(options, (socket: tls.TLSSocket & { _parent?: net.Socket }) => {
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

function aborted(): SockhopError {
    return new SockhopError("close() was called during listen()", "ERR_ABORTED");
}

/** Why a client's certificate was refused, if it was: Node itself only says that the connection has ended. */
function refusal({ authorizationError: code }: { authorizationError: unknown }): Error | undefined {
    if (typeof code !== "string") return undefined;
    return Object.assign(new Error(`The certificate of a client was refused: ${code}`), { code });
}
