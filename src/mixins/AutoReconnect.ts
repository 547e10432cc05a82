import type { Connection } from "../connection/Connection";
import { debug } from "../diagnostics/debugLog";
import { emitSafely } from "../emitter/emitSafely";
import type { Endpoint } from "../endpoint/Endpoint";
import { Timer, now } from "../runtime/clock";
import { type Pauses, delayAfter } from "../timers/backoff";
import type { Constructor } from "./mixin";

/** Members that the mixin `AutoReconnect` adds to a client. */
export interface Reconnecting {
    /**
     * True if the client connects automatically: now, and whenever the connection is lost. `disconnect()` sets it to
     * `false`.
     *
     * The first attempt starts at once. After a lost connection, the client reconnects at once if the connection lasted
     * at least `auto_reconnect_interval`. Otherwise, and after a failed attempt, it waits for that interval; with
     * `auto_reconnect_max_interval` it waits for a random part of a growing interval. Each wait starts with a
     * `reconnecting` event, which has the error. Failed attempts emit no other event. Reconnecting keeps the process
     * alive.
     *
     * With several `servers`, one attempt tries each of them, and after a lost connection the next one is tried at once.
     *
     * If a server is killed, its system may close the connections before the listening socket (Linux does). A client
     * that reconnects in between loses one more connection.
     *
     * @default false
     */
    get auto_reconnect(): boolean;
    set auto_reconnect(wanted: boolean);

    /**
     * Starts the first of several attempts, now.
     *
     * @internal
     */
    _startAttempts(): void;

    /**
     * Ends the attempts.
     *
     * @internal
     */
    _stopAttempts(): void;
}

/** Adds automatic reconnecting, with backoff. */
export function AutoReconnect<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Reconnecting> {
    abstract class AutoReconnect extends Base implements Reconnecting {
        #isEnabled = false;
        #timer: Timer | undefined;
        /** Number of failed attempts and short connections since the last connection that lasted. */
        #failures = 0;
        /** Time of the last `connect`, on the clock of `performance.now()`. */
        #openedAt = NaN;

        get auto_reconnect(): boolean {
            return this._self().#isEnabled;
        }

        set auto_reconnect(wanted: boolean) {
            const self = this._self();
            self.#isEnabled = wanted;
            if (wanted) self._startAttempts();
            else if (!self._isWaiting) self._stopAttempts();
        }

        protected abstract get _reconnectDelay(): Pauses;

        /** True during an attempt. */
        protected abstract get _connecting(): boolean;

        /** True while a call waits for a connection, however many attempts it takes. */
        protected abstract get _isWaiting(): boolean;

        /** Starts an attempt. Does nothing during an attempt, or if connected. */
        protected abstract _startReconnect(): void;

        /**
         * Called when a connection was lost.
         *
         * @param hasLasted - false for a short connection
         * @returns true if the next attempt starts at once, as it tries another server
         */
        protected abstract _onLost(connection: Connection, hasLasted: boolean): boolean;

        /** Aborts the current attempt, unless a call of `connect()` waits for it. */
        protected abstract _abortReconnect(): void;

        _startAttempts(): void {
            this.#failures = 0;
            this.#timer?.clear();
            this._startReconnect();
        }

        _stopAttempts(): void {
            this.#timer?.clear();
            this._abortReconnect();
        }

        get #wantsConnection(): boolean {
            return this.#isEnabled || this._isWaiting;
        }

        protected override _onOpen(connection: Connection): boolean {
            this.#openedAt = now();
            return super._onOpen(connection);
        }

        // A failed attempt is handled here, too: it closes a connection that was never open.
        protected override _onClose(connection: Connection, wasOpen: boolean): void {
            super._onClose(connection, wasOpen);
            const hasLasted = wasOpen && now() - this.#openedAt >= this._reconnectDelay.interval;
            const movesOn = wasOpen && this._onLost(connection, hasLasted);
            if (!this.#wantsConnection || this._connecting) return;
            if (hasLasted) this.#failures = 0;
            else if (!movesOn) this.#failures += 1;
            const delay = hasLasted || movesOn ? 0 : delayAfter(this.#failures, this._reconnectDelay);
            this.#timer?.clear();
            this.#timer = new Timer(() => {
                if (this.#wantsConnection) this._startReconnect();
            }, delay);
            debug?.("attempt %s to connect in %s ms", this.#failures + 1, delay);
            emitSafely(this, "reconnecting", this.#failures + 1, delay, connection.error);
        }
    }
    return AutoReconnect;
}
