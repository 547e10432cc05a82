import { type Connection, ignorable } from "../core/Connection";
import type { Endpoint } from "../core/Endpoint";
import { type Envelope, PING, PONG } from "../core/envelope";
import { milliseconds } from "../core/options";
import { SockhopPing, SockhopPong } from "../protocol/SockhopPing";
import type { Constructor } from "./mixin";

/** What the mixin Ping adds to an endpoint. */
export interface Pinging {
    /** The timer that sends pings, `null` while pinging is off. It does not keep the process alive. */
    interval_timer: NodeJS.Timeout | null;

    /**
     * Pings every connection, also those to come, and drops one that has answered none of its last pings when four
     * intervals have passed: `disconnect` follows. Any earlier interval is replaced. Pings of the peer are answered
     * always, whatever is set here. Peers of type `"json"` do not answer pings.
     *
     * @param delay - milliseconds between pings; 0 turns pinging off
     * @throws {@link SockhopError} `ERR_BAD_OPTION` when `delay` is negative or not a number.
     */
    ping(delay?: number): void;
}

/** How many pings are remembered. When there are so many and none has been answered, the peer counts as dead. */
const PATIENCE = 4;

/** Adds keep-alive: asks every connection for a sign of life, and answers when asked. */
export function Ping<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Pinging> {
    abstract class Ping extends Base implements Pinging {
        interval_timer: NodeJS.Timeout | null = null;

        ping(delay = 0): void {
            const interval = milliseconds("The delay of ping()", delay, 0);
            if (this.interval_timer) clearInterval(this.interval_timer);
            for (const connection of this._connections.values()) connection.pings = [];
            this.interval_timer =
                interval > 0
                    ? setInterval(() => {
                          this.#round();
                      }, interval).unref()
                    : null;
        }

        #round(): void {
            for (const connection of this._connections.values()) {
                if (connection.state === "open") this.#ping(connection);
            }
        }

        #ping(connection: Connection): void {
            const ping = new SockhopPing();
            connection.pings = [...connection.pings, ping].slice(-PATIENCE);
            if (connection.pings.length === PATIENCE && connection.pings.every((each) => each.unanswered())) {
                this._cut(connection);
            } else {
                this.#transmit(connection, PING, ping);
            }
        }

        #transmit(connection: Connection, type: string, data: SockhopPing | SockhopPong): void {
            // What cannot be sent goes unanswered, which is all there is to know.
            void ignorable(this._transmit(connection, { type, data }));
        }

        protected override _received(connection: Connection, envelope: Envelope): void {
            const { type, data } = envelope;
            if (type !== PING && type !== PONG) {
                super._received(connection, envelope);
            } else if (typeof data === "object" && data !== null) {
                if (type === PING) this.#transmit(connection, PONG, answer(data));
                else for (const ping of connection.pings) ping.conclude_with_pong(data);
            }
        }
    }
    return Ping;
}

/** A pong takes over nothing else from its ping. */
function answer({ _id, _created }: Partial<SockhopPing>): SockhopPong {
    return new SockhopPong({ _id, _created });
}
