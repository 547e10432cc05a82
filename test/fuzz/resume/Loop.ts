import { turn } from "../guard";

/** Lets loops over `messages()` wait. */
export class Gate {
    #opened: Promise<void> | undefined;
    #open: (() => void) | undefined;
    /** True if slow loops are fast from now on. */
    isOver = false;

    close(): void {
        this.#opened ??= new Promise((resolve) => {
            this.#open = resolve;
        });
    }

    open(): void {
        this.#open?.();
        this.#opened = this.#open = undefined;
    }

    /** Opens, and lets no loop wait again: what is left takes no time. */
    end(): void {
        this.isOver = true;
        this.open();
    }

    /** Resolves when the gate is open. */
    pass(): Promise<void> | undefined {
        return this.#opened;
    }
}

/** A loop over `messages()`. It has to get what the handlers of `receive` get. */
export class Loop {
    /** Numbers of the messages that handlers have got since the start of the loop. */
    readonly #expected: number[] = [];
    /** Number of these of which the loop must get all. */
    #owed = 0;
    #count = 0;

    /** @param name - for faults */
    constructor(readonly name: string) {}

    /**
     * Runs until the messages end.
     *
     * @param isSlow - true if the loop waits for a turn of the event loop after each message
     */
    async run(messages: AsyncIterable<{ value: unknown }>, gate: Gate, isSlow: boolean): Promise<void> {
        for await (const { value } of messages) {
            const { n } = value as { n: number };
            const expected = this.#expected[this.#count];
            if (n !== expected) throw new Error(`${this.name}: ${n} comes, and ${expected} was received`);
            this.#count += 1;
            if (isSlow && !gate.isOver) await turn();
            await gate.pass();
        }
        if (this.#count < this.#owed) throw new Error(`${this.name}: has ended after ${this.#count} of ${this.#owed}`);
    }

    /** @param isOwed - false if the loop may have ended */
    expect(n: number, isOwed: boolean): void {
        this.#expected.push(n);
        if (isOwed) this.#owed = this.#expected.length;
    }
}
