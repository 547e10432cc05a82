import type { Connection } from "../connection/Connection";
import type { Endpoint } from "../endpoint/Endpoint";
import { type Hello, type ResumeHello, parseHello } from "../protocol/Hello";
import type { Message } from "../protocol/Message";
import { SockhopPing } from "../protocol/SockhopPing";
import { type Agreeing, newToken } from "./Agreement";
import { AnswerWait } from "./AnswerWait";
import type { Constructor } from "./mixin";
import type { Resuming } from "./Resume";

/** Greeting on one connection, until it closes. */
interface Greeting {
    /** Token of this end. */
    readonly token: string;
    /** True if this end has asked for a connection that can be resumed. */
    readonly asks: boolean;
    /** Interrupted connection that this end resumes. */
    readonly resumes: Connection | undefined;
    /** True if the server has answered. */
    isAnswered: boolean;
    /** Set while this end waits for the answer. */
    wait: AnswerWait | undefined;
}

/** Greeting that is over. All connections share it, as most of them stay open for long. */
const OVER: Greeting = Object.freeze({
    token: "",
    asks: false,
    resumes: undefined,
    isAnswered: true,
    wait: undefined,
});

/** Members that {@link Greetings} adds to a client. */
export interface Greeter {
    /**
     * Greets the server, and waits for its answer.
     *
     * @param onEnd - called once, when `connection.codec` is known, unless the connection closes before
     * @param holds - true to hold messages until then, as with the option `resume`
     * @param resumes - interrupted connection that the server is asked to resume on this one; `null` for a connection
     *     that cannot be resumed
     * @internal
     */
    _greet(connection: Connection, onEnd: () => void, holds: boolean, resumes?: ResumeRequest | null): void;

    /**
     * Resolves when `_isAgreeing()` is false.
     *
     * @internal
     */
    _agreed(connection: Connection): Promise<void>;
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

/** Agrees with a server on a codec and on resumption: a client with one of the options `codec` and `resume` greets first. */
export function Greetings<B extends Constructor<Endpoint & Agreeing & Resuming>>(Base: B): B & Constructor<Greeter> {
    abstract class Greetings extends Base implements Greeter {
        /** Greetings of the open connections. A connection has none with JSON lines only. */
        #greetings: Map<Connection, Greeting> | undefined;
        /** Number of connections whose messages are held. */
        #holds = 0;

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
            this._sendHello(connection, token, request);
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

        override _isAgreeing(connection: Connection): boolean {
            return this.#greetings?.get(connection)?.wait !== undefined;
        }

        _agreed(connection: Connection): Promise<void> {
            return this.#greetings?.get(connection)?.wait?.forgotten() ?? Promise.resolve();
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
            const greeting = this.#greetings?.get(connection);
            const hello = greeting && parseHello(message.data);
            if (hello) this.#onAnswer(connection, greeting, hello);
            else if (greeting?.wait && greeting.wait.probe === (message.data as SockhopPing)._id)
                this.#onUnanswered(connection);
            else super._onMessage(connection, message);
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
            const hasAgreed = this._agree(connection, greeting.token, hello);
            if (resume?.token !== undefined && greeting.asks) {
                // Messages that were sent without an answer are not counted.
                if (wait) this._startResumption(connection, resume);
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
            if (this._objectBuffer.format) this._emitCodec(connection);
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

        protected override _onClose(connection: Connection, wasOpen: boolean): void {
            const wait = this.#greetings?.get(connection)?.wait;
            this.#greetings?.delete(connection);
            if (wait) this.#forget(wait);
            super._onClose(connection, wasOpen);
        }
    }
    return Greetings;
}
