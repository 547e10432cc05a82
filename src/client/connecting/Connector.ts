import type * as net from "node:net";
import type { Connection } from "../../connection/Connection";
import { connectionOf } from "../../connection/Connection";
import { type DisconnectCode, closeReasonOf } from "../../connection/DisconnectReason";
import { isSocket } from "../../connection/socketHooks";
import { debug } from "../../diagnostics/debugLog";
import { codecError } from "../../mixins/Agreement";
import type { CallSite } from "../../runtime/CallSite";
import { messageOf } from "../../runtime/thrownValues";
import { SockhopError } from "../../SockhopError";
import { explain, isBacklogFull, targetOf } from "../../transport/connectError";
import type { ClientHost } from "../ClientHost";
import { ConnectAttempt } from "./ConnectAttempt";
import { type ConnectOptions, ConnectWait } from "./ConnectWait";
import type { Dialer } from "./Dialer";
import { OfflineQueue } from "../queue/OfflineQueue";
import type { Outbox } from "../queue/Outbox";

/** Makes the connection of a client: attempts to connect, the calls of `connect()` that wait for them, and the socket. */
export class Connector {
    /** Socket of the connection, or of the attempt. See `socket` of the client. */
    socket: net.Socket | null | undefined;
    readonly #host: ClientHost;
    /** Has the connection and the attempt, which it looks at for each message. */
    readonly #outbox: Outbox;
    readonly #dialer: Dialer;
    readonly #codecRequired: boolean;
    /** Call of `connect()` with options. Its attempts are those of `auto_reconnect`. */
    #wait: ConnectWait | undefined;

    constructor(host: ClientHost, dialer: Dialer, outbox: Outbox, codecRequired: boolean) {
        this.#host = host;
        this.#dialer = dialer;
        this.#outbox = outbox;
        this.#codecRequired = codecRequired;
    }

    get #attempt(): ConnectAttempt | undefined {
        return this.#outbox.attempt;
    }

    /** True while a call of `connect()` waits. */
    get isCalled(): boolean {
        return this.#attempt?.site !== undefined || this.#wait !== undefined;
    }

    /** True while a call of `connect()` waits, however many attempts it takes. */
    get isWaiting(): boolean {
        return this.#wait?.retries === true;
    }

    /** Waits for the current attempt, or for a new one. */
    connect(site: CallSite): Promise<void> {
        const attempt = this.#attempt;
        if (!attempt) return this.start(site);
        attempt.site = site;
        return attempt.promise.then();
    }

    /**
     * Waits for one attempt, or for the first that succeeds.
     *
     * @param onGiveUp - called if the timeout or the signal ends the wait
     */
    wait(options: ConnectOptions, site: CallSite, onGiveUp: () => void): Promise<void> {
        const { servers, target } = this.#host;
        const wait = new ConnectWait(options, site, servers?.description ?? targetOf(target), () => {
            this.#wait = undefined;
            onGiveUp();
        });
        if (!this.#attempt) servers?.begin();
        this.#wait = wait;
        return wait.promise;
    }

    /**
     * Starts an attempt.
     *
     * @param site - call of `connect()` that waits for the attempt
     */
    start(site?: CallSite): Promise<void> {
        const attempt = new ConnectAttempt(site, () => {
            this.#dial(attempt);
        });
        const { greets, servers } = this.#host;
        if (greets || servers) attempt.queueMessages();
        if (site) servers?.begin();
        this.#outbox.attempt = attempt;
        return attempt.promise;
    }

    /** Aborts the attempt, unless a call of `connect()` waits for it. */
    abortAutomatic(): void {
        if (this.#attempt && !this.isCalled) this.abort();
    }

    abort(): void {
        this.endWait();
        const attempt = this.#attempt;
        if (!attempt) return;
        this.#outbox.attempt = undefined;
        attempt.fail(abortError());
        if (attempt.connection) this.#host.destroy(attempt.connection);
    }

    endWait(): void {
        const wait = this.#wait;
        this.#wait = undefined;
        wait?.fail(abortError());
    }

    /** Handles the end of a connection, if it is that of the attempt. */
    onClose(connection: Connection): void {
        const attempt = this.#attempt;
        if (attempt?.connection !== connection) return;
        const isLast = this.#host.servers?.isLast ?? true;
        if (isLast && isBacklogFull(connection.error)) attempt.retry();
        else this.#onAttemptError(attempt, connection);
    }

    /**
     * Goes on to the next server after a connection was lost, if there are several.
     *
     * @param hasLasted - false for a short connection, which counts as a failure of its server
     * @returns true if that server is tried at once
     */
    moveOn({ closeReason }: Connection, hasLasted: boolean): boolean {
        const { servers, reconnects } = this.#host;
        if (!servers || this.#attempt?.connection) return false; // another connection has replaced it
        const isEnd = closeReason?.code === "CLOSED" && !reconnects; // by `disconnect()`
        if (isEnd || closeReason?.code === "REPLACED") return false;
        const isUntried = servers.next();
        if (hasLasted || !isUntried) servers.begin();
        return hasLasted || isUntried;
    }

    #onAttemptError(attempt: ConnectAttempt, connection: Connection): void {
        const { target, servers } = this.#host;
        let error = connection.error ?? new SockhopError("The socket was closed", "ERR_ABORTED");
        explain(error, target);
        debug?.("no connection to %s: %s", targetOf(target), messageOf(error));
        if (servers?.next(error)) {
            attempt.moveOn();
            return;
        }
        if (servers) connection.error = error = servers.end() ?? error;
        this.#outbox.attempt = undefined;
        attempt.fail(error);
        if (this.#wait?.onAttemptError(error) === false) this.#wait = undefined;
    }

    #dial(attempt: ConnectAttempt): void {
        const host = this.#host;
        this.#closeCurrent("REPLACED");
        if (this.#attempt !== attempt) return; // what the end of the last connection calls has ended the attempt
        this.#dialer.dial(attempt, {
            attach: (socket) => this.#use(socket),
            onConnect: (connection) => {
                if (this.#attempt !== attempt) return;
                if (host.greets) this.#greet(connection, attempt);
                if (!this.#codecRequired) this.#open(attempt, connection);
                else host.read(connection); // a TLS socket is not read before
            },
            timeoutError: (connection) => this.#timeoutError(connection),
        });
    }

    #timeoutError(connection: Connection): SockhopError {
        const host = this.#host;
        if (host.isAgreeing(connection)) return this.#codecError();
        const cause = connection.error; // of the last socket, if the attempt waits to retry
        const hint = this.#dialer.usesTls && !cause ? " (does the server use TLS?)" : "";
        const message = `Timeout exceeded on connect() to ${targetOf(host.target)}: ${host.connectTimeout} ms${hint}`;
        return new SockhopError(message, "ERR_CONNECT_TIMEOUT", { cause });
    }

    #open(attempt: ConnectAttempt, connection: Connection): void {
        if (this.#attempt !== attempt) return; // `disconnect()` was called, or a subscriber of a channel has closed it
        this.#outbox.attempt = undefined;
        this.#outbox.take(attempt.queue);
        const wait = this.#wait;
        this.#wait = undefined; // `disconnect()` in a handler of `connect` comes too late
        const opened = this.#host.onOpen(connection);
        for (const call of [attempt, wait]) {
            if (opened) call?.succeed();
            else call?.fail(new SockhopError("The connection was ended when it had just been made", "ERR_ABORTED"));
        }
    }

    /**
     * Opens the connection of an attempt to resume another one, which the server has not resumed.
     *
     * @param end - ends that other connection
     */
    continueWith(attempt: ConnectAttempt, connection: Connection, end: () => void): void {
        this.#outbox.attempt = attempt;
        end();
        if (this.#attempt !== attempt) return;
        this.#outbox.use(connection);
        this.socket = connection.socket;
        this.#open(attempt, connection);
        this.#outbox.flush(connection);
    }

    /** @param attempt - `undefined` for a socket of the program */
    #greet(connection: Connection, attempt?: ConnectAttempt): void {
        const onEnd = (): void => {
            if (this.refuses(connection)) this.#destroyWithout(connection);
            else if (this.#codecRequired && attempt) this.#open(attempt, connection);
            else this.#outbox.flush(connection);
        };
        // A socket of the program cannot be replaced: the client does not know where it leads.
        this.#host.greet(connection, onEnd, this.#codecRequired && attempt !== undefined, attempt ? undefined : null);
    }

    /** True for a connection without the codec that is required. */
    refuses(connection: Connection): boolean {
        return this.#codecRequired && !connection.wire;
    }

    /** Closes a connection without the codec that is required. */
    #destroyWithout(connection: Connection): void {
        connection.error = this.#codecError();
        this.#host.destroy(connection); // without an event: connect() rejects
    }

    #codecError(): SockhopError {
        return codecError(this.#host.codecName, targetOf(this.#host.target));
    }

    /**
     * Makes a socket of the program that of the client, or closes the connection.
     *
     * @returns true if there is no socket and no attempt any more whose end would lead to the next one
     */
    replaceSocket(socket: net.Socket | null | undefined): boolean {
        if (socket && !isSocket(socket)) throw new SockhopError("This is not a socket", "ERR_NO_SOCKET");
        if (socket && socket === this.socket) return false;
        // True for an attempt without a socket, or one that waits to retry. Otherwise the close of its socket leads to the next one.
        const isIdle = this.#attempt !== undefined && this.#attempt.connection?.state !== "pending";
        this.abort();
        this.#closeCurrent(socket ? "REPLACED" : "CLOSED");
        if (!socket) return isIdle;
        if (this.#isUsed) {
            // What the end of the last connection calls has given the client another socket meanwhile.
            socket.destroy();
            return false;
        }
        const previous = connectionOf(socket);
        const connection = this.#use(socket);
        if (previous && previous.state !== "closed") previous.endpoint._onSocketTaken(previous);
        if (connection.state === "closed") return false; // by what that has called
        if (socket.closed)
            this.#host.close(connection, closeReasonOf(socket)); // there will be no other close event
        else {
            this.#host.read(connection);
            if (this.#host.greets) this.#greetOn(connection);
        }
        return false;
    }

    /** Greets on a socket of the program. Messages wait meanwhile. */
    #greetOn(connection: Connection): void {
        this.#outbox.take(OfflineQueue.unbounded());
        this.#greet(connection);
    }

    /** True if the client has a connection, or the socket of an attempt. */
    get #isUsed(): boolean {
        const { connection } = this.#outbox;
        return connection !== undefined && connection.state !== "closed";
    }

    /** Makes this the socket of the client. The connection before it is closed. */
    #use(socket: net.Socket): Connection {
        this.socket = socket;
        const connection = this.#host.attach(socket);
        this.#outbox.use(connection);
        return connection;
    }

    #closeCurrent(code: DisconnectCode): void {
        const { connection } = this.#outbox;
        if (connection) this.#host.close(connection, { code });
    }
}

/** Error of what `disconnect()` aborts. */
export function abortError(): SockhopError {
    return new SockhopError("disconnect() was called during connect()", "ERR_ABORTED");
}
