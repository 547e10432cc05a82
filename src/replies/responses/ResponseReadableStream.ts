import { checkMethodOptions } from "../../diagnostics/unknownOptions";
import { emitSafely } from "../../emitter/emitSafely";
import { TypedEmitter } from "../../emitter/TypedEmitter";
import type { SockhopResponsePacket } from "../../protocol/SockhopRequest";
import { uuidv4 } from "../../protocol/uuid";
import { nextTick } from "../../runtime/clock";
import { SockhopError } from "../../SockhopError";
import { markHandled } from "../../timers/promises";
import { CallContext } from "../CallContext";
import { FifoQueue } from "../FifoQueue";
import { PacketIterator } from "./PacketIterator";

/** One value of a response. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol the data has any type
export interface Packet<T = any> {
    data: T;
    /** Class name of the data at the sender. */
    type: string;
}

/** Events of a {@link SockhopResponseReadableStream}. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface ResponseEvents<T = any> {
    /** Emitted for each packet. The first listener also gets the packets that arrived before it was added. */
    data: [data: T, type: string];
    /** Emitted once, with the error that ended the stream, if any. A listener that is added later is called, too. */
    end: [error: Error | undefined];
}

/** Pending read: waits for the next packet, or for the end. */
interface Reader<T> {
    /** True to get the empty packet of `end()`, too. */
    includesEmpty: boolean;
    resolve(packet: Packet<T> | undefined): void;
    reject(error: Error): void;
}

/**
 * Response to a request: a stream of packets.
 *
 * Read it in one of three ways: with events, with `next()` or `all()`, or with `for await (const { data, type } of
 * stream)`. Packets are buffered until they are read.
 *
 * The stream ends with the last packet, or with an error: `ERR_RESPONSE_TIMEOUT`, `ERR_ABORTED`,
 * `ERR_SOCKET_DESTROYED`, `ERR_REQUEST_FAILED`, `ERR_REQUEST_UNHANDLED`. If this endpoint ends it first, the responder
 * gets a cancel message.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export class SockhopResponseReadableStream<T = any>
    extends TypedEmitter<ResponseEvents<T>>
    implements AsyncIterable<Packet<T>>
{
    readonly uuid: string;
    readonly #released: ((finished: boolean) => void) | undefined;
    /** Packets that are not read yet. */
    #buffered = new FifoQueue<{ packet: Packet<T>; empty: boolean }>();
    readonly #readers = new FifoQueue<Reader<T>>();
    readonly #context = new CallContext();
    /** True after a read with `next()`, `all()` or `for await`: packets are buffered even if there are listeners. */
    #isPulled = false;
    /** True while buffered packets are emitted. */
    #isFlushing = false;
    #ended = false;
    #hasEmittedEnd = false;
    #error: Error | undefined;

    /** @param options - `released` (internal) is called at the end, with `true` if the responder has finished */
    constructor({
        uuid,
        released,
    }: { uuid?: string | undefined; released?: ((finished: boolean) => void) | undefined } = {}) {
        super();
        this.uuid = uuid ?? uuidv4();
        this.#released = released;
        this.on("newListener", (event: string | symbol, listener: (error?: Error) => void) => {
            if (event === "data") nextTick(() => this.#flush());
            if (event === "end" && this.#hasEmittedEnd) nextTick(() => this.#emitEndTo(listener));
        });
    }

    static from_request({ uuid }: { uuid: string }): SockhopResponseReadableStream {
        return new this({ uuid });
    }

    get ended(): boolean {
        return this.#ended;
    }

    /**
     * Reads the next packet, then ends the stream, because most responses are a single packet. With `keep_open` the
     * stream stays open, and `next()` can be called again.
     *
     * Rejects with the error that ended the stream, or with `ERR_RESPONSE_END` if it ended without one. If the
     * responder calls `end()`, the last packet is `{ data: {}, type: "Object" }`, as in 1.8; with `keep_open` there is
     * no such packet. A caller cannot foresee these errors, so the rejection needs no handler.
     */
    next(options?: { keep_open?: boolean | undefined } | null): Promise<Packet<T>> {
        return markHandled(this.#next(options));
    }

    async #next(options?: { keep_open?: boolean | undefined } | null): Promise<Packet<T>> {
        checkMethodOptions(options, ["keep_open"], "next");
        const keep_open = options?.keep_open ?? false;
        const next = this.#read(!keep_open);
        // Ends the stream in the tick of the packet, as in 1.8, not when the caller gets it.
        const packet = await (keep_open ? next : next.finally(() => this.end()));
        if (!packet) throw new SockhopError("The response has ended", "ERR_RESPONSE_END");
        return packet;
    }

    /**
     * Reads all packets. Resolves when the stream has ended; rejects with the error that ended it, which needs no handler. If
     * this program ends the stream, it resolves to the packets that have arrived, as in 1.8.
     *
     * If the responder calls `end()`, the last packet is empty, as with `next()`.
     */
    all(): Promise<Packet<T>[]> {
        return markHandled(this.#all());
    }

    async #all(): Promise<Packet<T>[]> {
        const packets: Packet<T>[] = [];
        for (let packet; (packet = await this.#read(true));) packets.push(packet);
        return packets;
    }

    /**
     * Iterates over the packets as they arrive, without the empty one of `end()`. Leaving the loop ends the stream at once, also
     * while it waits for a packet.
     */
    [Symbol.asyncIterator](): AsyncIterableIterator<Packet<T>> {
        return new PacketIterator({
            read: () => this.#read(),
            end: () => {
                this.end();
            },
        });
    }

    /** Ends the stream and cancels the request. Later packets are dropped. */
    end(error?: Error): void {
        this.#end(false, error);
    }

    /** Handles a packet that has arrived for this request. */
    receive_packet(packet: SockhopResponsePacket): void {
        if (this.#ended) return;
        const { type, last, empty = false } = packet;
        const data = packet.data as T;
        const isFlowing = this.listenerCount("data") > 0;
        // Keeps the order: new listeners may not have got the buffered packets yet.
        const isBuffered = !isFlowing || this.#isPulled || this.#buffered.length > 0;
        if (isBuffered) this.#buffered.push({ packet: { data, type }, empty });
        if (isFlowing && (this.#isPulled || this.#buffered.length === 0)) this.#emit("data", data, type);
        else this.#flush();
        this.#settleReaders();
        if (last) this.#end(true);
    }

    /** Handles a packet with an error: the request failed at the peer. */
    receive_failure(error: Error): void {
        this.#end(true, error);
    }

    #end(finished: boolean, error?: Error): void {
        if (this.#ended) return;
        this.#ended = true;
        this.#error = error;
        this.#released?.(finished);
        if (this.#isFlushing) this.#buffered = new FifoQueue(); // a listener ended the stream: drop the other packets
        this.#settleReaders();
        this.#flush();
        this.#hasEmittedEnd = true;
        this.#emit("end", error);
    }

    /** Calls an `end` listener that was added after the end. Listeners of `data` that were added with it come first. */
    #emitEndTo(listener: (error?: Error) => void): void {
        this.#flush();
        const registered = this.rawListeners("end").find(
            (other) => other === listener || (other as { listener?: unknown }).listener === listener,
        );
        if (registered) this.#context.run(() => void registered.call(this, this.#error));
    }

    #emit(event: string, ...args: unknown[]): void {
        this.#context.run(emitSafely, this, event, ...args);
    }

    /** Reads the next packet. Resolves to `undefined` at the end. */
    #read(includesEmpty = false): Promise<Packet<T> | undefined> {
        this.#isPulled = true;
        return new Promise((resolve, reject) => {
            this.#readers.push({ includesEmpty, resolve, reject });
            this.#settleReaders();
        });
    }

    /** Settles pending reads with the buffered packets, and then with the end. */
    #settleReaders(): void {
        for (let reader; (reader = this.#readers.first) && (this.#buffered.length > 0 || this.#ended);) {
            const buffered = this.#buffered.shift();
            if (buffered?.empty && !reader.includesEmpty) continue;
            this.#readers.shift();
            if (buffered || !this.#error) reader.resolve(buffered?.packet);
            else reader.reject(this.#error);
        }
    }

    /** Emits the buffered packets, if there are listeners and nothing has read from the stream. */
    #flush(): void {
        if (this.#isFlushing) return;
        this.#isFlushing = true;
        while (!this.#isPulled && this.listenerCount("data") > 0) {
            const buffered = this.#buffered.shift();
            if (!buffered) break;
            this.#emit("data", buffered.packet.data, buffered.packet.type);
        }
        this.#isFlushing = false;
    }
}
