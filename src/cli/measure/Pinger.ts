import type { Socket } from "node:net";
import { ObjectBuffer, SockhopPing } from "../../index";
import type { ConnectionFlags } from "../arguments/connectionOptions";

/** Sends pings over the socket of a client, and measures the time until their replies. */
export class Pinger {
    readonly #socket: Socket;
    /** Pings are lines, also among frames of bytes. */
    readonly #writer: ObjectBuffer;
    readonly #reader: ObjectBuffer;
    readonly #pending = new Map<unknown, (replied: boolean) => void>();
    readonly #onData = (chunk: Buffer): void => {
        for (const value of this.#reader.buf2obj(chunk)) this.#onMessage(value);
    };
    readonly #onClose = (): void => {
        for (const settle of this.#pending.values()) settle(false);
    };

    constructor(socket: Socket, { terminator, codec }: ConnectionFlags) {
        this.#socket = socket;
        this.#writer = new ObjectBuffer({ terminator });
        this.#reader = new ObjectBuffer({ terminator, codec });
        this.#reader.on("error", () => undefined); // the client reads the same bytes and reports the error
        socket.on("data", this.#onData).on("close", this.#onClose);
    }

    /** Resolves to the round-trip time in milliseconds, or to `undefined` without a reply within `timeout` milliseconds. */
    ping(timeout: number): Promise<number | undefined> {
        if (this.#socket.destroyed) return Promise.resolve(undefined);
        const data = new SockhopPing();
        const frame = this.#writer.obj2buf({ type: "SockhopPing", data }) as Buffer;
        return new Promise((resolve) => {
            const start = performance.now();
            const timer = setTimeout(() => {
                settle(false);
            }, timeout);
            const settle = (replied: boolean): void => {
                clearTimeout(timer);
                this.#pending.delete(data._id);
                resolve(replied ? performance.now() - start : undefined);
            };
            this.#pending.set(data._id, settle);
            this.#socket.write(frame);
        });
    }

    /** Resolves pending pings to `undefined`, and stops reading. */
    close(): void {
        this.#socket.off("data", this.#onData).off("close", this.#onClose);
        this.#onClose();
    }

    #onMessage(value: unknown): void {
        // The buffer does not check values: a peer may send any JSON.
        const { type, data } = (value ?? {}) as { type?: unknown; data?: { _id?: unknown } | null };
        if (type === "SockhopPong") this.#pending.get(data?._id)?.(true);
    }
}
