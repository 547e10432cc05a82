import { milliseconds } from "../validators";
import process from "node:process";
import type { Connection } from "../connection/Connection";
import type { Endpoint } from "../endpoint/Endpoint";
import { PingHistory } from "../connection/PingHistory";
import type { Message } from "../protocol/Message";
import { type SockhopPing, SockhopPong } from "../protocol/SockhopPing";
import { Interval, afterPoll } from "../runtime/clock";
import type { Constructor } from "./mixin";

/** What the mixin Ping adds to an endpoint. */
export interface Pinging {
    /** The timer that sends pings, `null` while pinging is off. It does not keep the process alive. */
    interval_timer: NodeJS.Timeout | null;

    /**
     * Pings every connection, also those to come, and drops one of which nothing at all was heard when four intervals
     * have passed: `disconnect` follows. Any byte is a sign of life, also one of ours that the peer has made room for. As with
     * 1.x, a connection that the program does not read itself (`socket.pause()`) is dropped, too, with one process warning. Any
     * earlier interval is replaced. Pings of the peer are answered always, whatever is set here. Peers of type `"json"` do not
     * answer pings.
     *
     * @param delay - milliseconds between pings; 0 turns pinging off
     * @throws {@link SockhopError} `ERR_BAD_OPTION` when `delay` is negative or not a number.
     */
    ping(delay?: number): void;
}

/** Adds keep-alive: asks every connection for a sign of life, and answers when asked. */
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
            self.#interval = interval > 0 ? self.#every(interval) : undefined;
            self.interval_timer = self.#interval?.handle ?? null;
        }

        #every(interval: number): Interval {
            const timer = new Interval(() => {
                afterPoll(timer, () => {
                    if (this.#interval === timer) this.#round();
                });
            }, interval);
            return timer;
        }

        #round(): void {
            for (const connection of [...this._connections]) {
                if (connection.state === "open") this.#ping(connection);
            }
        }

        #ping(connection: Connection): void {
            const ping = (connection.pings ??= new PingHistory()).next(connection);
            if (ping) {
                connection.sendControl("ping", ping);
                return;
            }
            if (connection.socket.isPaused()) this.#warnOfPause();
            void this._close(connection, { timeout: 0 });
        }

        #warnOfPause(): void {
            if (this.#hasWarned) return;
            this.#hasWarned = true;
            const message = "ping() drops a connection whose socket the program has paused: it cannot read the pongs";
            process.emitWarning(message, { type: "SockhopWarning" });
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

/** Pong to a ping: takes over no other member of it. */
function pongOf({ _id, _created }: Partial<SockhopPing>): SockhopPong {
    return new SockhopPong({ _id, _created });
}
