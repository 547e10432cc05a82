import type { Identified } from "../codec/Encoder";
import type { RequestSpan } from "../diagnostics/RequestSpan";
import { SockhopResponsePacket } from "../protocol/SockhopRequest";
import type { CallSite } from "../runtime/CallSite";
import type { SockhopError } from "../SockhopError";
import { markHandled } from "../timers/promises";
import type { PendingReply, ReplyHost } from "./PendingReply";
import { NO_ID, type PendingEntry, PendingTable } from "./PendingTable";
import { ReplyTimeout } from "./ReplyTimeout";
import { SockhopResponseReadableStream } from "./responses/ResponseReadableStream";
import { uuidFor } from "./uuidFor";

/** Connection with pending requests. */
export interface RequestHost extends ReplyHost {
    readonly state: string;
    /** Tells the peer that the response is no longer needed. */
    sendCancel(request: Identified): void;
    requests: PendingTable<PendingRequest> | undefined;
}

/** Request whose response has not ended. */
export abstract class PendingRequest extends ReplyTimeout implements PendingReply, PendingEntry, Identified {
    id: string | number = NO_ID;
    hash = 0;
    next: PendingEntry | undefined;
    order = 0;
    abstract readonly awaitsWrite: boolean;
    onQueueError: PendingReply["onQueueError"];
    /** Set if the request is traced. */
    span: RequestSpan | undefined;
    protected connection: RequestHost | undefined;
    /** Set when the request is encoded. */
    type = "a request";
    /** Call of the program, with `NODE_DEBUG=sockhop` only: to capture it takes longer than to send a request. */
    declare site?: CallSite;
    #token = "";

    get uuid(): string {
        return uuidFor(this, this.#token);
    }

    assign(number: number, token: string): void {
        this.id = number;
        this.#token = token;
    }

    // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would cost memory on each request
    protected get missing(): string {
        return "No response";
    }

    protected override get hint(): string {
        return ": its handler must respond";
    }

    /** True after a queue has accepted the request. Its caller cannot foresee a later failure. */
    get isQueued(): boolean {
        return this.onQueueError !== undefined;
    }

    attach(connection: RequestHost): void {
        this.bytesBefore = connection.bytesBefore;
        this.connection = connection;
        (connection.requests ??= new PendingTable()).add(this);
    }

    fail(error: SockhopError): void {
        // All that wait on a signal share its error.
        if (this.site && error.code !== "ERR_ABORTED") this.site.mark(error);
        this.span?.failed(error);
        this.endLocally(error);
        this.onQueueError?.(error);
    }

    /** Handles a packet of the response. A peer may leave members out. */
    abstract receive(packet: Partial<SockhopResponsePacket>): void;

    /** Handles a packet with an error: the request failed at the peer. */
    onFailure(error: SockhopError): void {
        this.site?.mark(error);
        this.span?.failed(error);
        this.endByPeer(error);
    }

    /** Ends the response with an error that the peer sent. */
    protected abstract endByPeer(error: SockhopError): void;

    /** Ends the response with an error of this endpoint. */
    protected abstract endLocally(error: SockhopError): void;

    /**
     * Removes the request from its connection. Cancels it at the peer if the response is not complete.
     *
     * @param isComplete - true if the peer sends no more packets
     * @param result - value for traces
     */
    protected release(isComplete: boolean, result?: unknown): void {
        const { connection } = this;
        this.clear();
        connection?.requests?.delete(this);
        connection?.endReply();
        this.span?.ended(result);
        if (!connection || isComplete || connection.state === "closed") return;
        connection.sendCancel(this);
    }
}

/** Request whose response is a stream. */
export class PendingStream extends PendingRequest {
    readonly awaitsWrite = true;
    readonly stream: SockhopResponseReadableStream;
    /** Resolves to the stream when the system has the request; rejects if the request fails before. */
    readonly promise: Promise<SockhopResponseReadableStream>;
    #resolve!: (stream: SockhopResponseReadableStream) => void;
    #reject!: (error: SockhopError) => void;
    #hasReceived = false;

    constructor() {
        super();
        this.promise = new Promise((resolve, reject) => {
            this.#resolve = resolve;
            this.#reject = reject;
        });
        this.stream = new SockhopResponseReadableStream({
            uuid: this.uuid,
            released: (isComplete) => {
                this.release(isComplete);
            },
        });
    }

    override assign(number: number, token: string): void {
        super.assign(number, token);
        Object.assign(this.stream, { uuid: this.uuid });
    }

    /** Handles the end of the write: the system has the request. */
    sent(): void {
        this.#resolve(this.stream);
    }

    protected override get missing(): string {
        return this.#hasReceived ? "No end of the response" : super.missing;
    }

    protected override get hint(): string {
        return this.#hasReceived ? ": its handler must call response.end()" : super.hint;
    }

    receive(packet: Partial<SockhopResponsePacket>): void {
        this.#hasReceived = true;
        this.stream.receive_packet(SockhopResponsePacket.parse(packet));
    }

    protected endByPeer(error: SockhopError): void {
        this.stream.receive_failure(error);
    }

    protected endLocally(error: SockhopError): void {
        this.#reject(error);
        this.stream.end(error);
    }
}

/** Request whose response is one value: the data of the first packet. (With a stream it takes 1.3 times as long.) */
export class PendingResponse extends PendingRequest {
    readonly awaitsWrite = false;
    readonly promise: Promise<unknown>;
    #resolve!: (data: unknown) => void;
    #reject!: (error: SockhopError) => void;
    isSettled = false;

    constructor() {
        super();
        this.promise = new Promise((resolve, reject) => {
            this.#resolve = resolve;
            this.#reject = reject;
        });
    }

    receive({ data = {}, last = false }: Partial<SockhopResponsePacket>): void {
        if (this.#settle(last, data)) this.#resolve(data);
    }

    protected endByPeer(error: SockhopError): void {
        if (this.#settle(true)) this.#fail(error);
    }

    protected endLocally(error: SockhopError): void {
        if (this.#settle(false)) this.#fail(error);
    }

    /**
     * Rejects. If the request was sent, an unhandled rejection must not crash the process, because its sender could not
     * foresee the failure.
     */
    #fail(error: SockhopError): void {
        if (this.connection) void markHandled(this.promise);
        this.#reject(error);
    }

    #settle(isComplete: boolean, data?: unknown): boolean {
        if (this.isSettled) return false;
        this.isSettled = true;
        this.release(isComplete, data);
        return true;
    }
}
