import { V2Wire } from "../codec/v2/V2Wire";
import type { Connection } from "../connection/Connection";
import type { ResumptionStart } from "../connection/resume/Resumption";
import { debug } from "../diagnostics/debugLog";
import { emitSafely } from "../emitter/emitSafely";
import type { Endpoint } from "../endpoint/Endpoint";
import { type Hello, type ResumeHello, helloData, parseHello } from "../protocol/Hello";
import type { Message } from "../protocol/Message";
import { SockhopPing } from "../protocol/SockhopPing";
import { loadCrypto } from "../runtime/builtins";
import { setImmediate } from "../runtime/clock";
import { SockhopError } from "../SockhopError";
import { fingerprintOf } from "../transport/tls";
import { AnswerWait, type Greeting, OVER } from "./Greeting";
import type { Constructor } from "./mixin";

/** Members that {@link Agreement} adds to an endpoint. */
export interface Agreeing {
    /**
     * True if this end greets or answers.
     *
     * @internal
     */
    readonly _greets: boolean;

    /**
     * Greets the peer, and waits for its answer.
     *
     * @param onEnd - called once, when `connection.codec` is known, unless the connection closes before
     * @param holds - true to hold messages until then, as with the option `resume`
     * @param resumes - interrupted connection that the server is asked to resume on this one; `null` for a connection
     *     that cannot be resumed
     * @internal
     */
    _greet(connection: Connection, onEnd: () => void, holds: boolean, resumes?: ResumeRequest | null): void;

    /**
     * True after `_greet()`, until the codec is known.
     *
     * @internal
     */
    _isAgreeing(connection: Connection): boolean;

    /**
     * Resolves when `_isAgreeing()` is false.
     *
     * @internal
     */
    _agreed(connection: Connection): Promise<void>;

    /**
     * Answers the first greeting of a peer, and uses what both ends have.
     *
     * @internal
     */
    _answer(connection: Connection, hello: Hello): void;

    /**
     * Greeting of this end that a peer gets on another socket.
     *
     * @internal
     */
    _helloOf(resume: ResumeHello): object;
}

/**
 * Interrupted connection that a client resumes.
 *
 * @internal
 */
export interface ResumeRequest {
    readonly connection: Connection;
    /** True if no new session is needed if it cannot be resumed. */
    readonly only: boolean;
}

/**
 * Agrees on a codec for bytes, and on resumption: a client with one of the options `codec` and `resume` greets, and a server
 * with one of them answers. Other peers ignore greetings (`docs/protocol.md`).
 */
export function Agreement<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Agreeing> {
    abstract class Agreement extends Base implements Agreeing {
        /** Greetings of the open connections. A connection has none with JSON lines only. */
        #greetings: Map<Connection, Greeting> | undefined;
        /** Number of connections whose messages are held. */
        #holds = 0;

        /** True if this end greets, and never answers. */
        protected abstract get _greetsFirst(): boolean;

        // See `Resume`.
        abstract _startResumption(connection: Connection, start: Omit<ResumptionStart, "framesSent">): void;
        abstract _resume(connection: Connection, other: Connection, hello: ResumeHello): boolean;

        /** Returns the answer of a server to a client that can resume. */
        protected abstract _agreeToResume(timeout: number): ResumeHello;

        get _greets(): boolean {
            return this._objectBuffer.format !== undefined || this._limits.resume !== undefined;
        }

        _greet(connection: Connection, onEnd: () => void, holds: boolean, resumes?: ResumeRequest | null): void {
            const token = newToken();
            const probe = new SockhopPing();
            const request = resumes === null ? undefined : this.#requestOf(resumes);
            const asks = request !== undefined;
            const wait = new AnswerWait({
                probe: probe._id,
                holds: holds || asks,
                isLimited: !resumes,
                onEnd,
                onTimeout: () => {
                    this.#onUnanswered(connection);
                    connection.flush();
                },
            });
            if (wait.holds) this.#holds += 1;
            const greeting = { token, asks, resumes: resumes?.connection, isAnswered: false, wait };
            (this.#greetings ??= new Map()).set(connection, greeting);
            this.#sendHello(connection, token, request);
            connection.sendControl("ping", probe);
        }

        #requestOf(resumes: ResumeRequest | undefined): ResumeHello | undefined {
            const timeout = this._limits.resume?.timeout;
            if (timeout === undefined) return undefined;
            const resumption = resumes?.connection.resumption;
            if (!resumption) return { timeout };
            const { token, received, journal } = resumption;
            return { timeout, token, received, sent: journal.sent, only: resumes.only };
        }

        _isAgreeing(connection: Connection): boolean {
            return this.#greetings?.get(connection)?.wait !== undefined;
        }

        _agreed(connection: Connection): Promise<void> {
            return this.#greetings?.get(connection)?.wait?.forgotten() ?? Promise.resolve();
        }

        _answer(connection: Connection, hello: Hello): void {
            if (!this._greets || this.#greetings?.has(connection)) return;
            const token = newToken();
            const greeting = { token, asks: false, resumes: undefined, isAnswered: false, wait: undefined };
            (this.#greetings ??= new Map()).set(connection, greeting);
            const request = this._limits.resume && !(connection.wire instanceof V2Wire) ? hello.resume : undefined;
            const resume = request ? this._agreeToResume(request.timeout) : undefined;
            const isSent = this.#sendHello(connection, token, resume);
            if (!isSent) return;
            (this.#greetings ??= new Map()).set(connection, OVER);
            this.#agree(connection, token, hello);
            if (resume) this.#startResumption(connection, resume);
        }

        _helloOf(resume: ResumeHello): object {
            return helloData({ codecs: this.#codecs, token: newToken(), resume });
        }

        get #codecs(): string[] {
            const { format } = this._objectBuffer;
            return format ? [format.name] : [];
        }

        #startResumption(connection: Connection, { token = "", timeout }: ResumeHello): void {
            const limit = Math.min(timeout, this._limits.resume?.timeout ?? timeout);
            const fingerprint = this._greetsFirst ? undefined : fingerprintOf(connection.socket);
            this._startResumption(connection, { token, timeout: limit, fingerprint });
        }

        protected override _onMessage(connection: Connection, message: Message): void {
            if (!this._greets) super._onMessage(connection, message);
            else if (message.kind === "pong") this.#onPong(connection, message);
            else if (this.#holds === 0 || message.kind === "ping") super._onMessage(connection, message);
            else this.#hold(connection, message);
        }

        /**
         * Keeps a message until the answer. With `codec_required` the connection is not open before. With `resume` a reply
         * before the answer would be counted by the server only.
         */
        #hold(connection: Connection, message: Message): void {
            const wait = this.#greetings?.get(connection)?.wait;
            if (wait?.holds) {
                if (wait.hold(message)) return;
                this.#onUnanswered(connection);
            }
            if (connection.state !== "closed") super._onMessage(connection, message);
        }

        protected override _deliverHeld(connection: Connection): void {
            const greeting = this.#greetings?.get(connection);
            if (greeting?.wait && !greeting.resumes) this.#deliver(connection, greeting.wait.takeHeld());
            super._deliverHeld(connection);
        }

        #deliver(connection: Connection, held: readonly Message[]): void {
            for (const message of held) {
                if (connection.state === "open") super._onMessage(connection, message);
            }
        }

        #onPong(connection: Connection, message: Message): void {
            const hello = parseHello(message.data);
            const greeting = this.#greetings?.get(connection);
            if (hello && !this._greetsFirst) this.#onGreeting(connection, hello);
            else if (hello && greeting) this.#onAnswer(connection, greeting, hello);
            else if (greeting?.wait && greeting.wait.probe === (message.data as SockhopPing)._id)
                this.#onUnanswered(connection);
            else super._onMessage(connection, message);
        }

        /** Answers a greeting that has come too late for the start of the session. A client that resumes has to try again. */
        #onGreeting(connection: Connection, hello: Hello): void {
            const resumes = this._limits.resume && hello.resume?.received !== undefined;
            if (resumes && !this.#greetings?.has(connection)) this._close(connection, { code: "CLOSED" });
            else this._answer(connection, hello);
        }

        /** Handles an answer, even a late one: the server already uses the codec. */
        #onAnswer(connection: Connection, greeting: Greeting, hello: Hello): void {
            const { resumes, wait, isAnswered } = greeting;
            if (connection.wire || isAnswered) return;
            greeting.isAnswered = true;
            const { resume } = hello;
            if (resumes && resume?.token !== undefined && resume.received !== undefined && wait) {
                this.#onResumed(connection, resumes, resume);
                return;
            }
            const hasAgreed = this.#agree(connection, greeting.token, hello);
            if (resume?.token !== undefined && greeting.asks) {
                // Messages that were sent without an answer are not counted.
                if (wait) this.#startResumption(connection, resume);
                else connection.sendApart({ ack: 0, off: true });
                connection.sendReceipt();
            }
            if (hasAgreed) this.#end(connection, greeting);
            else this.#onUnanswered(connection);
            if (this.#greetings?.has(connection)) this.#greetings.set(connection, OVER);
        }

        /** Continues an interrupted connection. The one of this socket ends, and its messages belong to the other. */
        #onResumed(connection: Connection, resumed: Connection, resume: ResumeHello): void {
            const { resumption } = resumed;
            const greeting = this.#greetings?.get(connection);
            this.#greetings?.delete(connection);
            if (greeting?.wait) this.#forget(greeting.wait);
            if (resumption && resume.token !== undefined) resumption.token = resume.token;
            if (!this._resume(resumed, connection, resume)) this._destroy(connection, { code: "CLOSED" });
        }

        #onUnanswered(connection: Connection): void {
            const greeting = this.#greetings?.get(connection);
            if (!greeting?.wait) return;
            this.#emitCodec(connection);
            this.#end(connection, greeting);
        }

        #end(connection: Connection, greeting: Greeting): void {
            const { wait } = greeting;
            if (!wait) return;
            greeting.wait = undefined;
            wait.onEnd();
            this.#forget(wait);
            this.#deliver(connection, wait.takeHeld());
        }

        #forget(wait: AnswerWait): void {
            if (wait.holds) this.#holds -= 1;
            wait.forget();
        }

        /**
         * Uses the codec if the peer has it, too.
         *
         * @returns false if it does not
         */
        #agree(connection: Connection, own: string, hello: Hello): boolean {
            const { format } = this._objectBuffer;
            if (!format || !hello.codecs.includes(format.name)) return false;
            connection.agree(format.createWire({ own, peer: hello.token }));
            debug?.("codec %s with %s", format.name, connection.peer);
            if (connection.state === "open") this.#emitCodec(connection);
            return true;
        }

        protected override _onOpen(connection: Connection): boolean {
            const opened = super._onOpen(connection);
            if (connection.wire) this.#emitCodec(connection);
            return opened;
        }

        /** Emits `codec` later: a program that awaits `connect()` can listen for it then. */
        #emitCodec(connection: Connection): void {
            if (!this._objectBuffer.format) return;
            setImmediate(() => {
                if (connection.state === "open")
                    emitSafely(this, "codec", connection.codec, ...this._eventArgs(connection));
            });
        }

        /** @returns false if the greeting is not sent: above `max_buffered`, or because of `max_message_size` */
        #sendHello(connection: Connection, token: string, resume: ResumeHello | undefined): boolean {
            const { framesSent } = connection;
            connection.sendControl("pong", helloData({ codecs: this.#codecs, token, resume }));
            return connection.framesSent > framesSent;
        }

        protected override _onClose(connection: Connection, wasOpen: boolean): void {
            const wait = this.#greetings?.get(connection)?.wait;
            this.#greetings?.delete(connection);
            if (wait) this.#forget(wait);
            super._onClose(connection, wasOpen);
        }
    }
    return Agreement;
}

/** Error of a connection whose peer does not have the codec, with `codec_required`. */
export function codecError(name: string | undefined, peer: string): SockhopError {
    const message = `${peer} does not use the codec "${name}", and codec_required is set here`;
    return new SockhopError(message, "ERR_CODEC");
}

function newToken(): string {
    return loadCrypto().randomBytes(8).toString("hex");
}
