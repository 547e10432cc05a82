import { type Due, atEndOfTurn } from "./endOfTurn";
import { LONGEST } from "./limits";

/** The end of a turn of the event loop. */
interface Moment {
    /** On the clock of `performance.now()`; later than anything while the turn lasts. */
    time: number;
}

/** A link in a ring. In no ring it is its own neighbour. */
export interface Link {
    before: Link;
    after: Link;
}

/** What has a time to end: a link in the ring of those with the same delay. */
export interface Deadline extends Link {
    /** The delay begins there. */
    since: Moment | undefined;
    /** The time has come. It is not linked any more. */
    expire(): void;
}

/** Nothing ends any more. May be called at any time. */
export function unlink(entry: Link): void {
    entry.before.after = entry.after;
    entry.after.before = entry.before;
    entry.before = entry;
    entry.after = entry;
}

/** All that expire after the same delay, so that the oldest is the first of them. The ring begins and ends here. */
class Row implements Link {
    before: Link = this;
    after: Link = this;
    /** For the oldest; it stays when that has ended. */
    timer: NodeJS.Timeout | undefined;

    get oldest(): Deadline | undefined {
        return this.after === this ? undefined : (this.after as Deadline);
    }

    push(entry: Deadline): void {
        entry.before = this.before;
        entry.after = this;
        this.before.after = entry;
        this.before = entry;
    }
}

/**
 * Time limits of many things that mostly end before: one timer for all that have the same delay, however many they are, and
 * one look at the clock for all that begin in the same turn, when it ends. (100 requests in flight: 1.05 times the answers.)
 * Like {@link TimeLimit} it lets one look at the sockets pass. It does not keep the process alive.
 */
export class Deadlines implements Due {
    nextDue: Due | undefined;
    readonly #rows = new Map<number, Row>();
    /** The end of this turn, if something has begun in it. */
    #now: Moment | undefined;

    /** @param delay - milliseconds from the end of this turn; the longest time that a timer can run stands for never */
    add(entry: Deadline, delay: number): void {
        if (delay >= LONGEST) return;
        let row = this.#rows.get(delay);
        if (!row) this.#rows.set(delay, (row = new Row()));
        entry.since = this.#now ?? this.#begin();
        row.push(entry);
        if (!row.timer) this.#arm(row, delay, delay);
    }

    endTurn(): void {
        if (this.#now) this.#now.time = performance.now();
        this.#now = undefined;
    }

    /** Lets go of the timers that are not needed: what nobody uses any more must not be kept by them. */
    tidy(): void {
        for (const [delay, row] of this.#rows) {
            if (row.oldest) continue;
            clearTimeout(row.timer);
            this.#rows.delete(delay);
        }
    }

    #begin(): Moment {
        const now = { time: Infinity };
        this.#now = now;
        atEndOfTurn(this);
        return now;
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
            const left = (entry.since as Moment).time + delay - now;
            // A timer of Node may run a fraction of a millisecond early.
            if (left >= 1) {
                this.#arm(row, delay, Math.min(left, delay)); // the turn of the oldest may last yet
                return;
            }
            unlink(entry);
            entry.expire();
        }
        if (this.#rows.get(delay) === row) this.#rows.delete(delay);
    }
}
