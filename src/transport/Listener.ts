import net from "node:net";
import process from "node:process";
import type tls from "node:tls";
import { loadCluster, loadTls } from "../runtime/builtins";
import type { CallSite } from "../runtime/CallSite";
import { setImmediate } from "../runtime/clock";
import { SockhopError } from "../SockhopError";
import { type Address, checkAddress } from "./Address";
import { explainListen } from "./connectError";
import { listenWithMode } from "./listenWithMode";
import { assertPrivate, createFolder } from "./namedSocket";
import { removeStaleSocket } from "./staleSocket";
import { asOptionError, explainAtServer } from "./tls";
import { noPortError } from "./reusePort";
import { SocketFile, assertFits, isFile } from "./unixSocket";

/** Options of a {@link Listener}. */
export interface ListenerOptions {
    tls: tls.TlsOptions | undefined;
    /** Maximum number of connections. */
    most: number;
    /** Permissions of the socket file. */
    mode: number | undefined;
    /** True to share the port with other listeners. */
    reusePort: boolean;
}

/** Callbacks of a {@link Listener}. */
export interface ListenerEvents {
    /** Called when the server listens. The promise of `listen()` waits for it. Must not reject. */
    bound?(): Promise<unknown>;
    /** Handles a new connection; over TLS after its handshake. */
    accepted(socket: net.Socket): void;
    /**
     * Handles an error of the system: it cannot listen, or cannot accept a connection.
     *
     * @returns true if the program knows of it
     */
    failed(error: Error): boolean;
    /** Handles a rejected client: its TLS handshake failed, or there are too many connections. */
    refused(error: Error): void;
}

/** Node's server, from its creation until it is closed, and the pending TLS handshakes. */
export class Listener {
    readonly server: net.Server;
    readonly #events: ListenerEvents;
    readonly #mode: number | undefined;
    readonly #reusePort: boolean;
    readonly #handshakes = new Set<net.Socket>();
    #file: SocketFile | undefined;
    #isClosed = false;
    /** Set while the server begins to listen. */
    #onBindError: ((error: Error) => void) | undefined;
    /** Promise of the pending call of `listen()`. */
    #listening: Promise<net.Server> | undefined;

    constructor({ tls, most, mode, reusePort }: ListenerOptions, events: ListenerEvents) {
        this.#mode = mode;
        this.#reusePort = reusePort;
        this.server = tls ? this.#createTlsServer(tls, events) : net.createServer((socket) => events.accepted(socket));
        this.#events = events;
        this.server.on("error", (error: Error) => {
            if (this.#onBindError) this.#onBindError(error);
            else events.failed(error);
        });
        if (most === Infinity) return;
        this.server.maxConnections = most;
        this.server.on("drop", () => {
            events.refused(tooManyError(most));
        });
    }

    /**
     * Starts listening. A second call returns the pending promise of the first.
     *
     * @param site - call whose line the stack of an error starts with
     */
    listen(address: Address, site: CallSite): Promise<net.Server> {
        if (this.#listening) return this.#listening;
        const attempt = this.#listen(address, site);
        // The caller gets the promise of `finally`, which has no handler yet: without one, a rejection is not silent.
        const listening = attempt.finally(() => {
            this.#listening = undefined;
        });
        attempt.catch((error: unknown) => {
            const isOfSystem = (error as NodeJS.ErrnoException).syscall !== undefined;
            // As in 1.x, a listener of `error` is enough to handle an error of the system, and `close()` needs nothing.
            const isHandled = isOfSystem && this.#events.failed(error as Error);
            if (isHandled || this.#isClosed) listening.catch(() => undefined);
        });
        return (this.#listening = listening);
    }

    /** Stops listening, and destroys pending handshakes. Resolves when all connections are closed. */
    close(): Promise<void> {
        this.#isClosed = true;
        for (const socket of this.#handshakes) socket.destroy();
        return new Promise((resolve) => {
            // Node emits it also if the server does not listen. First, as a listener of the program may throw.
            const close = (): unknown => this.server.prependOnceListener("close", resolve).close();
            if (this.#file) this.#file.whileClosing(close);
            else close();
        });
    }

    async #listen(address: Address, site: CallSite): Promise<net.Server> {
        try {
            // Throws ERR_SERVER_ALREADY_LISTEN of Node, before anything has changed.
            if (this.server.listening) this.server.listen();
            await this.#listenAt(checkAddress(address));
            if (this.#events.bound) await this.#events.bound();
        } catch (error) {
            explainListen(error as Error, address);
            site.mark(error as Error);
            throw error;
        }
        return this.server;
    }

    async #listenAt(address: Address): Promise<void> {
        const { path } = address;
        if (!path) {
            await this.#bind(address);
            return;
        }
        if (this.#reusePort) throw noPortError();
        assertFits(path);
        createFolder(path);
        assertPrivate(path);
        if (loadCluster().isWorker) {
            // The workers share a socket of the primary process, which sets no permissions.
            if (this.#mode !== undefined) {
                throw new SockhopError("The option mode cannot be used in a cluster worker", "ERR_BAD_OPTION");
            }
            // Before the first bind: Node (20) shares the socket of a first `listen()` only with other first calls.
            await removeStaleSocket(path);
        }
        await this.#bindReplacing(address, path);
    }

    /** Binds. If a killed server has left a stale socket at the path, removes it and binds again. */
    async #bindReplacing(address: Address, path: string): Promise<void> {
        try {
            await this.#bind(address);
        } catch (error) {
            const isInUse = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
            if (!isInUse || !(await removeStaleSocket(path))) throw error;
            await new Promise(setImmediate); // Node's server may have to close first
            await this.#bind(address); // EADDRINUSE here means that another server was faster
        }
    }

    #bind({ path, port, address }: Address): Promise<void> {
        const { server } = this;
        return new Promise((resolve, reject) => {
            if (this.#isClosed) throw abortError();
            if (!path) assertPortsAllowed();
            if (path) this.#listenOn(path);
            else if (this.#reusePort) server.listen({ port, host: address, reusePort: true } as net.ListenOptions);
            else server.listen(port, address);
            const onListening = (): void => {
                removeListeners();
                resolve();
            };
            const onError = (error: Error): void => {
                removeListeners();
                reject(error);
            };
            const onClose = (): void => {
                if (server.listening) return; // event of an earlier run: the program closed Node's server directly
                onError(abortError());
            };
            const removeListeners = (): void => {
                this.#onBindError = undefined;
                server.off("listening", onListening).off("close", onClose);
            };
            this.#onBindError = onError; // after listen(), because Node emits its errors asynchronously
            server.prependListener("listening", onListening).prependListener("close", onClose);
        });
    }

    /** Creates a socket file and remembers its identity, before another process can replace it. */
    #listenOn(path: string): void {
        const { server } = this;
        if (this.#mode !== undefined && isFile(path)) listenWithMode(server, path, this.#mode);
        else server.listen(path);
        // A cluster worker does not listen yet. There the primary process removes the file.
        if (server.listening) this.#file = new SocketFile(path);
    }

    #createTlsServer(options: tls.TlsOptions, events: ListenerEvents): tls.Server {
        try {
            return this.#createSecure(options, events);
        } catch (error) {
            throw asOptionError(error);
        }
    }

    #createSecure(options: tls.TlsOptions, events: ListenerEvents): tls.Server {
        // Node (20 to 26) exposes the TLS socket only after the handshake. Before, there is only the underlying socket,
        // and `_parent` is the only link between the two.
        const server = loadTls().createServer(options, (socket: tls.TLSSocket & { _parent?: net.Socket }) => {
            if (socket._parent) this.#handshakes.delete(socket._parent);
            events.accepted(socket);
        });
        server.on("connection", (socket: net.Socket) => {
            this.#handshakes.add(socket);
            socket.once("close", () => this.#handshakes.delete(socket));
        });
        server.on("tlsClientError", (error: Error, socket: tls.TLSSocket) => {
            socket.destroy(); // Node leaves the socket open after a handshake timeout
            if (!this.#isClosed) events.refused(certificateError(socket) ?? explainAtServer(error));
        });
        return server;
    }
}

/** Error of a client above `max_connections`. */
export function tooManyError(most: number): SockhopError {
    const message = `A client was refused: the server already has ${most} connections (max_connections)`;
    return new SockhopError(message, "ERR_MAX_CONNECTIONS");
}

/** Throws the error of Node's permission model, which Node (26) throws in a later tick, where it is uncaught. */
function assertPortsAllowed(): void {
    const { permission } = process as { permission?: { has(scope: string): boolean } };
    // Older versions do not restrict sockets.
    if (!permission || permission.has("net") || !process.allowedNodeEnvironmentFlags.has("--allow-net")) return;
    const message = "Access to this API has been restricted. Use --allow-net to manage permissions.";
    throw Object.assign(new Error(message), { code: "ERR_ACCESS_DENIED", permission: "Net" });
}

function abortError(): SockhopError {
    return new SockhopError("close() was called during listen()", "ERR_ABORTED");
}

/** Error of a client certificate that was refused. (Node's own error reports only a closed connection.) */
function certificateError({ authorizationError: code }: { authorizationError: unknown }): Error | undefined {
    if (typeof code !== "string") return undefined;
    return Object.assign(new Error(`The certificate of a client was refused: ${code}`), { code });
}
