import type { Socket } from "node:net";
import type { Connection } from "../connection/Connection";
import type { Endpoint } from "../endpoint/Endpoint";
import { codecRequired } from "../endpoint/options";
import type { Agreeing } from "../mixins/Agreement";
import type { Answering } from "../mixins/Answers";
import type { Constructor } from "../mixins/mixin";
import type { Resuming } from "../mixins/Resume";
import type { SessionMembers } from "../mixins/Sessions";
import type { ResumeHello } from "../protocol/Hello";
import { fingerprintOf } from "../transport/tls";
import { milliseconds, positiveNumber } from "../validators";
import { Admission } from "./Admission";
import { Resumptions } from "./Resumptions";

/** Options of accepted connections. See `ServerOptions`. */
export interface AcceptOptions {
    readonly codec_required?: boolean | undefined;
    readonly session_timeout?: number | undefined;
    readonly max_connections?: number | undefined;
    readonly max_suspended?: number | undefined;
}

/** Members that {@link Accepting} adds to a server. */
export interface AcceptingMembers {
    /**
     * Reads the options. Called once, by the constructor.
     *
     * @throws {@link SockhopError} `ERR_BAD_OPTION`
     * @internal
     */
    _initAccepting(options: AcceptOptions): void;

    /**
     * Timeout of the methods of a session, in milliseconds.
     *
     * @internal
     */
    readonly _sessionTimeout: number;

    /**
     * Maximum number of connections.
     *
     * @internal
     */
    readonly _maxConnections: number;

    /**
     * Accepts a socket: starts its session, resumes an interrupted connection, or refuses it.
     *
     * @internal
     */
    _accept(socket: Socket): void;
}

/**
 * Accepts the connections of a server, and keeps those that are interrupted until their clients resume them.
 *
 * @internal
 */
export function Accepting<B extends Constructor<Endpoint & Agreeing & Answering & Resuming & SessionMembers>>(
    Base: B,
): B & Constructor<AcceptingMembers> {
    abstract class Accepting extends Base implements AcceptingMembers {
        #sessionTimeout = 0;
        #maxConnections = Infinity;
        #admission!: Admission;
        /** Set with the option `resume`. */
        #resumptions: Resumptions | undefined;

        /** False after `close()`: interrupted clients cannot connect again. */
        protected abstract get _isListening(): boolean;

        /** Called when an open connection has another socket. */
        protected abstract _onSocketReplaced(connection: Connection): void;

        _initAccepting(options: AcceptOptions): void {
            const needsCodec = codecRequired(options.codec_required, this._objectBuffer.format !== undefined);
            this.#sessionTimeout = milliseconds("session_timeout", options.session_timeout, 30_000);
            this.#maxConnections = positiveNumber("max_connections", options.max_connections, Infinity);
            const maxSuspended = positiveNumber("max_suspended", options.max_suspended, 1000);
            if (this._limits.resume) this.#resumptions = this.#createResumptions(maxSuspended);
            this.#admission = this.#createAdmission(needsCodec);
        }

        get _sessionTimeout(): number {
            return this.#sessionTimeout;
        }

        get _maxConnections(): number {
            return this.#maxConnections;
        }

        _accept(socket: Socket): void {
            this.#admission.accept(this._attach(socket));
        }

        #createAdmission(needsCodec: boolean): Admission {
            return new Admission({
                objectBuffer: this._objectBuffer,
                greets: this._greets,
                resumptions: this.#resumptions,
                codecRequired: needsCodec,
                sessionTimeout: this.#sessionTimeout,
                maxConnections: this.#maxConnections,
                count: () => this._connections.size,
                start: (connection) => {
                    this._startSession(connection);
                },
                answer: (...args) => {
                    this._answer(...args);
                },
                close: (...args) => {
                    this._close(...args);
                },
                report: (...args) => {
                    this._reportError(...args);
                },
                nameOf: ({ socket }) => this._peerName(socket),
            });
        }

        #createResumptions(maxSuspended: number): Resumptions {
            return new Resumptions({
                sessionTimeout: this.#sessionTimeout,
                maxSuspended,
                canResume: (connection) => this._mayLeave(connection) || !isClosing(connection),
                notResumed: (...args) => {
                    this._notResumed(...args);
                },
                resume: (...args) => this._resume(...args),
                helloOf: (resume) => this._helloOf(resume),
                read: (connection) => {
                    this._read(connection);
                },
                close: (...args) => {
                    this._close(...args);
                },
                destroy: (...args) => {
                    this._destroy(...args);
                },
                report: (...args) => {
                    this._reportError(...args);
                },
            });
        }

        override _startResumption(connection: Connection, agreed: ResumeHello): void {
            super._startResumption(connection, agreed, fingerprintOf(connection.socket));
            this.#resumptions?.add(connection, agreed.token as string);
        }

        override _dropResumption(connection: Connection): void {
            this.#resumptions?.drop(connection);
            super._dropResumption(connection);
        }

        protected _agreeToResume(timeout: number): ResumeHello {
            const token = (this.#resumptions as Resumptions).createToken(); // called with the option `resume` only
            return { token, timeout: Math.min(timeout, this._limits.resume?.timeout ?? timeout) };
        }

        /** The wait for a client does not keep the process alive. */
        protected _onInterrupted(connection: Connection): void {
            connection.resumption?.interruption?.timer.unref();
            this.#resumptions?.onInterrupted(connection);
        }

        protected _onResumed(connection: Connection): void {
            this.#resumptions?.onResumed(connection);
            if (connection.state === "open") this._onSocketReplaced(connection);
        }

        protected _onConfirmed(connection: Connection): void {
            this.#resumptions?.onConfirmed(connection);
        }

        protected override _mayLeave(connection: Connection): boolean {
            return !connection.isInterrupted || this._isListening;
        }

        protected override _onClose(connection: Connection, wasOpen: boolean): void {
            if (connection.isLeaving) void connection.close(Infinity).then(() => this.#resumptions?.forget(connection));
            else this.#resumptions?.forget(connection);
            super._onClose(connection, wasOpen);
        }
    }
    return Accepting;
}

/** True for a connection that a program closes, and that waits for replies or acknowledgements of its peer. */
function isClosing({ isDraining, isLeaving }: Connection): boolean {
    return isDraining || isLeaving;
}
