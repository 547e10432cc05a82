import type { Connection } from "../connection/Connection";
import type { DisconnectReason } from "../connection/DisconnectReason";
import { Resumption, notResumedError } from "../connection/resume/Resumption";
import type { ResumeLimits } from "../connection/resume/resumeOptions";
import { badFrameError } from "../codec/errors";
import { publishInterrupt, publishResume } from "../diagnostics/channels";
import { debug } from "../diagnostics/debugLog";
import { emitSafely } from "../emitter/emitSafely";
import type { Endpoint } from "../endpoint/Endpoint";
import type { ResumeHello } from "../protocol/Hello";
import type { Message } from "../protocol/Message";
import { type Receipt, parseReceipt } from "../protocol/Receipt";
import { messageOf } from "../runtime/thrownValues";
import { now } from "../runtime/clock";
import { GraceTimeout } from "../timers/GraceTimeout";
import { SockhopError } from "../SockhopError";
import type { Constructor } from "./mixin";

/** Argument of `resumed`. */
export interface ResumeInfo {
    /** Number of frames that the peer had to send again. A frame has one message, or some with a codec for bytes. */
    missed: number;
    /** Number of frames that this end sends again. */
    replayed: number;
    /** Milliseconds of the interruption. */
    duration: number;
}

/** Members that {@link Resume} adds to an endpoint. */
export interface Resuming {
    /**
     * Keeps what is sent from now on until the peer has received it.
     *
     * @param agreed - token of the connection, and the timeout of the peer
     * @param fingerprint - of the certificate of a client
     * @internal
     */
    _startResumption(connection: Connection, agreed: ResumeHello, fingerprint?: string): void;

    /**
     * Goes on without the resumption: the peer does not resume.
     *
     * @internal
     */
    _dropResumption(connection: Connection): void;

    /**
     * Continues an interrupted connection on the socket of another one.
     *
     * @param hello - counts of the peer
     * @param answer - sends the answer of a server, before anything is sent again
     * @returns false if the counts of the peer cannot be right; then the connection has ended
     * @internal
     */
    _resume(connection: Connection, other: Connection, hello: ResumeHello, answer?: () => void): boolean;

    /**
     * Ends an interrupted connection.
     *
     * @param why - end of the message of the error
     * @internal
     */
    _notResumed(connection: Connection, why: string): void;
}

/** Adds connections that survive the loss of their socket: both ends count frames, and send again what is missing. */
export function Resume<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Resuming> {
    abstract class Resume extends Base implements Resuming {
        /** Called when a connection waits for another socket. */
        protected abstract _onInterrupted(connection: Connection): void;

        /** Called when a connection has another socket, before anything is received. */
        protected abstract _onResumed(connection: Connection): void;

        /** Called when everything was sent again, after the handlers of `resumed`. */
        protected _onReplayed?(connection: Connection): void;

        /** Called for each acknowledgement of the peer. The peer has all that was sent before, so it has its token. */
        protected _onConfirmed?(connection: Connection): void;

        _startResumption(connection: Connection, agreed: ResumeHello, fingerprint?: string): void {
            connection.flush();
            const { framesSent } = connection;
            const limits = this._limits.resume as ResumeLimits;
            const timeout = Math.min(agreed.timeout, limits.timeout);
            connection.resumption = new Resumption(limits, {
                token: agreed.token ?? "",
                timeout,
                framesSent,
                fingerprint,
            });
            debug?.("can resume the connection to %s", connection.peer);
        }

        _dropResumption(connection: Connection): void {
            connection.dropResumption();
        }

        protected override _onInterrupt(connection: Connection, reason: DisconnectReason): void {
            const { resumption } = connection;
            if (!resumption || !connection.isAlive || resumption.interruption) return;
            const error = reason.error ?? interruptedError(reason);
            connection.flush();
            const startedAt = now();
            const timer = new GraceTimeout(resumption.nextDeadline(startedAt) - startedAt, () => {
                this._notResumed(connection, `within ${resumption.timeout} ms`);
            });
            resumption.interruption = { error, startedAt, timer };
            resumption.interruptions += 1;
            connection.error = undefined; // of an earlier interruption
            connection.socket.destroy();
            debug?.("interrupted: %s: %s", connection.peer, messageOf(error));
            if (connection.isLeaving) {
                this._onInterrupted(connection); // `disconnect` was emitted
                return;
            }
            publishInterrupt(connection, error);
            if (!isWaiting(connection)) return; // a subscriber has closed it
            this._onInterrupted(connection);
            if (isWaiting(connection)) emitSafely(this, "interrupted", error, ...this._eventArgs(connection));
        }

        _resume(connection: Connection, other: Connection, hello: ResumeHello, answer?: () => void): boolean {
            const { resumption } = connection;
            const { received = -1, sent = -1 } = hello;
            if (!resumption?.interruption || !connection.isAlive) return false;
            if (!resumption.journal.canRewind(received) || sent < resumption.received) {
                this._notResumed(connection, "as the counts of the peer are not valid");
                return false;
            }
            const duration = now() - resumption.interruption.startedAt;
            const missed = sent - resumption.received;
            this._adopt(connection, other);
            this._onResumed(connection);
            const replayed = connection.replay(received, answer);
            // At once, as it confirms the token of a server.
            if (!answer || resumption.hasFlushes) connection.sendReceipt({ ask: resumption.hasFlushes });
            debug?.("resumed: %s: %s frames missed, %s sent again", connection.peer, missed, replayed);
            if (connection.state === "closed") return true;
            publishResume(connection, { missed, replayed, duration });
            emitSafely(this, "resumed", { missed, replayed, duration }, ...this._eventArgs(connection));
            if (connection.isInterrupted || connection.state !== "open") return true;
            this._onReplayed?.(connection);
            this.#emitDrain(connection, resumption);
            return true;
        }

        _notResumed(connection: Connection, why: string): void {
            const { resumption } = connection;
            if (connection.isLeaving) {
                connection.endLeaving();
                return;
            }
            if (!resumption || connection.state === "closed") return;
            connection.flush();
            const message = `The connection to ${connection.peer} was interrupted, and not resumed ${why}`;
            const { messages } = resumption.journal;
            const error = notResumedError(message, messages, resumption.interruption?.error);
            connection.error = error;
            this._close(connection, { code: "NOT_RESUMED", error });
        }

        protected override _onMessage(connection: Connection, message: Message): void {
            const { resumption } = connection;
            const receipt = resumption && message.kind === "pong" ? parseReceipt(message.data) : undefined;
            if (receipt && resumption) this.#onReceipt(connection, resumption, receipt);
            else super._onMessage(connection, message);
        }

        #onReceipt(connection: Connection, resumption: Resumption, { ack, held, ask, bye, off }: Receipt): void {
            if (off) {
                this._dropResumption(connection);
                return;
            }
            this._onConfirmed?.(connection);
            if (!connection.onReceipt(ack, held)) {
                const error = badFrameError("the peer has acknowledged frames that it cannot have received");
                connection.endLeaving();
                this._destroy(connection, { code: "BAD_FRAMES", error });
                return;
            }
            if (bye) {
                this.#onGoodbye(connection, resumption);
                return;
            }
            if (ask) connection.sendReceipt(resumption.held && { held: resumption.held.count + resumption.unfinished });
            this.#emitDrain(connection, resumption);
        }

        /** The peer handles nothing more. It waits for an acknowledgement, which {@link _close} sends. */
        #onGoodbye(connection: Connection, resumption: Resumption): void {
            connection.flush(); // what is lost is counted
            if (connection.isLeaving) connection.endLeaving();
            resumption.isOver = true;
            this._deliverHeld(connection);
            this._close(connection, { code: "PEER_ENDED" });
        }

        /** Emits `drain` if messages have waited for the peer, and the socket has accepted all of them at once. */
        #emitDrain(connection: Connection, resumption: Resumption): void {
            if (!resumption.hasWaited || resumption.journal.waiting > 0) return;
            resumption.hasWaited = false;
            if (connection.state !== "open" || connection.socket.writableNeedDrain) return;
            emitSafely(this, "drain", ...this._eventArgs(connection));
        }
    }
    return Resume;
}

/** True for an interrupted connection that may still be resumed. */
function isWaiting({ isInterrupted, state }: Connection): boolean {
    return isInterrupted && state === "open";
}

/** Error of an interruption without an error of the system. */
function interruptedError({ code }: DisconnectReason): Error {
    const message = `The connection has lost its socket (${code})`;
    return new SockhopError(message, "ERR_SOCKET_DESTROYED");
}
