import { LONGEST } from "./limits";

/** What has a time to end. */
export interface Expiring {
    expire(): void;
}

/** All that expire after the same delay; so the oldest is the first of them. With the times on `performance.now()`. */
interface Row {
    readonly due: Map<Expiring, number>;
    /** There is a timer, or what it has begun. */
    armed: boolean;
}

/**
 * Time limits of many things that mostly end before: one timer for all that have the same delay, however many they are.
 * Like {@link TimeLimit} it lets one look at the sockets pass. It does not keep the process alive.
 */
export class Deadlines {
    readonly #rows = new Map<number, Row>();

    /** @param delay - milliseconds; the longest time that a timer can run stands for never */
    add(entry: Expiring, delay: number): void {
        if (delay >= LONGEST) return;
        let row = this.#rows.get(delay);
        if (!row) this.#rows.set(delay, (row = { due: new Map(), armed: false }));
        row.due.set(entry, performance.now() + delay);
        if (!row.armed) this.#arm(row, delay, delay);
    }

    delete(entry: Expiring, delay: number): void {
        this.#rows.get(delay)?.due.delete(entry);
    }

    #arm(row: Row, delay: number, time: number): void {
        row.armed = true;
        setTimeout(() => {
            const now = performance.now();
            setImmediate(() => {
                this.#expire(row, delay, now);
            });
        }, time).unref();
    }

    #expire(row: Row, delay: number, now: number): void {
        for (const [entry, due] of row.due) {
            // A timer of Node may run a fraction of a millisecond early.
            if (due - now >= 1) {
                this.#arm(row, delay, due - now);
                return;
            }
            row.due.delete(entry);
            entry.expire();
        }
        this.#rows.delete(delay);
    }
}
