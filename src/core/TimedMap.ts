import { milliseconds } from "./limits";
import { Timer, afterPoll } from "./timers";

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
    constructor({ timeout }: { timeout?: number | undefined } = {}) {
        this.#timeout = milliseconds("timeout", timeout, 30_000);
    }

    /**
     * Adds an entry, in place of one with the same key.
     *
     * @param removed - called once, synchronously, when the entry leaves the map, with the reason
     * @param timeout - milliseconds that this entry lives; anything falsy means those of the map
     * @returns the inner map
     */
    set(
        key: K,
        value: V,
        removed: (reason: RemovalReason) => void = () => undefined,
        timeout?: number,
    ): Map<K, TimedMapEntry<V>> {
        const delay = milliseconds("timeout", timeout, this.#timeout);
        this.#remove(key, "overwritten");
        const timer = new Timer(() => {
            afterPoll(() => {
                if (this._map.get(key) === entry) this.#remove(key, "timed-out");
            });
        }, delay);
        const entry: TimedMapEntry<V> = [value, timer.handle, removed];
        this.#timers.set(entry, timer);
        return this._map.set(key, entry);
    }

    get(key: K): V | undefined {
        return this._map.get(key)?.[0];
    }

    /** Whether there was such an entry. */
    delete(key: K): boolean {
        return this.#remove(key, "deleted");
    }

    /** Removes all entries. */
    stop(): void {
        for (const key of [...this._map.keys()]) this.#remove(key, "stopped");
    }

    #remove(key: K, reason: RemovalReason): boolean {
        const entry = this._map.get(key);
        if (!entry) return false;
        const [, , removed] = entry;
        this.#timers.get(entry)?.clear();
        this._map.delete(key);
        removed(reason);
        return true;
    }
}
