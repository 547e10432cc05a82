import { Writable } from "node:stream";
import { Output, type OutputFlags } from "../../src/cli/terminal/Output";

/** Replaces stdout or stderr. */
export class CapturedStream extends Writable {
    text = "";
    isTTY = false;
    columns = 80;
    #release: (() => void) | undefined;

    /** @param isStuck - true to block writes until release() */
    constructor(private isStuck = false) {
        super({ decodeStrings: false });
    }

    override _write(chunk: string, _encoding: BufferEncoding, callback: () => void): void {
        this.text += chunk;
        if (this.isStuck) this.#release = callback;
        else callback();
    }

    release(): void {
        this.isStuck = false;
        this.#release?.();
    }

    get lines(): string[] {
        return this.text.split("\n").slice(0, -1);
    }
}

/** Creates an output that prints to memory. */
export function outputOf(
    flags: OutputFlags = {},
    out = new CapturedStream(),
    err = new CapturedStream(),
): { output: Output; out: CapturedStream; err: CapturedStream } {
    const [stdout, stderr] = [out, err].map((output) => output as unknown as NodeJS.WriteStream);
    return { output: new Output(flags, stdout, stderr), out, err };
}
