import type { ObjectBuffer } from "../codec/ObjectBuffer";
import type { Connection } from "../connection/Connection";
import { type DisconnectReason, reasonOf } from "../connection/DisconnectReason";
import { codecError } from "../mixins/Agreement";
import type { Hello } from "../protocol/Hello";
import { tooManyError } from "../transport/Listener";
import type { SockhopError } from "../SockhopError";
import { peekHello } from "./peekHello";
import type { Resumptions } from "./Resumptions";

/**
 * Wait for the greeting of a client, in milliseconds. A client with a codec greets as soon as it is connected; others
 * may be silent.
 */
const GREETING_TIMEOUT_MS = 100;

/** The same with `resume`: without the greeting of a client, nothing can be resumed. A relay may connect long before it forwards. */
const RESUME_GREETING_TIMEOUT_MS = 1000;

/** Server, for the {@link Admission} of its clients. */
export interface AdmissionHost {
    readonly objectBuffer: ObjectBuffer;
    /** True if an option needs the greeting of the client. */
    readonly greets: boolean;
    /** Set with the option `resume`. */
    readonly resumptions: Resumptions | undefined;
    /** True if clients without the codec of the server are refused. */
    readonly codecRequired: boolean;
    /** Wait for the greeting of a client that needs a codec, in milliseconds. */
    readonly sessionTimeout: number;
    /** Maximum number of connections, and their present number. */
    readonly maxConnections: number;
    count(): number;
    start(connection: Connection): void;
    answer(connection: Connection, hello: Hello): void;
    close(connection: Connection, reason: DisconnectReason): void;
    report(error: SockhopError, connection: Connection | null): void;
    nameOf(connection: Connection): string;
}

/** Decides about each new connection of a server: starts its session, resumes an interrupted one, or refuses it. */
export class Admission {
    constructor(private readonly host: AdmissionHost) {}

    /** Starts the session of a connection; if options need it, after the greeting of the client. */
    accept(connection: Connection): void {
        const { greets, codecRequired, sessionTimeout, resumptions, objectBuffer } = this.host;
        if (!greets) {
            this.host.start(connection);
            return;
        }
        const greetingTimeout = resumptions ? RESUME_GREETING_TIMEOUT_MS : GREETING_TIMEOUT_MS;
        const timeout = codecRequired ? sessionTimeout : greetingTimeout;
        peekHello(connection.socket, objectBuffer, timeout, (hello, isCut) => {
            if (connection.state === "closed") {
                connection.socket.resume(); // a socket with unread bytes does not close
                return;
            }
            if (isCut) this.host.close(connection, { code: "PEER_ENDED" });
            else if (hello?.resume?.received !== undefined) void this.#resume(connection, hello);
            else this.#begin(connection, hello);
        });
    }

    /** Resumes the connection of a client on the socket of this one, or starts a new session. */
    async #resume(connection: Connection, hello: Hello): Promise<void> {
        if (await this.host.resumptions?.resume(connection, hello)) return;
        if (hello.resume?.only) this.#refuseToResume(connection, hello);
        else this.#begin(connection, hello);
    }

    #begin(connection: Connection, hello: Hello | undefined): void {
        const { codecRequired, maxConnections, objectBuffer } = this.host;
        // Node does not count connections that are interrupted.
        if (this.host.count() > maxConnections) {
            this.#refuse(connection, tooManyError(maxConnections), null);
            return;
        }
        if (hello) this.host.answer(connection, hello);
        if (connection.wire || !codecRequired) this.host.start(connection);
        else this.#refuse(connection, codecError(objectBuffer.format?.name, this.host.nameOf(connection)), connection);
    }

    /** Closes a connection of a client that needs no new session. */
    #refuseToResume(connection: Connection, hello: Hello): void {
        this.host.answer(connection, hello);
        this.host.close(connection, { code: "CLOSED" });
    }

    #refuse(connection: Connection, error: SockhopError, blamed: Connection | null): void {
        try {
            this.host.report(error, blamed);
        } finally {
            this.host.close(connection, reasonOf(error));
        }
    }
}
