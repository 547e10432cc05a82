import { LONGEST } from "./limits";

/** What has a time to end. */
export interface Expiring {
    expire(): void;
}

/** All that expire after the same delay; so the oldest is the first of them. With the times on `performance.now()`. */
interface Row {
    readonly due: Map<Expiring, number>;
    /** For the oldest; it stays when that has ended. */
    timer: NodeJS.Timeout | undefined;
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
        if (!row) this.#rows.set(delay, (row = { due: new Map(), timer: undefined }));
        row.due.set(entry, performance.now() + delay);
        if (!row.timer) this.#arm(row, delay, delay);
    }

    delete(entry: Expiring, delay: number): void {
        this.#rows.get(delay)?.due.delete(entry);
    }

    /** Lets go of the timers that are not needed: what nobody uses any more must not be kept by them. */
    tidy(): void {
        for (const [delay, { due, timer }] of this.#rows) {
            if (due.size > 0) continue;
            clearTimeout(timer);
            this.#rows.delete(delay);
        }
    }

    #arm(row: Row, delay: number, time: number): void {
        row.timer = setTimeout(() => {
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
        if (this.#rows.get(delay) === row) this.#rows.delete(delay);
    }
}
