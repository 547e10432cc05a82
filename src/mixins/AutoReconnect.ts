import type { Connection } from "../connection/Connection";
import type { Endpoint } from "../endpoint/Endpoint";
import { emitSafely } from "../emitter/emitSafely";
import { Timer, now } from "../runtime/clock";
import type { Constructor } from "./mixin";

/** What the mixin AutoReconnect adds to a client. */
export interface Reconnecting {
    /**
     * Whether the client connects by itself, now and whenever the connection is lost. Off at first; `disconnect()`
     * turns it off.
     *
     * The first attempt is made at once, also after a connection was lost, unless that one had lasted less than
     * `auto_reconnect_interval`; after a failed attempt the next one follows when the interval has passed, or a random
     * part of a growing one with `auto_reconnect_max_interval`. Each time the client emits `reconnecting`. Attempts
     * fail silently, whatever the reason. While it is on, the process is kept alive.
     *
     * When a server is killed, its system may close the connections before the listening socket (Linux does). A client
     * that is back in between is connected and cut off once more.
     */
    get auto_reconnect(): boolean;
    set auto_reconnect(wanted: boolean);
}

/** Milliseconds from one attempt to the next. */
export interface Pauses {
    interval: number;
    /** What the interval may grow to; 0 when it does not grow. */
    cap: number;
}

/** Adds automatic reconnection. */
export function AutoReconnect<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Reconnecting> {
    abstract class AutoReconnect extends Base implements Reconnecting {
        #wanted = false;
        #timer: Timer | undefined;
        /** Attempts that have failed, and connections that have not lasted, since one that has. */
        #failures = 0;
        /** When there was a connection last, on the clock of `performance.now()`. */
        #openedAt = NaN;

        get auto_reconnect(): boolean {
            return this._self().#wanted;
        }

        set auto_reconnect(wanted: boolean) {
            const self = this._self();
            self.#wanted = wanted;
            self.#failures = 0;
            self.#timer?.clear();
            if (wanted) self._startReconnect();
            else self._abortReconnect();
        }

        protected abstract get _reconnectDelay(): Pauses;

        /** Whether there is an attempt. */
        protected abstract get _connecting(): boolean;

        /** Begins an attempt, unless there is one, or a connection. */
        protected abstract _startReconnect(): void;

        /** Ends the attempt under way, if `_startReconnect` began it and nobody else waits for it. */
        protected abstract _abortReconnect(): void;

        protected override _onOpen(connection: Connection): boolean {
            this.#openedAt = now();
            return super._onOpen(connection);
        }

        // An attempt that fails comes here too: its connection was never opened.
        protected override _onClose(connection: Connection, wasOpen: boolean): void {
            super._onClose(connection, wasOpen);
            if (!this.#wanted || this._connecting) return;
            const lasted = wasOpen && now() - this.#openedAt >= this._reconnectDelay.interval;
            this.#failures = lasted ? 0 : this.#failures + 1;
            const delay = lasted ? 0 : this.#pause();
            this.#timer?.clear();
            this.#timer = new Timer(() => {
                this._startReconnect();
            }, delay);
            emitSafely(this, "reconnecting", this.#failures + 1, delay, connection.error);
        }

        /** With a cap: exponential backoff with full jitter. */
        #pause(): number {
            const { interval, cap } = this._reconnectDelay;
            return cap > 0 ? Math.round(Math.random() * Math.min(cap, interval * 2 ** (this.#failures - 1))) : interval;
        }
    }
    return AutoReconnect;
}
