import { performance } from "node:perf_hooks";
import process from "node:process";
import * as timers from "node:timers";

// Test runners replace the global timers by fake ones. `setImmediate` does not measure time, and without it no
// connection opens or closes. So these functions are those of Node, read when the library is loaded.
//
// Nothing here clears an immediate. If a tick throws, clears the next immediate, and the program handles uncaught
// exceptions, Node throws an error of its own in each turn, forever (`processImmediate`, Node 20 to 26).
export const setImmediate = real("setImmediate", timers.setImmediate);
// eslint-disable-next-line @typescript-eslint/unbound-method -- a bound function would hide the clock
export const nextTick = real("nextTick", process.nextTick);

/** Timers of Node: for pauses between two checks of the operating system, which no test needs to fake. */
export const nodeSetTimeout = real("setTimeout", timers.setTimeout);
export const nodeClearTimeout = real("clearTimeout", timers.clearTimeout);

/** Clocks of Node, which a test cannot fake either: for waits on other processes. */
export const nodeNow = performance.now.bind(performance);
// eslint-disable-next-line @typescript-eslint/unbound-method -- does not use `this`
export const nodeDateNow = real("Date", Date).now;

const nodePerformance = performance;

/**
 * Returns the time in milliseconds on the global clock, which a test may fake. Some realms have no global
 * `performance`.
 */
export function now(): number {
    const clock = (globalThis as { performance?: { now(): number } }).performance ?? nodePerformance;
    return clock.now();
}

/** Returns the function of Node, even if Jest, Vitest or sinon had replaced it before the library was loaded. */
function real<T>(name: string, current: T): T {
    const { clock } = current as { clock?: Record<string, T | undefined> };
    return clock?.[`_${name}`] ?? current;
}

/** Returns a global timer function, which a test may fake. A realm of `node:vm` may have none: then that of Node. */
function timer<N extends "clearInterval" | "clearTimeout" | "setInterval" | "setTimeout">(name: N): (typeof timers)[N] {
    return (globalThis as Partial<typeof timers>)[name] ?? timers[name];
}

/** True while a test has replaced the global timers. */
export function isClockFaked(): boolean {
    return timer("setTimeout") !== nodeSetTimeout;
}

/** Timer that distinguishes real time from the time of a fake clock. */
interface RealTimer {
    readonly hasPassed: boolean;
}

/**
 * Calls back after the event loop has polled its sockets once more. After a long tick, Node runs the timers that are
 * due before it reads the bytes that have arrived in the meantime (Node 20 to 26). Calls back at once if the time has
 * passed only on a fake clock, because there is nothing to wait for then.
 */
export function afterPoll(timer: RealTimer, callback: () => void): void {
    if (timer.hasPassed) setImmediate(callback);
    else callback();
}

/** Result of the global `setTimeout`: an object in Node, a number in jsdom. */
type Handle = ReturnType<typeof globalThis.setTimeout> | number;

/**
 * One call of the global `setTimeout`, read at the time of the call, so that timeouts follow a fake clock.
 *
 * It is cleared with `clearTimeout` of the same clock, even if another clock is installed by then.
 */
export class Timer {
    readonly #setTimeout = timer("setTimeout");
    readonly #clearTimeout = timer("clearTimeout");
    readonly #handle: Handle;
    readonly #due: number;

    /** @param delay - milliseconds */
    constructor(callback: () => void, delay: number) {
        this.#due = nodeNow() + delay - 1; // a timer of Node can fire a fraction of a millisecond early
        this.#handle = this.#setTimeout.call(globalThis, callback, delay);
    }

    /** Timer object of Node. */
    get handle(): NodeJS.Timeout {
        return this.#handle as NodeJS.Timeout;
    }

    /** False after another clock was installed: this timer may never fire. */
    get isCurrent(): boolean {
        return this.#setTimeout === timer("setTimeout");
    }

    /** True if the delay has passed on the clock of Node, and not only on a fake one. */
    get hasPassed(): boolean {
        return nodeNow() >= this.#due;
    }

    /** Lets the process exit while the timer runs. */
    unref(): this {
        unref(this.#handle);
        return this;
    }

    clear(): void {
        this.#clearTimeout.call(globalThis, this.#handle as NodeJS.Timeout);
    }
}

/** {@link Timer} that repeats. Lets the process exit while it runs. */
export class Interval {
    readonly #setInterval = timer("setInterval");
    readonly #clearInterval = timer("clearInterval");
    readonly #delay: number;
    #startedAt = nodeNow();
    readonly handle: NodeJS.Timeout;

    /** @param delay - milliseconds */
    constructor(callback: () => void, delay: number) {
        this.#delay = delay;
        this.handle = this.#setInterval.call(globalThis, callback, delay);
        unref(this.handle);
    }

    /** See {@link Timer.isCurrent}. */
    get isCurrent(): boolean {
        return this.#setInterval === timer("setInterval");
    }

    /**
     * True if the delay has passed on the clock of Node, and not only on a fake one, since this property was last read.
     * Read it once for each callback.
     */
    get hasPassed(): boolean {
        const startedAt = this.#startedAt;
        this.#startedAt = nodeNow();
        return this.#startedAt - startedAt >= this.#delay - 1;
    }

    clear(): void {
        this.#clearInterval.call(globalThis, this.handle);
    }
}

function unref(handle: Handle): void {
    if (typeof handle === "object") (handle as Partial<NodeJS.Timeout>).unref?.();
}
