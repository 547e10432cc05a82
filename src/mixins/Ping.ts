import type { Connection } from "../core/Connection";
import type { Endpoint } from "../core/Endpoint";
import { type Envelope, PING, PONG } from "../core/envelope";
import { milliseconds } from "../core/limits";
import { SockhopPing, SockhopPong } from "../protocol/SockhopPing";
import type { Constructor } from "./mixin";

/** What the mixin Ping adds to an endpoint. */
export interface Pinging {
    /** The timer that sends pings, `null` while pinging is off. It does not keep the process alive. */
    interval_timer: NodeJS.Timeout | null;

    /**
     * Pings every connection, also those to come, and drops one of which nothing at all was heard when four intervals
     * have passed: `disconnect` follows. Any byte is a sign of life. Any earlier interval is replaced. Pings of the peer
     * are answered always, whatever is set here. Peers of type `"json"` do not answer pings.
     *
     * @param delay - milliseconds between pings; 0 turns pinging off
     * @throws {@link SockhopError} `ERR_BAD_OPTION` when `delay` is negative or not a number.
     */
    ping(delay?: number): void;
}

/** How many pings are remembered. When there are so many, and nothing was heard since the first, the peer is dead. */
const PATIENCE = 4;

/** Adds keep-alive: asks every connection for a sign of life, and answers when asked. */
export function Ping<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Pinging> {
    abstract class Ping extends Base implements Pinging {
        interval_timer: NodeJS.Timeout | null = null;

        ping(delay = 0): void {
            const interval = milliseconds("The delay of ping()", delay, 0);
            if (this.interval_timer) clearInterval(this.interval_timer);
            for (const connection of this._connections.values()) {
                connection.pings = [];
                connection.quietRounds = 0;
            }
            this.interval_timer =
                interval > 0
                    ? setInterval(() => {
                          // After a turn that has taken long, what has arrived meanwhile is read first.
                          setImmediate(() => {
                              this.#round();
                          });
                      }, interval).unref()
                    : null;
        }

        #round(): void {
            if (!this.interval_timer) return;
            for (const connection of this._connections.values()) {
                if (connection.state === "open") this.#ping(connection);
            }
        }

        #ping(connection: Connection): void {
            const ping = new SockhopPing();
            const heard = signsOfLife(connection);
            connection.quietRounds = heard === connection.heard ? connection.quietRounds + 1 : 0;
            connection.heard = heard;
            connection.pings = [...connection.pings, ping].slice(-PATIENCE);
            if (connection.quietRounds >= PATIENCE - 1 && connection.pings.every((each) => each.unanswered())) {
                this._cut(connection);
            } else {
                connection.pingedAt = performance.now();
                this._volunteer(connection, PING, ping);
            }
        }

        #answered(connection: Connection, pong: Partial<SockhopPong>): void {
            for (const ping of connection.pings) ping.conclude_with_pong(pong);
            const newest = connection.pings.at(-1);
            if (newest && pong._id === newest._id) connection.roundTrip = performance.now() - connection.pingedAt;
        }

        protected override _received(connection: Connection, envelope: Envelope): void {
            const { type, data } = envelope;
            if (type !== PING && type !== PONG) {
                super._received(connection, envelope);
            } else if (typeof data === "object" && data !== null) {
                if (type === PING) this._volunteer(connection, PONG, answer(data));
                else this.#answered(connection, data);
            }
        }
    }
    return Ping;
}

/**
 * What changes when a peer shows that it lives: it sends something, or, when it is so far behind that we send no pings
 * and may not read from it, it takes something.
 */
function signsOfLife({ received, outbox }: Connection): number {
    return outbox.full ? -outbox.taken : received;
}

/** A pong takes over nothing else from its ping. */
function answer({ _id, _created }: Partial<SockhopPing>): SockhopPong {
    return new SockhopPong({ _id, _created });
}
