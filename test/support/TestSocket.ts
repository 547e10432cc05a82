import type net from "node:net";
import { Duplex } from "node:stream";
import type { Envelope } from "../../src/protocol/Envelope";
import { later } from "./pair";

/** A socket without a network. It is destroyed after the test. */
export class TestSocket extends Duplex {
    /** True to accept no bytes until `accept()`, as a system whose buffer is full. */
    isSlow = false;
    /** Chunks that were written. */
    readonly chunks: Buffer[] = [];
    #callbacks: (() => void)[] = [];

    constructor() {
        super({ read: () => undefined });
        this.on("error", () => undefined);
        later(() => this.destroy());
    }

    /** All that was written. */
    get text(): string {
        return Buffer.concat(this.chunks).toString();
    }

    /** Frames that were written, of JSON and newlines. */
    get frames(): Envelope[] {
        return this.text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Envelope]));
    }

    /** As the type that the library expects. */
    get asSocket(): net.Socket {
        return this as unknown as net.Socket;
    }

    /** Accepts the bytes that were written, and all later ones. */
    accept(): void {
        this.isSlow = false;
        for (const callback of this.#callbacks.splice(0)) callback();
    }

    override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
        if (chunk.length > 0) this.chunks.push(chunk);
        if (this.isSlow) this.#callbacks.push(done);
        else done();
    }

    /** Calls back pending writes without an error, as the socket of Node 20 does. */
    override _destroy(error: Error | null, done: (error: Error | null) => void): void {
        process.nextTick(() => {
            this.accept();
        });
        done(error);
    }
}
