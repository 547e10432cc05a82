import type { Connection } from "../connection/Connection";
import type { Sender } from "../connection/Sender";
import { checkMethodOptions } from "../diagnostics/unknownOptions";
import type { Endpoint } from "../endpoint/Endpoint";
import type { Message, RefusedData } from "../protocol/Message";
import { typeOption } from "../protocol/typeOption";
import { PendingCallback, type SendOptions, failedOf } from "../replies/PendingCallback";
import type { RemoteCallback, Reply } from "../replies/PendingReply";
import { cutStack } from "../runtime/CallSite";
import { detach } from "../runtime/detach";
import { SockhopError } from "../SockhopError";
import { markHandled } from "../timers/promises";
import { milliseconds } from "../validators";
import type { Constructor } from "./mixin";

/** Names of the options of `send()`. */
const SEND_NAMES = ["timeout", "signal", "failed", "type"];

/** Methods that {@link Callbacks} adds to an endpoint. */
export interface Calling {
    /**
     * Sends a value of the user; with a callback, as a call.
     *
     * @throws {@link SockhopError} `ERR_REMOTE_CALLBACK_TYPE`, synchronously as in 1.x, not as a rejection
     * @internal
     */
    _send(
        sender: Sender,
        value: unknown,
        callback?: RemoteCallback | null,
        options?: SendOptions | null,
    ): Promise<void>;

    /**
     * Checks the callback of a call.
     *
     * @throws {@link SockhopError} `ERR_REMOTE_CALLBACK_TYPE`
     * @internal
     */
    _assertCallback(callback: unknown): void;
}

/**
 * Adds remote callbacks: a call has an id, and the reply with the same id calls a function here.
 *
 * Pending callbacks are kept on the connection of their call. So no other peer can reply, and they fail when it closes.
 */
export function Callbacks<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Calling> {
    abstract class Callbacks extends Base implements Calling {
        _send(
            sender: Sender,
            value: unknown,
            callback?: RemoteCallback | null,
            options?: SendOptions | null,
        ): Promise<void> {
            if (callback) return this.#call(sender, value, callback, options);
            const { isConnected } = sender;
            try {
                if (options) checkMethodOptions(options, SEND_NAMES, "send");
                const type = options ? typeOption(options.type, this._objectBuffer.json.enveloped) : undefined;
                const sent = sender.send(sender.encoder.encodeMessage(value, type));
                return isConnected && !sender.isConnected ? markHandled(sent) : sent;
            } catch (error) {
                cutStack(error, this._send); // eslint-disable-line @typescript-eslint/unbound-method -- not called
                return Promise.reject(error);
            }
        }

        #call(sender: Sender, value: unknown, callback: RemoteCallback, options?: SendOptions | null): Promise<void> {
            this._assertCallback(callback);
            const failed = failedOf(options);
            const call = new PendingCallback(callback, failed);
            const { isConnected } = sender;
            try {
                if (options) checkMethodOptions(options, SEND_NAMES, "send");
                if (options?.failed && !failed) throw new SockhopError("failed must be a function", "ERR_BAD_OPTION");
                const { timeout, signal } = options ?? {};
                const type = options ? typeOption(options.type, this._objectBuffer.json.enveloped) : undefined;
                const { encoder } = sender;
                const frame = encoder.encodeCall(value, call, type);
                call.type = encoder.latestType;
                if (timeout !== undefined || signal) {
                    call.limit(this._timers, milliseconds("timeout", timeout, Infinity), signal);
                }
                const sent = sender.send(frame, call);
                return failed || (isConnected && !sender.isConnected) ? markHandled(sent) : sent;
            } catch (error) {
                cutStack(error, this._send); // eslint-disable-line @typescript-eslint/unbound-method -- not called
                call.fail(error as SockhopError);
                const rejected = Promise.reject(error);
                return failed ? markHandled(rejected) : rejected;
            }
        }

        _assertCallback(callback: unknown): void {
            if (typeof callback !== "function") {
                const message = "The callback must be a function; null, if only options follow";
                throw new SockhopError(message, "ERR_REMOTE_CALLBACK_TYPE");
            }
            if (!this._objectBuffer.json.enveloped) {
                throw new SockhopError("A json peer cannot reply to a remote callback", "ERR_REMOTE_CALLBACK_TYPE");
            }
        }

        protected override _onMessage(connection: Connection, message: Message): void {
            if (message.kind === "reply") connection.callbacks?.get(message.id)?.receive(message.data, message.type);
            else if (message.kind === "call") this.#onCall(connection, message);
            else if (message.kind === "refused" && message.type === "reply") this.#onRefused(connection, message);
            else super._onMessage(connection, message);
        }

        protected override _onClose(connection: Connection, wasOpen: boolean): void {
            for (const call of connection.callbacks ?? []) {
                call.fail(connection.lostReplyError("call", call.type));
            }
            super._onClose(connection, wasOpen);
        }

        #onRefused({ callbacks }: Connection, { id, data }: Message): void {
            callbacks?.get(id)?.fail((data as RefusedData).error);
        }

        /** Delivers a call. Sends only the first reply, because a second one crashes 1.x peers. */
        #onCall(connection: Connection, message: Message): void {
            const { hasUuid } = message;
            let { id } = message;
            let hasReplied = false;
            connection.openReplies += 1;
            const isOver = (): boolean => hasReplied || connection.state === "closed";
            const reply: Reply = (value = {}) => {
                // A disconnected caller must not crash the process: the `disconnect` event reports it.
                if (isOver()) return;
                let frame;
                try {
                    frame = connection.replyEncoder.encodeReply(value, id, hasUuid);
                } catch (error) {
                    cutStack(error, reply);
                    throw error;
                }
                if (isOver()) return; // `toJSON()` of the value sent a reply, or closed the connection
                hasReplied = true;
                if (!connection.replyError(frame.length)) connection.replyAndForget(frame);
                connection.openReplies -= 1;
                connection.endReply();
            };
            try {
                this._deliver(connection, message, reply);
            } finally {
                // Most handlers reply before they return. A later reply needs the id, which is a slice of its chunk:
                // detach it, so that it does not keep the whole chunk in memory.
                id = isOver() ? undefined : detach(id);
            }
        }
    }
    return Callbacks;
}
