import { MAX_TIMEOUT } from "../validators";
import { type TickTask, atEndOfTick } from "./endOfTick";
import { Timer, afterPoll, isClockFaked, now } from "../runtime/clock";

/** Rows that are kept for the next that have the same delay, although they are empty. Programs use few different delays. */
const MAX_EMPTY_LISTS = 16;

/** The end of a turn of the event loop. */
interface TickEnd {
    /** On the clock of `performance.now()`; later than anything while the turn lasts. */
    time: number;
}

/** A link in a ring. In no ring it is its own neighbour. */
export interface Link {
    before: Link;
    after: Link;
}

/** What has a time to end: a link in the ring of those with the same delay. */
export interface TimerEntry extends Link {
    /** The delay begins there. */
    since: TickEnd | undefined;
    /** The time has come. It is not linked any more, and may be added again. */
    expire(deadlines: TimerLists, delay: number): void;
}

/** Nothing ends any more. May be called at any time. */
export function unlink(entry: Link): void {
    const { before, after } = entry;
    before.after = after;
    after.before = before;
    entry.before = entry;
    entry.after = entry;
    if (before === after && before instanceof TimerList) before.emptied();
}

/** All that expire after the same delay, so that the oldest is the first of them. The ring begins and ends here. */
class TimerList implements Link {
    before: Link = this;
    after: Link = this;
    /** For the oldest; it stays when that has ended. */
    timer: Timer | undefined;
    /** When the timer fires, on the clock of `performance.now()`. */
    due = 0;

    constructor(
        readonly delay: number,
        private readonly rows: Map<number, TimerList>,
    ) {}

    get oldest(): TimerEntry | undefined {
        return this.after === this ? undefined : (this.after as TimerEntry);
    }

    push(entry: TimerEntry): void {
        entry.before = this.before;
        entry.after = this;
        this.before.after = entry;
        this.before = entry;
    }

    /** The last has ended. A timer for each of many delays would run on for nothing. */
    emptied(): void {
        if (this.rows.size > MAX_EMPTY_LISTS || this.rows.get(this.delay) !== this) this.remove();
    }

    remove(): void {
        this.timer?.clear();
        this.timer = undefined;
        if (this.rows.get(this.delay) === this) this.rows.delete(this.delay);
    }
}

/**
 * Time limits of many things that mostly end before: one timer for all that have the same delay, however many they are, and
 * one look at the clock for all that begin in the same turn, when it ends. (100 requests in flight: 1.05 times the answers.)
 * Like {@link TimeLimit} it lets one look at the sockets pass. It does not keep the process alive.
 */
export class TimerLists implements TickTask {
    nextTask: TickTask | undefined;
    readonly #rows = new Map<number, TimerList>();
    /** The end of this turn, if something has begun in it. */
    #now: TickEnd | undefined;

    /** @param isAlone - whether each limit gets a timer of its own */
    constructor(private readonly isAlone = isClockFaked) {}

    /** @param delay - milliseconds from the end of this turn; the longest time that a timer can run stands for never */
    add(entry: TimerEntry, delay: number): void {
        if (delay >= MAX_TIMEOUT) return;
        if (this.isAlone()) {
            this.#addAlone(entry, delay);
            return;
        }
        let row = this.#rows.get(delay);
        if (!row) this.#rows.set(delay, (row = new TimerList(delay, this.#rows)));
        entry.since = this.#now ?? this.#begin();
        row.push(entry);
        if (!row.timer?.isCurrent) this.#arm(row, now(), delay);
    }

    /** With a timer of its own: a fake clock may move without `performance.now()`, which shared timers are measured by. */
    #addAlone(entry: TimerEntry, delay: number): void {
        const time = now();
        const row = new TimerList(delay, this.#rows);
        entry.since = { time };
        row.push(entry);
        this.#arm(row, time, delay);
    }

    endTick(): void {
        if (this.#now) this.#now.time = now();
        this.#now = undefined;
    }

    /** Lets go of the timers that are not needed: what nobody uses any more must not be kept by them. */
    removeEmpty(): void {
        for (const row of [...this.#rows.values()]) if (!row.oldest) row.remove();
    }

    #begin(): TickEnd {
        const moment = { time: Infinity };
        this.#now = moment;
        atEndOfTick(this);
        return moment;
    }

    #arm(row: TimerList, from: number, time: number): void {
        row.timer?.clear();
        row.due = from + time;
        const timer = new Timer(() => {
            // Where only the timers are faked, this clock stands still: at the earliest it is then.
            const fired = Math.max(now(), row.due);
            afterPoll(timer, () => {
                if (row.timer === timer) this.#expire(row, fired);
            });
        }, time).unref();
        row.timer = timer;
    }

    #expire(row: TimerList, fired: number): void {
        for (let entry = row.oldest; entry; entry = row.oldest) {
            const left = (entry.since as TickEnd).time + row.delay - fired;
            // A timer of Node may run a fraction of a millisecond early.
            if (left >= 1) {
                this.#arm(row, fired, Math.min(left, row.delay)); // the turn of the oldest may last yet
                return;
            }
            unlink(entry);
            entry.expire(this, row.delay);
        }
        row.remove();
    }
}
