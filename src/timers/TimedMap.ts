import { milliseconds } from "../validators";
import { SockhopError } from "../SockhopError";
import { Timer, afterPoll } from "../runtime/clock";

/** Why an entry has left a {@link TimedMap}. */
export type RemovalReason = "overwritten" | "deleted" | "stopped" | "timed-out";

/** What {@link TimedMap} keeps for a key: the value, its timer, and whom to tell. */
export type TimedMapEntry<V> = [value: V, timer: NodeJS.Timeout, removed: (reason: RemovalReason) => void];

/**
 * A map whose entries expire. As in sockhop 1.8.
 *
 * The timers keep the process alive; `stop()` clears them.
 */
export class TimedMap<K = unknown, V = unknown> {
    /** The entries. Public because programs written for 1.8 count them here. */
    readonly _map = new Map<K, TimedMapEntry<V>>();
    readonly #timers = new WeakMap<TimedMapEntry<V>, Timer>();
    readonly #timeout: number;

    /** @param options - `timeout`: milliseconds that an entry lives, 30000 by default */
    constructor(options?: { timeout?: number | undefined } | null) {
        this.#timeout = milliseconds("timeout", options?.timeout, 30_000);
    }

    /**
     * Adds an entry, in place of one with the same key.
     *
     * @param removed - called once, synchronously, when the entry leaves the map, with the reason
     * @param timeout - milliseconds that this entry lives; anything falsy means those of the map
     * @returns the inner map
     * @throws {@link SockhopError} `ERR_BAD_OPTION` for what is no function, or no time
     */
    set(
        key: K,
        value: V,
        removed?: ((reason: RemovalReason) => void) | null,
        timeout?: number,
    ): Map<K, TimedMapEntry<V>> {
        const delay = milliseconds("timeout", timeout, this.#timeout);
        if (removed && typeof removed !== "function") {
            throw new SockhopError("removed must be a function", "ERR_BAD_OPTION");
        }
        const overwritten = this.#take(key);
        const timer = new Timer(() => {
            afterPoll(timer, () => {
                if (this._map.get(key) === entry) this.#remove(key, "timed-out");
            });
        }, delay);
        const call = typeof removed === "function" ? removed : (): void => undefined;
        const entry: TimedMapEntry<V> = [value, timer.handle, call];
        this.#timers.set(entry, timer);
        this._map.set(key, entry);
        overwritten?.[2]("overwritten"); // last: it may use the map
        return this._map;
    }

    get(key: K): V | undefined {
        return this._map.get(key)?.[0];
    }

    /** Whether there was such an entry. */
    delete(key: K): boolean {
        return this.#remove(key, "deleted");
    }

    /** Removes all entries. What `removed` of one throws is thrown when all are gone. */
    stop(): void {
        const entries = [...this._map.keys()].map((key) => this.#take(key));
        const thrown: unknown[] = [];
        for (const entry of entries) {
            try {
                entry?.[2]("stopped");
            } catch (error) {
                thrown.push(error);
            }
        }
        if (thrown.length > 0) throw thrown[0];
    }

    #remove(key: K, reason: RemovalReason): boolean {
        const entry = this.#take(key);
        entry?.[2](reason);
        return entry !== undefined;
    }

    #take(key: K): TimedMapEntry<V> | undefined {
        const entry = this._map.get(key);
        if (entry) this.#timers.get(entry)?.clear();
        this._map.delete(key);
        return entry;
    }
}
