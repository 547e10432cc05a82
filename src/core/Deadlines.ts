import { LONGEST } from "./limits";

/** What has a time to end: a link in the ring of those with the same delay. */
export abstract class Deadline {
    /** When, on the clock of `performance.now()`. */
    due = 0;
    #before: Deadline = this;
    #after: Deadline = this;

    /** The time has come. It is not linked any more. */
    abstract expire(): void;

    /** Nothing ends any more. May be called at any time. */
    unlink(): void {
        this.#before.#after = this.#after;
        this.#after.#before = this.#before;
        this.#before = this;
        this.#after = this;
    }

    /** The next of the ring. */
    protected get after(): Deadline {
        return this.#after;
    }

    /** Puts another one into the ring, before this one. */
    protected precede(other: Deadline): void {
        other.#before = this.#before;
        other.#after = this;
        this.#before.#after = other;
        this.#before = other;
    }
}

/** All that expire after the same delay, so that the oldest is the first of them. The ring begins and ends here. */
class Row extends Deadline {
    /** For the oldest; it stays when that has ended. */
    timer: NodeJS.Timeout | undefined;

    get oldest(): Deadline | undefined {
        return this.after === this ? undefined : this.after;
    }

    push(entry: Deadline): void {
        this.precede(entry);
    }

    expire(): void {
        // It is in no ring of others.
    }
}

/**
 * Time limits of many things that mostly end before: one timer for all that have the same delay, however many they are.
 * Like {@link TimeLimit} it lets one look at the sockets pass. It does not keep the process alive.
 */
export class Deadlines {
    readonly #rows = new Map<number, Row>();

    /** @param delay - milliseconds; the longest time that a timer can run stands for never */
    add(entry: Deadline, delay: number): void {
        if (delay >= LONGEST) return;
        let row = this.#rows.get(delay);
        if (!row) this.#rows.set(delay, (row = new Row()));
        entry.due = performance.now() + delay;
        row.push(entry);
        if (!row.timer) this.#arm(row, delay, delay);
    }

    /** Lets go of the timers that are not needed: what nobody uses any more must not be kept by them. */
    tidy(): void {
        for (const [delay, row] of this.#rows) {
            if (row.oldest) continue;
            clearTimeout(row.timer);
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
        for (let entry = row.oldest; entry; entry = row.oldest) {
            // A timer of Node may run a fraction of a millisecond early.
            if (entry.due - now >= 1) {
                this.#arm(row, delay, entry.due - now);
                return;
            }
            entry.unlink();
            entry.expire();
        }
        if (this.#rows.get(delay) === row) this.#rows.delete(delay);
    }
}
