import type { RemoteCallback, Reply } from "../replies/PendingReply";
import { detach } from "../runtime/detach";
import { markHandled } from "../timers/promises";
import { milliseconds } from "../validators";
import { SockhopError, notConnectedError } from "../SockhopError";
import type { Connection } from "../connection/Connection";
import type { Endpoint } from "../endpoint/Endpoint";
import { type CallbackOptions, PendingCallback } from "../replies/PendingCallback";
import { type Envelope, isId } from "../codec/json/writeEnvelope";
import { toJson } from "../codec/json/stringify";
import { uuidv4, isUuid } from "../protocol/uuid";
import type { Constructor } from "./mixin";

/** What the mixin Callbacks adds to an endpoint. */
export interface Calling {
    /**
     * Sends a user's value; with a callback, as a question.
     *
     * @throws {@link SockhopError} `ERR_REMOTE_CALLBACK_TYPE`, at once and not as a rejection, as sockhop 1.x does
     * @internal
     */
    _send(
        connection: Connection | undefined,
        value: unknown,
        callback?: RemoteCallback | null,
        options?: CallbackOptions | null,
    ): Promise<void>;
}

/**
 * Adds remote callbacks: a message can carry an id, and the answer to it calls a function here.
 *
 * The functions are kept on the connection that was asked, so nobody else can answer, and they go when it goes.
 */
export function Callbacks<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Calling> {
    abstract class Callbacks extends Base implements Calling {
        _send(
            connection: Connection | undefined,
            value: unknown,
            callback?: RemoteCallback | null,
            options?: CallbackOptions | null,
        ): Promise<void> {
            if (callback) return this.#ask(connection, value, callback, options);
            try {
                return this._carry(connection, this._encode(value));
            } catch (error) {
                return Promise.reject(error);
            }
        }

        #ask(
            connection: Connection | undefined,
            value: unknown,
            callback: RemoteCallback,
            options?: CallbackOptions | null,
        ): Promise<void> {
            this.#check(callback);
            const { failed, timeout, signal } = options ?? {};
            if (failed && typeof failed !== "function") {
                return Promise.reject(new SockhopError("failed must be a function", "ERR_BAD_OPTION"));
            }
            const id = uuidv4();
            const call = new PendingCallback(id, callback, failed);
            try {
                const frame = this._encode(value, `,"id":"${id}"`);
                if (timeout !== undefined || signal) {
                    call.limit(this._timers, milliseconds("timeout", timeout, Infinity), signal);
                }
                const sent = this._carry(connection, frame, call);
                return failed ? markHandled(sent) : sent;
            } catch (error) {
                call.fail(error as SockhopError);
                const refused = Promise.reject(error);
                return failed ? markHandled(refused) : refused;
            }
        }

        #check(callback: unknown): void {
            const fault =
                typeof callback !== "function"
                    ? "A remote callback must be a function"
                    : this._framing.bare && "A json peer cannot answer a remote callback";
            if (fault) throw new SockhopError(fault, "ERR_REMOTE_CALLBACK_TYPE");
        }

        protected override _onMessage(connection: Connection, envelope: Envelope): void {
            const { type, data, id, callback_id } = envelope;
            if (callback_id) connection.callbacks?.get(callback_id)?.receive(data, type);
            else if (!isId(id)) this._skip("a message whose id is none", connection);
            else if (id) this.#asked(connection, envelope);
            else super._onMessage(connection, envelope);
        }

        protected override _onClose(connection: Connection, opened: boolean): void {
            for (const call of connection.callbacks ?? []) call.fail(notConnectedError(connection.error));
            super._onClose(connection, opened);
        }

        /** Delivers a question. Only the first call of its reply answers it: 1.x crashes at a second answer. */
        #asked(connection: Connection, { data, type, id, isUuid: plain }: Envelope): void {
            let replied = false;
            let name = id;
            connection.openReplies += 1;
            const isOver = (): boolean => replied || connection.state === "closed";
            const reply: Reply = (value = {}) => {
                // That the asker has gone must not end the program: `disconnect` tells.
                if (isOver()) return;
                const quoted = plain || isUuid(name) ? `"${name as string}"` : toJson(name);
                const frame = this._encode(value, `,"callback_id":${quoted}`);
                if (isOver()) return; // the `toJSON()` of the value has answered, or ended the connection
                replied = true;
                if (!connection.replyError(frame.length)) connection.post(frame);
                connection.openReplies -= 1;
                connection.endReply();
            };
            try {
                this._deliver(connection, data, type, reply);
            } finally {
                // Most questions have been answered now; the others may wait for long.
                name = isOver() ? undefined : detach(name);
            }
        }
    }
    return Callbacks;
}
