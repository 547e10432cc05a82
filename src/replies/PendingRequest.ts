import type { RequestSpan } from "../diagnostics/RequestSpan";
import type { PendingReply, ReplyHost } from "./PendingReply";
import { markHandled } from "../timers/promises";
import type { SockhopError } from "../SockhopError";
import { SockhopResponsePacket } from "../protocol/SockhopRequest";
import { ReplyTimeout } from "./ReplyTimeout";
import { SockhopResponseReadableStream } from "./ResponseReadableStream";
import { type PendingEntry, PendingTable } from "./PendingTable";

/** A connection that keeps pending requests. */
export interface RequestHost extends ReplyHost {
    readonly state: string;
    sendControl(kind: "cancel", packet: SockhopResponsePacket): void;
    requests: PendingTable<PendingRequest> | undefined;
}

/** A request that waits for its answer. */
export abstract class PendingRequest extends ReplyTimeout implements PendingReply, PendingEntry {
    hash = 0;
    next: PendingEntry | undefined;
    order = 0;
    abstract readonly awaitsWrite: boolean;
    onQueueError: PendingReply["onQueueError"];
    /** There while somebody traces requests. */
    span: RequestSpan | undefined;
    protected connection: RequestHost | undefined;

    constructor(readonly uuid: string) {
        super();
    }

    /** True once a queue has accepted it: its caller cannot know what becomes of it. */
    get isQueued(): boolean {
        return this.onQueueError !== undefined;
    }

    attach(connection: RequestHost): void {
        this.connection = connection;
        (connection.requests ??= new PendingTable()).add(this);
    }

    fail(error: SockhopError): void {
        this.span?.failed(error);
        this.end(error);
        this.onQueueError?.(error);
    }

    /** A piece of the answer, as the peer says it. */
    abstract receive(packet: Partial<SockhopResponsePacket>): void;

    /** The responder says that there will be no answer. */
    onFailure(error: SockhopError): void {
        this.span?.failed(error);
        this.refuse(error);
    }

    protected abstract refuse(error: SockhopError): void;

    /** Nothing more is waited for. */
    protected abstract end(error: SockhopError): void;

    /**
     * @param finished - the responder has nothing more to say
     * @param result - for those who trace
     */
    protected release(finished: boolean, result?: unknown): void {
        const { connection } = this;
        this.clear();
        connection?.requests?.delete(this);
        connection?.endReply();
        this.span?.ended(result);
        if (!connection || finished || connection.state === "closed") return;
        connection.sendControl("cancel", new SockhopResponsePacket({ uuid: this.uuid, last: true, cancel: true }));
    }
}

/** One whose answer is a stream. */
export class PendingStream extends PendingRequest {
    readonly awaitsWrite = true;
    readonly stream: SockhopResponseReadableStream;
    /** Resolves to the stream when the request has been sent; rejects when it fails before. */
    readonly promise: Promise<SockhopResponseReadableStream>;
    #resolve!: (stream: SockhopResponseReadableStream) => void;
    #reject!: (error: SockhopError) => void;

    constructor(uuid: string) {
        super(uuid);
        this.promise = new Promise((resolve, reject) => {
            this.#resolve = resolve;
            this.#reject = reject;
        });
        this.stream = new SockhopResponseReadableStream({
            uuid,
            released: (finished) => {
                this.release(finished);
            },
        });
    }

    /** The system has the request. */
    sent(): void {
        this.#resolve(this.stream);
    }

    receive(packet: Partial<SockhopResponsePacket>): void {
        this.stream.receive_packet(SockhopResponsePacket.parse(packet));
    }

    protected refuse(error: SockhopError): void {
        this.stream.receive_failure(error);
    }

    protected end(error: SockhopError): void {
        this.#reject(error);
        this.stream.end(error);
    }
}

/** One whose answer is a single value: the data of the first piece. (A stream for it takes 1.3 times as long.) */
export class PendingResponse extends PendingRequest {
    readonly awaitsWrite = false;
    readonly promise: Promise<unknown>;
    #resolve!: (data: unknown) => void;
    #reject!: (error: SockhopError) => void;
    settled = false;

    constructor(uuid: string) {
        super(uuid);
        this.promise = new Promise((resolve, reject) => {
            this.#resolve = resolve;
            this.#reject = reject;
        });
    }

    receive({ data = {}, last = false }: Partial<SockhopResponsePacket>): void {
        if (this.#settle(last, data)) this.#resolve(data);
    }

    protected refuse(error: SockhopError): void {
        if (this.#settle(true)) this.#fail(error);
    }

    protected end(error: SockhopError): void {
        if (this.#settle(false)) this.#fail(error);
    }

    /** The sender could not know that what it had sent would fail: that ends no program that does not look. */
    #fail(error: SockhopError): void {
        if (this.connection) void markHandled(this.promise);
        this.#reject(error);
    }

    #settle(finished: boolean, data?: unknown): boolean {
        if (this.settled) return false;
        this.settled = true;
        this.release(finished, data);
        return true;
    }
}
