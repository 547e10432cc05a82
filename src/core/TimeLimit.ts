/**
 * A time limit that lets the event loop look at its sockets once more before it strikes: after a turn that has taken
 * long, Node runs timers that are due before it reads what has arrived meanwhile (Node 20 to 26).
 */
export class TimeLimit {
    readonly #timer: NodeJS.Timeout;
    #grace: NodeJS.Immediate | undefined;

    constructor(delay: number, expired: () => void) {
        this.#timer = setTimeout(() => {
            this.#grace = setImmediate(expired);
        }, delay);
    }

    /** Does not keep the process alive. */
    unref(): this {
        this.#timer.unref();
        return this;
    }

    clear(): void {
        clearTimeout(this.#timer);
        clearImmediate(this.#grace);
    }
}
