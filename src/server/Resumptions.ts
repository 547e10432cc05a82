import type { Socket } from "node:net";
import { type Connection, connectionOf } from "../connection/Connection";
import type { DisconnectReason } from "../connection/DisconnectReason";
import { sessionTimeoutError } from "../mixins/Sessions";
import type { Hello, ResumeHello } from "../protocol/Hello";
import { toError } from "../runtime/thrownValues";
import { SockhopError } from "../SockhopError";
import { isPromise, withTimeout } from "../timers/promises";
import { ResumeTokens } from "./ResumeTokens";

/** Server, for its {@link Resumptions}. */
export interface ResumptionHost {
    /** Timeout of `resume()` of a session, in milliseconds. */
    readonly sessionTimeout: number;
    /** Maximum number of interrupted connections. */
    readonly maxSuspended: number;
    /** False for a connection that is being closed, and that no client can resume any more. */
    canResume(connection: Connection): boolean;
    /** Ends an interrupted connection. */
    notResumed(connection: Connection, reason: string): void;
    /** Continues a connection on the socket of another one. Calls `answer` before anything is sent. */
    resume(resumed: Connection, other: Connection, hello: ResumeHello, answer: () => void): boolean;
    /** Greeting that a client gets on another socket. */
    helloOf(resume: ResumeHello): object;
    read(connection: Connection): void;
    close(connection: Connection, reason: DisconnectReason): void;
    destroy(connection: Connection, reason: DisconnectReason): void;
    report(error: Error, connection: Connection | null): void;
}

/** Resumes the connections of a server on the sockets of other ones, for clients that present their tokens. */
export class Resumptions {
    readonly #host: ResumptionHost;
    readonly #tokens = new ResumeTokens();
    /** Latest connections whose clients ask to resume others, by those others, while `resume()` of their sessions decides. */
    readonly #candidates = new Map<Connection, Connection>();
    /** Connections that are interrupted. */
    readonly #suspended = new Set<Connection>();
    /** Connection that is interrupted only to be resumed at once. */
    #continued: Connection | undefined;

    constructor(host: ResumptionHost) {
        this.#host = host;
    }

    createToken(): string {
        return this.#tokens.create();
    }

    /** Lets a client resume a connection with this token. */
    add(connection: Connection, token: string): void {
        this.#tokens.add(token, connection);
    }

    /** Forgets the tokens of a connection, which is not resumed any more. */
    drop({ resumption }: Connection): void {
        this.#tokens.delete(resumption?.token);
        this.#tokens.delete(resumption?.previousToken);
    }

    /** Forgets a closed connection. */
    forget(connection: Connection): void {
        this.#suspended.delete(connection);
        this.drop(connection);
        this.#candidates.delete(connection);
    }

    onInterrupted(connection: Connection): void {
        const { maxSuspended } = this.#host;
        const isBelow = this.#suspended.size < maxSuspended || this.#continued === connection;
        if (!this.#host.canResume(connection)) this.#host.notResumed(connection, "as the server is closed");
        else if (isBelow) this.#suspended.add(connection);
        else this.#host.notResumed(connection, `as there are ${maxSuspended} others (max_suspended)`);
    }

    onResumed(connection: Connection): void {
        this.#suspended.delete(connection);
    }

    /** Forgets the token that was presented: the client has confirmed the new one. */
    onConfirmed({ resumption }: Connection): void {
        if (resumption?.previousToken === undefined) return;
        this.#tokens.delete(resumption.previousToken);
        resumption.previousToken = undefined;
    }

    /**
     * Resumes a connection on the socket of a new one, if its client presents the token, and the session agrees.
     *
     * @returns resolves to false if the new connection needs a session of its own, or is refused
     */
    async resume(connection: Connection, { resume }: Hello): Promise<boolean> {
        const resumed = resume?.token === undefined ? undefined : this.#tokens.find(resume.token);
        if (resumed) this.#candidates.set(resumed, connection);
        const isAllowed = resumed !== undefined && (await this.#isAllowed(resumed, connection));
        const isSuperseded = resumed !== undefined && this.#candidates.get(resumed) !== connection;
        if (resumed && !isSuperseded) this.#candidates.delete(resumed);
        if (connection.state === "closed") {
            connection.socket.resume(); // a socket with unread bytes does not close
            return true;
        }
        // The session may have ended meanwhile, or resumed on another socket.
        if (isSuperseded) this.#host.close(connection, { code: "CLOSED" });
        else if (isAllowed && resume?.token !== undefined && this.#tokens.find(resume.token) === resumed)
            this.#continue(resumed, connection, resume);
        else return false;
        return true;
    }

    async #isAllowed({ session }: Connection, { socket }: Connection): Promise<boolean> {
        try {
            const allowed = (session as { resume?(socket: Socket): unknown } | undefined)?.resume?.(socket);
            if (!isPromise(allowed)) return allowed !== false;
            return (await withTimeout(allowed, this.#host.sessionTimeout, sessionTimeoutError("resume()"))) !== false;
        } catch (thrown) {
            this.#host.report(toError(thrown), connectionOf(socket) ?? null);
            return false;
        }
    }

    #continue(resumed: Connection, connection: Connection, resume: ResumeHello): void {
        const { resumption } = resumed;
        if (!resumption) return;
        // The old socket can still seem alive.
        const error = new SockhopError("The client has resumed on another socket", "ERR_SOCKET_DESTROYED");
        this.#continued = resumed;
        if (!resumption.interruption) this.#host.destroy(resumed, { code: "PEER_RESET", error });
        this.#continued = undefined;
        const token = this.#tokens.create();
        const isResumed = this.#host.resume(resumed, connection, resume, () => {
            const { timeout, received, journal } = resumption;
            const { token: current, previousToken } = resumption;
            // The client does not have, or does not need, the one that it has not presented.
            this.#tokens.delete(resume.token === current ? previousToken : current);
            resumption.previousToken = resume.token;
            resumption.token = token;
            this.#tokens.add(token, resumed);
            resumption.onReceiptSent(resumed.bytesReceived);
            resumed.sendApart(this.#host.helloOf({ token, timeout, received, sent: journal.sent }));
        });
        if (isResumed) this.#host.read(resumed);
        else this.#host.destroy(connection, { code: "CLOSED" });
    }
}
