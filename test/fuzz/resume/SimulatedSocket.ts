import { Socket } from "node:net";
import { nextTick } from "node:process";

/** What is on its way to a socket: bytes, the end of the peer, or a reset. */
type Parcel = Buffer | "end" | "reset";

/** Longer writes have to wait: the system copies them when the peer reads. */
const MAX_COPIED = 131_072;

/** Large parcels arrive in at least this number of pieces. */
const PIECES = 8;

/** A write of which the system has not copied all bytes. */
interface PendingWrite {
    bytes: Buffer;
    done: () => void;
}

/**
 * One end of a simulated connection. What its peer writes is on its way until `deliver()`.
 *
 * It is a socket of Node with methods below those of the stream, so that the library uses the memory of written bytes again.
 */
export class SimulatedSocket extends Socket {
    override connecting = true;
    peer!: SimulatedSocket;
    /** True if nothing arrives any more at either end, and neither is told. */
    isPartitioned = false;
    #parcels: Parcel[] = [];
    #pending: PendingWrite | undefined;
    #hasPeerEnded = false;

    constructor() {
        super({ allowHalfOpen: false });
        Object.defineProperty(this, "pending", { get: () => this.connecting });
    }

    /** As the type that the library expects. */
    get socket(): Socket {
        return this;
    }

    /** True while something is on its way to this end. */
    get expects(): boolean {
        const isOnItsWay = this.#parcels.length > 0 || this.peer.#pending !== undefined;
        return isOnItsWay && !this.destroyed && !this.isPartitioned;
    }

    override setNoDelay(): this {
        return this;
    }

    /** Lets at most this number of bytes arrive, or more of a large write, or the end of the peer. */
    deliver(bytes: number): void {
        if (!this.expects) return;
        if (this.#parcels.length === 0) {
            this.push(this.peer.#copyPending(bytes));
            return;
        }
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

    #copyPending(bytes: number): Buffer {
        const pending = this.#pending as PendingWrite;
        const size = Math.max(bytes, Math.ceil(MAX_COPIED / PIECES));
        const copy = Buffer.from(pending.bytes.subarray(0, size));
        pending.bytes = pending.bytes.subarray(size);
        if (pending.bytes.length === 0) {
            this.#pending = undefined;
            nextTick(pending.done);
        }
        return copy;
    }

    override _read(): void {
        // deliver() pushes
    }

    /** Called by `_write()` and `_writev()` of Node. */
    _writeGeneric(isMany: boolean, data: unknown, encoding: BufferEncoding, done: () => void): void {
        const chunks = isMany
            ? (data as { chunk: string | Buffer; encoding: BufferEncoding }[])
            : [{ chunk: data as string | Buffer, encoding }];
        const buffers = chunks.map((each) =>
            typeof each.chunk === "string" ? Buffer.from(each.chunk, each.encoding) : each.chunk,
        );
        const [first] = buffers;
        // Not copied: the system refers to them.
        const bytes = buffers.length === 1 && first ? first : Buffer.concat(buffers);
        if (bytes.length > MAX_COPIED && !this.peer.destroyed) {
            this.#pending = { bytes, done };
            return;
        }
        if (bytes.length > 0) this.#send(Buffer.from(bytes));
        done();
    }

    override _final(done: () => void): void {
        this.#send("end");
        done();
    }

    override _destroy(error: Error | null, done: (error: Error | null) => void): void {
        const { peer } = this;
        const hasUnread = peer.#pending !== undefined || this.#parcels.some((parcel) => Buffer.isBuffer(parcel));
        const pending = this.#pending;
        this.#pending = undefined;
        this.#parcels = [];
        // As TCP: a socket that is closed with unread bytes resets the connection.
        if (!peer.destroyed && !this.writableFinished) this.#send(hasUnread ? "reset" : "end");
        else if (!this.#hasPeerEnded && hasUnread) this.#send("reset");
        done(error);
        nextTick(() => {
            pending?.done(); // as Node: without an error
            this.emit("close", error !== null);
        });
    }
}
