import type { Connection } from "../connection/Connection";
import type { Endpoint } from "../endpoint/Endpoint";
import type { Message } from "../protocol/Message";
import { SockhopPing } from "../protocol/SockhopPing";
import { Interval } from "../runtime/clock";
import { SockhopError, notConnectedError } from "../SockhopError";
import { handledRejection, markHandled } from "../timers/promises";
import type { FlushLimit } from "./FlushLimit";
import type { Constructor } from "./mixin";

/** Milliseconds after which a ping without a pong is repeated: a peer whose own messages are not read omits pongs. */
const REPEAT_MS = 1000;

/** Members that {@link Flush} adds to an endpoint. */
export interface Flushing {
    /**
     * Waits until the peer has received everything that was sent over a connection.
     *
     * @param limit - limit of the call, which ends its wait
     * @internal
     */
    _flush(connection: Connection, limit?: FlushLimit): Promise<void>;
}

/** Call of `_flush()` that waits for the pong to a ping. */
interface Probe {
    readonly connection: Connection;
    readonly ping: SockhopPing;
    resolve(): void;
    reject(error: Error): void;
}

/**
 * Adds a way to know that the peer has received what was sent: it acknowledges it, with the option `resume`; otherwise it
 * replies to a ping, as every peer of sockhop does, in the order of the messages.
 */
export function Flush<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Flushing> {
    abstract class Flush extends Base implements Flushing {
        /** By the id of the ping. */
        readonly #probes = new Map<unknown, Probe>();
        #timer: Interval | undefined;

        _flush(connection: Connection, limit?: FlushLimit): Promise<void> {
            if (limit?.error) return Promise.resolve(); // the call has ended
            if (connection.state === "closed") return lost(connection);
            if (connection.isResumable) return markHandled(this.#acknowledged(connection, limit));
            if (!this._objectBuffer.json.enveloped) {
                return Promise.reject(
                    new SockhopError("A json peer cannot tell what it has received", "ERR_REQUEST_TYPE"),
                );
            }
            if (!connection.isWritable) return lost(connection);
            this.#timer ??= new Interval(() => {
                for (const probe of [...this.#probes.values()]) {
                    if (!probe.connection.hasPendingWrites) this.#send(probe); // the last one is still being sent
                }
            }, REPEAT_MS);
            const probed = new Promise<void>((resolve, reject) => {
                const probe: Probe = { connection, ping: new SockhopPing(), resolve, reject };
                this.#probes.set(probe.ping._id, probe);
                limit?.endWith((error) => {
                    this.#forget(probe);
                    reject(error);
                });
                this.#send(probe);
            });
            return markHandled(probed);
        }

        /** Goes on with pings if the peer declines to resume meanwhile. */
        async #acknowledged(connection: Connection, limit?: FlushLimit): Promise<void> {
            try {
                await connection.acknowledged(limit);
            } catch (error) {
                if (connection.state === "closed" || connection.resumption) throw error;
                await this._flush(connection, limit);
            }
        }

        /** Sends a ping behind all messages, however many bytes are buffered. It is no frame that the peer counts. */
        #send({ connection, ping }: Probe): void {
            try {
                if (connection.resumption) connection.sendApart(ping, "ping");
                else connection.writeAndForget(connection.encoder.encodeControl("ping", ping));
            } catch {
                // It does not fit into `max_message_size`: the connection can send nothing, and has sent nothing.
            }
        }

        protected override _onMessage(connection: Connection, message: Message): void {
            const id = message.kind === "pong" ? (message.data as Partial<SockhopPing>)._id : undefined;
            const probe = id === undefined ? undefined : this.#probes.get(id);
            if (probe?.connection === connection) {
                this.#forget(probe);
                probe.resolve();
            } else super._onMessage(connection, message);
        }

        protected override _onClose(connection: Connection, wasOpen: boolean): void {
            for (const probe of [...this.#probes.values()]) {
                if (probe.connection !== connection) continue;
                this.#forget(probe);
                probe.reject(
                    notConnectedError(connection.error, "The connection closed before the peer had received all"),
                );
            }
            super._onClose(connection, wasOpen);
        }

        #forget({ ping }: Probe): void {
            this.#probes.delete(ping._id);
            if (this.#probes.size > 0) return;
            this.#timer?.clear();
            this.#timer = undefined;
        }
    }
    return Flush;
}

/** Its loss is reported by `disconnect`, so the rejection needs no handler. */
function lost({ error }: Connection): Promise<never> {
    return handledRejection(notConnectedError(error, "The connection is closed"));
}
