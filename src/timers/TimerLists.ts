import { Timer, afterPoll, isClockFaked, now } from "../runtime/clock";
import { MAX_TIMEOUT } from "../validators";
import { type TickTask, atEndOfTick } from "./endOfTick";

/**
 * Number of lists up to which empty ones are kept for the next entry with the same delay. Programs use few different
 * delays.
 */
const MAX_EMPTY_LISTS = 16;

/** End of a tick, shared by all entries that were added in it. */
interface TickEnd {
    /** Time of the end on the clock of `performance.now()`; `Infinity` before the end. */
    time: number;
}

/** Node of a circular linked list. A node in no list is linked to itself. */
export interface Link {
    before: Link;
    after: Link;
}

/** Entry that expires after a delay: a node in the list of the entries with the same delay. */
export interface TimerEntry extends Link {
    /** Start of the delay. */
    since: TickEnd | undefined;
    /** Called when the delay has passed. The entry is unlinked then, and can be added again. */
    expire(lists: TimerLists, delay: number): void;
}

/** Removes an entry from its list, so that it does not expire. Has no effect on an entry in no list. */
export function unlink(entry: Link): void {
    const { before, after } = entry;
    before.after = after;
    after.before = before;
    entry.before = entry;
    entry.after = entry;
    if (before === after && before instanceof TimerList) before.onEmpty();
}

/**
 * Entries with the same delay: the oldest is the first one and expires first. This object is the head of the circular
 * list.
 */
class TimerList implements Link {
    before: Link = this;
    after: Link = this;
    /** Timer of the oldest entry. It is not cleared when that entry is unlinked. */
    timer: Timer | undefined;
    /** Time at which the timer fires, on the clock of `performance.now()`. */
    due = 0;

    constructor(
        readonly delay: number,
        private readonly lists: Map<number, TimerList>,
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

    /** Removes the empty list if there are many: each would keep a timer that has no purpose. */
    onEmpty(): void {
        if (this.lists.size > MAX_EMPTY_LISTS || this.lists.get(this.delay) !== this) this.remove();
    }

    remove(): void {
        this.timer?.clear();
        this.timer = undefined;
        if (this.lists.get(this.delay) === this) this.lists.delete(this.delay);
    }
}

/**
 * Timeouts of many operations, which usually end before their timeouts.
 *
 * All entries with the same delay share one timer. All entries of one tick share one reading of the clock, at the end
 * of the tick. (100 requests in flight: 1.05 times the responses.) Like {@link GraceTimeout}, an expired timer lets the
 * event loop poll its sockets once more. The timers do not keep the process alive.
 */
export class TimerLists implements TickTask {
    nextTask: TickTask | undefined;
    readonly #lists = new Map<number, TimerList>();
    /** End of this tick, if an entry was added in it. */
    #tickEnd: TickEnd | undefined;

    /**
     * @param needsOwnTimer - returns true if an entry must not share its timer; by default while a test fakes the clock
     */
    constructor(private readonly needsOwnTimer = isClockFaked) {}

    /**
     * Adds an entry.
     *
     * @param delay - milliseconds from the end of this tick; from `MAX_TIMEOUT` on, the entry never expires
     */
    add(entry: TimerEntry, delay: number): void {
        if (delay >= MAX_TIMEOUT) return;
        if (this.needsOwnTimer()) {
            this.#addWithOwnTimer(entry, delay);
            return;
        }
        let list = this.#lists.get(delay);
        if (!list) this.#lists.set(delay, (list = new TimerList(delay, this.#lists)));
        entry.since = this.#tickEnd ?? this.#startTick();
        list.push(entry);
        if (!list.timer?.isCurrent) this.#startTimer(list, now(), delay);
    }

    /**
     * Adds an entry without a shared timer. A shared timer depends on `performance.now()`, which a fake clock may not
     * advance.
     */
    #addWithOwnTimer(entry: TimerEntry, delay: number): void {
        const time = now();
        const list = new TimerList(delay, this.#lists);
        entry.since = { time };
        list.push(entry);
        this.#startTimer(list, time, delay);
    }

    endTick(): void {
        if (this.#tickEnd) this.#tickEnd.time = now();
        this.#tickEnd = undefined;
    }

    /** Removes empty lists. Their timers would keep an endpoint in memory that the program no longer uses. */
    removeEmpty(): void {
        for (const list of [...this.#lists.values()]) if (!list.oldest) list.remove();
    }

    #startTick(): TickEnd {
        const tickEnd = { time: Infinity };
        this.#tickEnd = tickEnd;
        atEndOfTick(this);
        return tickEnd;
    }

    #startTimer(list: TimerList, from: number, delay: number): void {
        list.timer?.clear();
        list.due = from + delay;
        const timer = new Timer(() => {
            // If a test fakes only the timers, now() stands still. The time is at least `due` here.
            const firedAt = Math.max(now(), list.due);
            afterPoll(timer, () => {
                if (list.timer === timer) this.#expire(list, firedAt);
            });
        }, delay).unref();
        list.timer = timer;
    }

    #expire(list: TimerList, firedAt: number): void {
        for (let entry = list.oldest; entry; entry = list.oldest) {
            const remaining = (entry.since as TickEnd).time + list.delay - firedAt;
            // A timer of Node can fire a fraction of a millisecond early.
            if (remaining >= 1) {
                // `remaining` is Infinity if the tick of the entry has not ended.
                this.#startTimer(list, firedAt, Math.min(remaining, list.delay));
                return;
            }
            unlink(entry);
            entry.expire(this, list.delay);
        }
        list.remove();
    }
}
