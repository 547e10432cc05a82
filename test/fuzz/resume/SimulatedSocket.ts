import type net from "node:net";
import { Duplex } from "node:stream";

/** What is on its way to a socket: bytes, the end of the peer, or a reset. */
type Parcel = Buffer | "end" | "reset";

/** One end of a simulated connection. What its peer writes is on its way until `deliver()`. */
export class SimulatedSocket extends Duplex {
    connecting = true;
    peer!: SimulatedSocket;
    /** True if nothing arrives any more at either end, and neither is told. */
    isPartitioned = false;
    #parcels: Parcel[] = [];
    #hasPeerEnded = false;

    constructor() {
        super({ allowHalfOpen: false });
    }

    /** As `net.Socket`. */
    get pending(): boolean {
        return this.connecting;
    }

    /** As the type that the library expects. */
    get socket(): net.Socket {
        return this as unknown as net.Socket;
    }

    /** True while something is on its way to this end. */
    get expects(): boolean {
        return this.#parcels.length > 0 && !this.destroyed && !this.isPartitioned;
    }

    setNoDelay(): this {
        return this;
    }

    /** Lets at most this number of bytes arrive, or the end of the peer. */
    deliver(bytes: number): void {
        if (!this.expects) return;
        const parcel = this.#parcels.shift() as Parcel;
        if (parcel === "reset") {
            this.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", syscall: "read" }));
        } else if (parcel === "end") {
            this.#hasPeerEnded = true;
            this.push(null);
        } else {
            if (parcel.length > bytes) this.#parcels.unshift(parcel.subarray(bytes));
            this.push(parcel.subarray(0, bytes));
        }
    }

    /** Breaks the connection as this end sees it: what is on its way to this end is lost. */
    reset(): void {
        this.#parcels = ["reset"];
    }

    /** Nothing arrives any more at either end. */
    partition(): void {
        this.isPartitioned = this.peer.isPartitioned = true;
    }

    #send(parcel: Parcel): void {
        const { peer } = this;
        if (!peer.destroyed) peer.#parcels.push(parcel);
        else if (parcel !== "end") this.#parcels.push("reset");
    }

    override _read(): void {
        // deliver() pushes
    }

    override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
        if (chunk.length > 0) this.#send(Buffer.from(chunk));
        done();
    }

    override _final(done: () => void): void {
        this.#send("end");
        done();
    }

    override _destroy(error: Error | null, done: (error: Error | null) => void): void {
        const hasUnread = this.#parcels.some((parcel) => Buffer.isBuffer(parcel));
        this.#parcels = [];
        // As TCP: a socket that is closed with unread bytes resets the connection.
        if (!this.peer.destroyed && !this.writableFinished) this.#send(hasUnread ? "reset" : "end");
        else if (!this.#hasPeerEnded && hasUnread) this.#send("reset");
        done(error);
    }
}
