import { Timer, afterPoll } from "../runtime/clock";

/**
 * Timeout that lets the event loop poll its sockets once more before it expires. After a long tick, Node runs the
 * timers that are due before it reads the bytes that have arrived in the meantime (Node 20 to 26).
 */
export class GraceTimeout {
    readonly #timer: Timer;
    #isCleared = false;

    /** @param delay - in milliseconds */
    constructor(delay: number, expired: () => void) {
        this.#timer = new Timer(() => {
            afterPoll(this.#timer, () => {
                if (!this.#isCleared) expired();
            });
        }, delay);
    }

    /** Lets the process exit while the timeout runs. */
    unref(): this {
        this.#timer.unref();
        return this;
    }

    /** See {@link Timer.isCurrent}. */
    get isCurrent(): boolean {
        return this.#timer.isCurrent;
    }

    clear(): void {
        this.#isCleared = true;
        this.#timer.clear();
    }
}
