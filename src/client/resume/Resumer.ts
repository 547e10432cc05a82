import type { Socket } from "node:net";
import type { Connection } from "../../connection/Connection";
import { delayAfter } from "../../timers/backoff";
import { SockhopError } from "../../SockhopError";
import type { Address } from "../../transport/Address";
import { isBacklogFull, isServerGone, targetOf } from "../../transport/connectError";
import type { ClientHost } from "../ClientHost";
import { ConnectAttempt } from "../connecting/ConnectAttempt";
import { type Connector, abortError } from "../connecting/Connector";
import type { Dialer } from "../connecting/Dialer";
import { ResumeAttempts } from "./ResumeAttempts";
import type { ServerList } from "../connecting/ServerList";

/** Server of a connection. */
export interface Home extends Address {
    /** Name that its certificate must have, if the option `servers` has one. */
    readonly servername?: string | undefined;
}

/** End of the error of a connection that the server does not resume. */
const UNKNOWN = "as the server does not know it, or has refused";

/** Resumes the connection of a client on another socket, while it is interrupted. */
export class Resumer {
    readonly #host: ClientHost;
    readonly #dialer: Dialer;
    readonly #connector: Connector;
    /** Number of frames that had arrived at either end at the last interruption. */
    #progress = -1;
    /** Attempts to resume the connection, while it is interrupted. */
    #current: ResumeAttempts | undefined;
    /** Server of the interrupted connection, if there are several. */
    #home: ServerList["current"] | undefined;
    /** Socket of the interrupted connection. */
    #lost: Socket | undefined;

    constructor(host: ClientHost, dialer: Dialer, connector: Connector) {
        this.#host = host;
        this.#dialer = dialer;
        this.#connector = connector;
    }

    /** True while the connection is interrupted. */
    get isActive(): boolean {
        return this.#current !== undefined;
    }

    /** Server of the connection: of the interrupted one, or of the current one. */
    get home(): Home {
        const { servers, target } = this.#host;
        if (servers) return (this.isActive ? this.#home : undefined) ?? servers.current;
        const { path, address, port } = target;
        return { path, address, port };
    }

    /** Starts attempts to resume a connection. */
    start(connection: Connection): void {
        const { received = 0, journal } = connection.resumption ?? {};
        const progress = received + (journal?.acknowledged ?? 0);
        // A connection that breaks whenever something is sent would otherwise be resumed in a tight loop.
        const delay = progress === this.#progress ? delayAfter(1, this.#host.reconnectDelay) : 0;
        this.#progress = progress;
        const { servers } = this.#host;
        this.#home = servers?.current;
        this.#lost = connection.socket;
        servers?.begin();
        const start = (): void => {
            this.#startAttempt();
        };
        this.#current = new ResumeAttempts(connection, start, delay);
    }

    onResumed(): void {
        this.#current?.stop();
        this.#current?.attempt?.succeed();
        this.#current = this.#lost = undefined;
    }

    /** Address of the socket of the interrupted connection, which may differ from that of the client. */
    targetOf(socket: Socket): string | undefined {
        return this.#home && socket === this.#lost ? targetOf(this.#home) : undefined;
    }

    /** Handles the end of a connection: the interrupted one, or that of an attempt. */
    onClose(connection: Connection): void {
        if (connection.socket === this.#lost) this.#lost = undefined;
        const current = this.#current;
        if (current?.attempt?.connection !== connection) return;
        if (isBacklogFull(connection.error)) current.attempt.retry();
        else if (this.#movesOn(connection.error)) current.moveOn(connection.error);
        else current.retry(connection.error, delayAfter(current.failures, this.#host.reconnectDelay));
    }

    /**
     * Goes on to the next server, if there is no server any more at the address of the interrupted connection. Only that server
     * can resume it, so while it may be there, only it is tried. Another one refuses, and the client gets a new connection.
     *
     * @returns false if the next attempt has to wait
     */
    #movesOn(error: Error | undefined): boolean {
        const { servers, reconnects } = this.#host;
        if (!servers || !reconnects) return false;
        const isElsewhere = servers.current !== this.#home;
        if ((isElsewhere || isServerGone(error)) && servers.next()) return true;
        servers.begin(this.#home);
        return false;
    }

    /** Ends the attempts. */
    stop(): void {
        const current = this.#current;
        if (!current) return;
        this.#current = undefined;
        current.stop();
        const { attempt } = current;
        if (!attempt) return;
        attempt.fail(abortError());
        if (attempt.connection) this.#host.destroy(attempt.connection);
    }

    /** The socket of the attempt becomes that of the client only if the server resumes. */
    #startAttempt(): void {
        const current = this.#current;
        if (!current) return;
        const attempt = new ConnectAttempt(undefined, () => {
            this.#dial(attempt, current.connection);
        });
        attempt.queueMessages();
        current.attempt = attempt;
    }

    #dial(attempt: ConnectAttempt, interrupted: Connection): void {
        const host = this.#host;
        this.#dialer.dial(attempt, {
            attach: (socket) => {
                const connection = host.attach(socket);
                socket.on("end", () => (connection.partialFrame = undefined)); // of the answer, which is no message
                return connection;
            },
            onConnect: (connection) => {
                if (this.#current?.attempt !== attempt) return;
                const onEnd = (): void => {
                    this.#onNotResumed(connection, attempt);
                };
                host.greet(connection, onEnd, true, { connection: interrupted, only: !host.reconnects });
                host.read(connection); // a TLS socket is not read before
            },
            timeoutError: () => new SockhopError("Timeout exceeded on an attempt to resume", "ERR_CONNECT_TIMEOUT"),
        });
    }

    /** Ends the interrupted connection, which the server does not resume. A new one follows if the client reconnects. */
    #onNotResumed(connection: Connection, attempt: ConnectAttempt): void {
        const current = this.#current;
        if (current?.attempt !== attempt) return;
        const end = (): void => {
            this.#host.notResumed(current.connection, UNKNOWN);
        };
        if (!this.#host.reconnects || this.#connector.refuses(connection)) {
            this.stop();
            end();
            return;
        }
        this.#current = undefined;
        current.stop();
        this.#connector.continueWith(attempt, connection, end);
    }
}
