import type { Socket } from "node:net";
import { ObjectBuffer, SockhopPing } from "../../index";

/** Sends pings over the socket of a client, and measures when they come back. Every sockhop peer answers them. */
export class Pinger {
    readonly #socket: Socket;
    readonly #buffer: ObjectBuffer;
    readonly #waiting = new Map<unknown, (answered: boolean) => void>();
    readonly #arrived = (chunk: Buffer): void => {
        for (const value of this.#buffer.buf2obj(chunk)) this.#read(value);
    };
    readonly #gone = (): void => {
        for (const settle of this.#waiting.values()) settle(false);
    };

    constructor(socket: Socket, terminator: string | undefined) {
        this.#socket = socket;
        this.#buffer = new ObjectBuffer({ terminator });
        this.#buffer.on("error", () => undefined); // the client reads the same bytes, and tells
        socket.on("data", this.#arrived).on("close", this.#gone);
    }

    /** Resolves to the milliseconds until the answer, or to nothing when none has come within `limit` milliseconds. */
    ping(limit: number): Promise<number | undefined> {
        if (this.#socket.destroyed) return Promise.resolve(undefined);
        const data = new SockhopPing();
        const frame = this.#buffer.obj2buf({ type: "SockhopPing", data }) as Buffer;
        return new Promise((resolve) => {
            const start = performance.now();
            const timer = setTimeout(() => {
                settle(false);
            }, limit);
            const settle = (answered: boolean): void => {
                clearTimeout(timer);
                this.#waiting.delete(data._id);
                resolve(answered ? performance.now() - start : undefined);
            };
            this.#waiting.set(data._id, settle);
            this.#socket.write(frame);
        });
    }

    /** Forgets the pings that wait for their answer, and hears no more. */
    close(): void {
        this.#socket.off("data", this.#arrived).off("close", this.#gone);
        this.#gone();
    }

    #read(value: unknown): void {
        // A peer may have sent anything.
        const { type, data } = (value ?? {}) as { type?: unknown; data?: { _id?: unknown } | null };
        if (type === "SockhopPong") this.#waiting.get(data?._id)?.(true);
    }
}
