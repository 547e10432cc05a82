import { once } from "node:events";
import { type WriteStream, createWriteStream } from "node:fs";

/** File with the messages of a tap, a line of JSON for each. There is none without a path. */
export class Recording {
    readonly stream: WriteStream | undefined;
    /** Rejects if the file cannot be written. Never resolves. */
    readonly failure: Promise<never>;

    constructor(path: string | undefined) {
        this.stream = path === undefined ? undefined : createWriteStream(path, { flags: "a", mode: 0o600 });
        this.failure = new Promise((_, reject) => this.stream?.on("error", reject));
        this.failure.catch(() => undefined); // may reject before the command handles it
    }

    /** Resolves when everything is written. */
    async close(): Promise<void> {
        if (!this.stream || this.stream.errored) return;
        this.stream.end();
        await once(this.stream, "close");
    }
}
