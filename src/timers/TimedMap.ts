import { Timer, afterPoll } from "../runtime/clock";
import { SockhopError } from "../SockhopError";
import { milliseconds } from "../validators";

/** Reason for which an entry was removed from a {@link TimedMap}. */
export type RemovalReason = "overwritten" | "deleted" | "stopped" | "timed-out";

/** Entry of a {@link TimedMap}: the value, its timer, and the listener that is called on removal. */
export type TimedMapEntry<V> = [value: V, timer: NodeJS.Timeout, removed: (reason: RemovalReason) => void];

/**
 * Map with expiring entries, as in sockhop 1.8.
 *
 * The timers keep the process alive until their entries are removed. `stop()` removes all.
 *
 * @example
 * ```js
 * const map = new TimedMap({ timeout: 1000 });
 * map.set("key", "value", (reason) => console.log(reason)); // prints "timed-out" after 1 s
 * ```
 */
export class TimedMap<K = unknown, V = unknown> {
    /** Entries by key. Public because programs for 1.8 count them here. */
    readonly _map = new Map<K, TimedMapEntry<V>>();
    readonly #timers = new WeakMap<TimedMapEntry<V>, Timer>();
    readonly #timeout: number;

    /**
     * Creates an empty map.
     *
     * @param options - `timeout`: lifetime of an entry in milliseconds, 30000 by default
     * @throws {@link SockhopError} `ERR_BAD_OPTION` if `timeout` is negative or not a number
     */
    constructor(options?: { timeout?: number | undefined } | null) {
        this.#timeout = milliseconds("timeout", options?.timeout, 30_000);
    }

    /**
     * Adds an entry, or replaces the one with the same key.
     *
     * @param removed - listener that is called once, synchronously, when the entry is removed, with the reason
     * @param timeout - lifetime of this entry in milliseconds; a falsy value means the timeout of the map
     * @returns the inner map
     * @throws {@link SockhopError} `ERR_BAD_OPTION` if `removed` is not a function, or `timeout` is negative or not a
     * number
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
        const overwritten = this.#remove(key);
        const timer = new Timer(() => {
            afterPoll(timer, () => {
                if (this._map.get(key) === entry) this.#removeAndNotify(key, "timed-out");
            });
        }, delay);
        const listener = typeof removed === "function" ? removed : (): void => undefined;
        const entry: TimedMapEntry<V> = [value, timer.handle, listener];
        this.#timers.set(entry, timer);
        this._map.set(key, entry);
        overwritten?.[2]("overwritten"); // last: the listener may use the map
        return this._map;
    }

    get(key: K): V | undefined {
        return this._map.get(key)?.[0];
    }

    /**
     * Removes an entry.
     *
     * @returns true if there was such an entry
     */
    delete(key: K): boolean {
        return this.#removeAndNotify(key, "deleted");
    }

    /** Removes all entries, and then throws the first error of their listeners. */
    stop(): void {
        const entries = [...this._map.keys()].map((key) => this.#remove(key));
        const errors: unknown[] = [];
        for (const entry of entries) {
            try {
                entry?.[2]("stopped");
            } catch (error) {
                errors.push(error);
            }
        }
        if (errors.length > 0) throw errors[0];
    }

    #removeAndNotify(key: K, reason: RemovalReason): boolean {
        const entry = this.#remove(key);
        entry?.[2](reason);
        return entry !== undefined;
    }

    #remove(key: K): TimedMapEntry<V> | undefined {
        const entry = this._map.get(key);
        if (entry) this.#timers.get(entry)?.clear();
        this._map.delete(key);
        return entry;
    }
}
