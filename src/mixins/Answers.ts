import { V2Wire } from "../codec/v2/V2Wire";
import type { Connection } from "../connection/Connection";
import type { Endpoint } from "../endpoint/Endpoint";
import { type Hello, type ResumeHello, parseHello } from "../protocol/Hello";
import type { Message } from "../protocol/Message";
import { type Agreeing, newToken } from "./Agreement";
import type { Constructor } from "./mixin";
import type { Resuming } from "./Resume";

/** Members that {@link Answers} adds to a server. */
export interface Answering {
    /**
     * Answers the first greeting of a client, and uses what both ends have.
     *
     * @internal
     */
    _answer(connection: Connection, hello: Hello): void;
}

/**
 * Agrees with clients on a codec and on resumption: a server with one of the options `codec` and `resume` answers their
 * greetings.
 */
export function Answers<B extends Constructor<Endpoint & Agreeing & Resuming>>(Base: B): B & Constructor<Answering> {
    abstract class Answers extends Base implements Answering {
        /** Open connections that have got an answer. */
        #answered: Set<Connection> | undefined;

        /** Returns the answer to a client that can resume. */
        protected abstract _agreeToResume(timeout: number): ResumeHello;

        _answer(connection: Connection, hello: Hello): void {
            if (!this._greets || this.#answered?.has(connection)) return;
            (this.#answered ??= new Set()).add(connection);
            const token = newToken();
            const request = this._limits.resume && !(connection.wire instanceof V2Wire) ? hello.resume : undefined;
            const resume = request ? this._agreeToResume(request.timeout) : undefined;
            if (!this._sendHello(connection, token, resume)) return;
            this._agree(connection, token, hello);
            if (resume) this._startResumption(connection, resume);
        }

        protected override _onMessage(connection: Connection, message: Message): void {
            const hello = message.kind === "pong" && this._greets ? parseHello(message.data) : undefined;
            if (hello) this.#onGreeting(connection, hello);
            else super._onMessage(connection, message);
        }

        /** Answers a greeting that has come too late for the start of the session. A client that resumes has to try again. */
        #onGreeting(connection: Connection, hello: Hello): void {
            const resumes = this._limits.resume && hello.resume?.received !== undefined;
            if (resumes && !this.#answered?.has(connection)) this._close(connection, { code: "CLOSED" });
            else this._answer(connection, hello);
        }

        protected override _onClose(connection: Connection, wasOpen: boolean): void {
            this.#answered?.delete(connection);
            super._onClose(connection, wasOpen);
        }
    }
    return Answers;
}
