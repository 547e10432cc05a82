import { performance } from "node:perf_hooks";
import process from "node:process";
import * as timers from "node:timers";

// Test runners replace the global timers by fake ones. `setImmediate` is no measure of time: without it no connection is
// made and none ends. So Node's own is used, from the time when the library is loaded.
export const setImmediate = real("setImmediate", timers.setImmediate);
export const clearImmediate = real("clearImmediate", timers.clearImmediate);
// eslint-disable-next-line @typescript-eslint/unbound-method -- a bound function would hide the clock
export const nextTick = real("nextTick", process.nextTick);

/** Node's own timers: for pauses between two looks at the system, which no program wants to fake. */
export const nodeSetTimeout = real("setTimeout", timers.setTimeout);
export const nodeClearTimeout = real("clearTimeout", timers.clearTimeout);

const nodePerformance = performance;
const nodeNow = performance.now.bind(performance);

/** Milliseconds on the clock of the environment, which may be a fake one. Not every realm has the global. */
export function now(): number {
    const clock = (globalThis as { performance?: { now(): number } }).performance ?? nodePerformance;
    return clock.now();
}

/** Node's own function, also where Jest, Vitest or sinon had replaced it when the library was loaded. */
function real<T>(name: string, current: T): T {
    const { clock } = current as { clock?: Record<string, T | undefined> };
    return clock?.[`_${name}`] ?? current;
}

/** True while a test has replaced the global timers. */
export function isClockFaked(): boolean {
    return globalThis.setTimeout !== nodeSetTimeout;
}

/** A timer that can tell whether its time has really passed. */
interface Passing {
    readonly hasPassed: boolean;
}

/**
 * Calls back when the event loop has looked at its sockets once more: after a turn that has taken long, Node runs timers that
 * are due before it reads what has arrived meanwhile (Node 20 to 26). Where a test has moved a fake clock there is nothing to
 * wait for: it calls back at once.
 */
export function afterPoll(timer: Passing, callback: () => void): NodeJS.Immediate | undefined {
    if (timer.hasPassed) return setImmediate(callback);
    callback();
    return undefined;
}

/** A timer as the environment has it: an object in Node, a number in jsdom. */
type Handle = ReturnType<typeof globalThis.setTimeout> | number;

/**
 * One run of the global `setTimeout`, looked up when it starts: time limits follow a fake clock.
 *
 * It is cleared by the `clearTimeout` that belongs to the same clock, whichever is installed by then.
 */
export class Timer {
    readonly #setTimeout = globalThis.setTimeout;
    readonly #clearTimeout = globalThis.clearTimeout;
    readonly #handle: Handle;
    readonly #due: number;

    /** @param delay - milliseconds */
    constructor(callback: () => void, delay: number) {
        this.#due = nodeNow() + delay - 1; // a timer of Node may run a fraction of a millisecond early
        this.#handle = this.#setTimeout.call(globalThis, callback, delay);
    }

    /** Node's timer. */
    get handle(): NodeJS.Timeout {
        return this.#handle as NodeJS.Timeout;
    }

    /** False when another clock has been installed since: this timer may never fire. */
    get isCurrent(): boolean {
        return this.#setTimeout === globalThis.setTimeout;
    }

    /** Whether its time has passed on Node's own clock, and not only on a fake one. */
    get hasPassed(): boolean {
        return nodeNow() >= this.#due;
    }

    /** Lets the process end while it runs. */
    unref(): this {
        unref(this.#handle);
        return this;
    }

    clear(): void {
        this.#clearTimeout.call(globalThis, this.#handle as NodeJS.Timeout);
    }
}

/** A {@link Timer} that repeats. It lets the process end while it runs. */
export class Interval {
    readonly #setInterval = globalThis.setInterval;
    readonly #clearInterval = globalThis.clearInterval;
    readonly #delay: number;
    #began = nodeNow();
    readonly handle: NodeJS.Timeout;

    /** @param delay - milliseconds */
    constructor(callback: () => void, delay: number) {
        this.#delay = delay;
        this.handle = this.#setInterval.call(globalThis, callback, delay);
        unref(this.handle);
    }

    /** See {@link Timer.isCurrent}. */
    get isCurrent(): boolean {
        return this.#setInterval === globalThis.setInterval;
    }

    /** Whether the time since the last look has passed on Node's own clock, and not only on a fake one. */
    get hasPassed(): boolean {
        const began = this.#began;
        this.#began = nodeNow();
        return this.#began - began >= this.#delay - 1;
    }

    clear(): void {
        this.#clearInterval.call(globalThis, this.handle);
    }
}

function unref(handle: Handle): void {
    if (typeof handle === "object") (handle as Partial<NodeJS.Timeout>).unref?.();
}
