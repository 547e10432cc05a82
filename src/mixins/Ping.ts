import type { Connection } from "../connection/Connection";
import { isHeld } from "../connection/holdReading";
import { PingHistory } from "../connection/PingHistory";
import { warn } from "../diagnostics/warning";
import type { Endpoint } from "../endpoint/Endpoint";
import type { Message } from "../protocol/Message";
import { type SockhopPing, SockhopPong } from "../protocol/SockhopPing";
import { Interval, afterPoll } from "../runtime/clock";
import { milliseconds } from "../validators";
import type { Constructor } from "./mixin";

/** Members that the mixin `Ping` adds to an endpoint. */
export interface Pinging {
    /** Timer that sends pings; `null` while pinging is off. It does not keep the process alive. */
    interval_timer: NodeJS.Timeout | null;

    /**
     * Pings every connection, present and future, each `delay` milliseconds. Drops a connection after four silent
     * intervals: `disconnect` follows. A new call replaces the interval.
     *
     * An interval is silent if no byte arrived and the peer accepted no byte of ours. As in 1.x, this includes
     * connections whose socket the program has paused (`socket.pause()`); the first one causes a process warning. While a
     * slow loop over `messages()` stops the library from reading, no interval counts as silent.
     *
     * An endpoint always replies to pings of the peer, also while its own pings are off. Peers of type `"json"` do not
     * reply to pings.
     *
     * @param delay - milliseconds between pings; 0 turns pinging off
     * @throws {@link SockhopError} `ERR_BAD_OPTION` if `delay` is negative or not a number
     */
    ping(delay?: number): void;
}

/** Adds keep-alive pings, and replies to the pings of the peer. */
export function Ping<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Pinging> {
    abstract class Ping extends Base implements Pinging {
        interval_timer: NodeJS.Timeout | null = null;
        #interval: Interval | undefined;
        #hasWarned = false;

        ping(delay = 0): void {
            const interval = milliseconds("The delay of ping()", delay, 0);
            const self = this._self();
            self.#interval?.clear();
            for (const connection of self._connections) connection.pings?.reset();
            self.#interval = interval > 0 ? self.#startInterval(interval) : undefined;
            self.interval_timer = self.#interval?.handle ?? null;
        }

        #startInterval(interval: number): Interval {
            const timer = new Interval(() => {
                afterPoll(timer, () => {
                    if (this.#interval === timer) this.#pingAll();
                });
            }, interval);
            return timer;
        }

        #pingAll(): void {
            for (const connection of [...this._connections]) {
                if (connection.state === "open" && !connection.isInterrupted) this.#ping(connection);
            }
        }

        #ping(connection: Connection): void {
            const pings = (connection.pings ??= new PingHistory());
            // A slow loop over `messages()`: pongs are not read. Not so for a peer that does not read our replies.
            if (isHeld(connection.socket) && !connection.pausedFrames) pings.reset();
            const ping = pings.next(connection);
            if (ping) {
                connection.sendControl("ping", ping);
                return;
            }
            if (connection.socket.isPaused()) this.#warnOfPausedSocket();
            this._destroy(connection, { code: "PING_TIMEOUT" });
        }

        #warnOfPausedSocket(): void {
            if (this.#hasWarned) return;
            this.#hasWarned = true;
            warn("ping() drops a connection whose socket is paused: pongs cannot be read. Resume it, or stop pings");
        }

        protected override _onMessage(connection: Connection, message: Message): void {
            const { kind, data } = message;
            if (kind === "ping") connection.sendControl("pong", pongOf(data as Partial<SockhopPing>));
            else if (kind === "pong") connection.pings?.onPong(data as Partial<SockhopPong>);
            else super._onMessage(connection, message);
        }
    }
    return Ping;
}

/** Pong to a ping. Copies only these two members: a peer may send a ping with any others. */
function pongOf({ _id, _created }: Partial<SockhopPing>): SockhopPong {
    return new SockhopPong({ _id, _created });
}
