import { nextTick } from "../runtime/clock";
import { SockhopError } from "../SockhopError";
import type { SockhopResponsePacket } from "../protocol/SockhopRequest";
import { uuidv4 } from "../protocol/uuid";
import { FifoQueue } from "./FifoQueue";
import { CallContext } from "./CallContext";
import { TypedEmitter } from "../emitter/TypedEmitter";
import { emitSafely } from "../emitter/emitSafely";

/** A piece of an answer. */
// As with messages, the receiver is the one who knows what it is.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface Packet<T = any> {
    data: T;
    /** Class name of the data at the sender. */
    type: string;
}

/** Events of a {@link SockhopResponseReadableStream}. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface ResponseEvents<T = any> {
    /** A piece of the answer. What came before somebody listened is delivered when somebody does. */
    data: [data: T, type: string];
    /** Nothing more comes. Once; also told to those who listen only afterwards. With the error, if it ended by one. */
    end: [error: Error | undefined];
}

/** Somebody who waits for the next packet, or for the end. */
interface Reader<T> {
    /** Wants the empty packet of `end()`, too. */
    alsoEmpty: boolean;
    resolve(packet: Packet<T> | undefined): void;
    reject(error: Error): void;
}

/**
 * The answer to a request, as it arrives.
 *
 * Take it in one way of three: by the events, by `next()` and `all()`, or by `for await (const { data, type } of
 * stream)`. Packets are kept until they are taken.
 *
 * It ends by the last packet, or by an error: `ERR_RESPONSE_TIMEOUT`, `ERR_ABORTED`, `ERR_SOCKET_DESTROYED`,
 * `ERR_REQUEST_FAILED`, `ERR_REQUEST_UNHANDLED`. When it is ended at this end, the responder is told.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export class SockhopResponseReadableStream<T = any>
    extends TypedEmitter<ResponseEvents<T>>
    implements AsyncIterable<Packet<T>>
{
    readonly uuid: string;
    readonly #released: ((finished: boolean) => void) | undefined;
    /** What nobody has taken yet. */
    #kept = new FifoQueue<{ packet: Packet<T>; empty: boolean }>();
    readonly #takers = new FifoQueue<Reader<T>>();
    readonly #context = new CallContext();
    /** Somebody takes packets, by `next()` and the like: keep them even though others listen. */
    #pulled = false;
    /** What is kept is being given to those who listen. */
    #flushing = false;
    #ended = false;
    #toldEnd = false;
    #error: Error | undefined;

    /** @param options - `released` (internal) is called at the end, with whether the responder has finished */
    constructor({ uuid, released }: { uuid?: string; released?: (finished: boolean) => void } = {}) {
        super();
        this.uuid = uuid ?? uuidv4();
        this.#released = released;
        this.on("newListener", (event: string | symbol, listener: (error?: Error) => void) => {
            if (event === "data") nextTick(() => this.#flush());
            if (event === "end" && this.#toldEnd) nextTick(() => this.#tellEnd(listener));
        });
    }

    static from_request({ uuid }: { uuid: string }): SockhopResponseReadableStream {
        return new this({ uuid });
    }

    get ended(): boolean {
        return this.#ended;
    }

    /**
     * The next packet. It then ends the stream, since most answers are a single packet; with `keep_open` it does not,
     * and can be called again.
     *
     * Rejects with the error by which the stream has ended, or with `ERR_RESPONSE_END` when it has ended without one. A
     * stream that is closed by `end()` contributes a last packet `{ data: {}, type: "Object" }`, as in 1.8, but not
     * with `keep_open`.
     */
    async next(options?: { keep_open?: boolean } | null): Promise<Packet<T>> {
        const keep_open = options?.keep_open ?? false;
        const taken = this.#take(!keep_open);
        // In the turn of the packet, as 1.8 does, and not when the caller gets it.
        const packet = await (keep_open ? taken : taken.finally(() => this.end()));
        if (!packet) throw new SockhopError("The response has ended", "ERR_RESPONSE_END");
        return packet;
    }

    /**
     * All packets, when the stream has ended. Rejects with the error by which it has ended.
     *
     * A stream that was closed by `end()` contributes a last packet as with `next()`.
     */
    async all(): Promise<Packet<T>[]> {
        const packets: Packet<T>[] = [];
        for (let packet; (packet = await this.#take(true));) packets.push(packet);
        return packets;
    }

    /** The packets as they come, without the empty one of `end()`. Leaving the loop ends the stream. */
    async *[Symbol.asyncIterator](): AsyncGenerator<Packet<T>, void, void> {
        try {
            for (let packet; (packet = await this.#take());) yield packet;
        } finally {
            this.end();
        }
    }

    /** Ends the stream at this end. What comes after that is dropped. */
    end(error?: Error): void {
        this.#end(false, error);
    }

    /** Takes what has arrived for this request. */
    receive_packet(packet: SockhopResponsePacket): void {
        if (this.#ended) return;
        const { type, last, empty = false } = packet;
        const data = packet.data as T;
        const flowing = this.listenerCount("data") > 0;
        // Behind what came before: those who listen now may not have got that yet.
        if (!flowing || this.#pulled || this.#kept.length > 0) this.#kept.push({ packet: { data, type }, empty });
        if (flowing && (this.#pulled || this.#kept.length === 0)) this.#emit("data", data, type);
        else this.#flush();
        this.#serve();
        if (last) this.#end(true);
    }

    /** The error that came instead of an answer. */
    receive_failure(error: Error): void {
        this.#end(true, error);
    }

    #end(finished: boolean, error?: Error): void {
        if (this.#ended) return;
        this.#ended = true;
        this.#error = error;
        this.#released?.(finished);
        if (this.#flushing) this.#kept = new FifoQueue(); // ended by who listens: what is behind is not wanted
        this.#serve();
        this.#flush();
        this.#toldEnd = true;
        this.#emit("end", error);
    }

    /** The end for one who listens only afterwards. Those who have begun to listen to the data with it get that before. */
    #tellEnd(listener: (error?: Error) => void): void {
        this.#flush();
        const registered = this.rawListeners("end").find(
            (each) => each === listener || (each as { listener?: unknown }).listener === listener,
        );
        if (registered) this.#context.run(() => void registered.call(this, this.#error));
    }

    #emit(event: string, ...args: unknown[]): void {
        this.#context.run(emitSafely, this, event, ...args);
    }

    /** The next packet, or nothing at the end. */
    #take(alsoEmpty = false): Promise<Packet<T> | undefined> {
        this.#pulled = true;
        return new Promise((resolve, reject) => {
            this.#takers.push({ alsoEmpty, resolve, reject });
            this.#serve();
        });
    }

    /** Gives what is kept, and then the end, to those who wait. */
    #serve(): void {
        for (let taker; (taker = this.#takers.first) && (this.#kept.length > 0 || this.#ended);) {
            const kept = this.#kept.shift();
            if (kept?.empty && !taker.alsoEmpty) continue;
            this.#takers.shift();
            if (kept || !this.#error) taker.resolve(kept?.packet);
            else taker.reject(this.#error);
        }
    }

    /** Gives what is kept to those who have begun to listen. */
    #flush(): void {
        if (this.#flushing) return;
        this.#flushing = true;
        while (!this.#pulled && this.listenerCount("data") > 0) {
            const kept = this.#kept.shift();
            if (!kept) break;
            this.#emit("data", kept.packet.data, kept.packet.type);
        }
        this.#flushing = false;
    }
}
