import { Timer, afterPoll, clearImmediate } from "../runtime/clock";

/**
 * A time limit that lets the event loop look at its sockets once more before it strikes: after a turn that has taken
 * long, Node runs timers that are due before it reads what has arrived meanwhile (Node 20 to 26).
 */
export class GraceTimeout {
    readonly #timer: Timer;
    #grace: NodeJS.Immediate | undefined;

    constructor(delay: number, expired: () => void) {
        this.#timer = new Timer(() => {
            this.#grace = afterPoll(this.#timer, expired);
        }, delay);
    }

    /** Does not keep the process alive. */
    unref(): this {
        this.#timer.unref();
        return this;
    }

    /** See {@link Timer.isCurrent}. */
    get isCurrent(): boolean {
        return this.#timer.isCurrent;
    }

    clear(): void {
        this.#timer.clear();
        if (this.#grace) clearImmediate(this.#grace);
    }
}
