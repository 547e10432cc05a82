/** Characters of the bar. */
const WIDTH = 40;

/** Bar in a line of stderr, with a text behind it. Does nothing if stderr is no terminal. */
export class ProgressBar {
    readonly #err: NodeJS.WriteStream;

    constructor(err: NodeJS.WriteStream = process.stderr) {
        this.#err = err;
    }

    /** @param share - 0 to 1 */
    show(share: number, text: string): void {
        const full = Math.round(WIDTH * share);
        this.#write(`${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${Math.round(100 * share)}%  ${text}`);
    }

    /** Removes the bar. */
    clear(): void {
        this.#write("");
    }

    /** Replaces the line. */
    #write(line: string): void {
        if (this.#err.isTTY) this.#err.write(`\r${line}\x1b[K`);
    }
}
