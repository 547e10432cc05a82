import type { Socket } from "node:net";
import { SockhopError } from "../SockhopError";
import type { SockhopSession } from "../server/SockhopSession";
import type { ReadState } from "../codec/json/FrameReader";
import type { JsonCodec } from "../codec/json/JsonCodec";
import { FrameWriter } from "./FrameWriter";
import type { PingHistory } from "./PingHistory";
import type { PendingCallback } from "../replies/PendingCallback";
import type { PendingRequest } from "../replies/PendingRequest";
import type { OpenResponses } from "../replies/OpenResponses";
import type { PartialFrame } from "../codec/json/PartialFrame";
import { TransferWatch } from "./TransferWatch";
import type { PendingTable } from "../replies/PendingTable";
import { hookSocket, connectionOf } from "./socketHooks";
import { publishSent } from "../diagnostics/channels";
import { GracefulClose } from "./GracefulClose";
import type { Limits } from "./limits";

/**
 * The client or server of a connection.
 *
 * @internal
 */
export interface ConnectionOwner {
    readonly _framing: JsonCodec;
    readonly _limits: Limits;
    /** The peer says nothing more. */
    _onPeerEnd(connection: Connection): void;
    /** Another endpoint has the socket now. */
    _onSocketTaken(connection: Connection): void;
}

/**
 * All that is remembered about one socket, and what waits to be sent over it. It goes when the connection goes, and what it
 * holds goes with it.
 *
 * @internal
 */
export class Connection extends FrameWriter implements ReadState {
    /**
     * `ready` on a server when `start()` of the session has resolved, so that the connection counts; `open` between the
     * `connect` and the `disconnect` event; `closed` for good as soon as the end is known.
     */
    state: "pending" | "ready" | "open" | "closed" = "pending";
    /** What the connection failed with, or is about to. */
    error: Error | undefined;
    /** Bytes that have come in. */
    bytesReceived = 0;
    /** Frames that have come in, and the one that has begun. */
    framesReceived = 0;
    partialFrame: PartialFrame | undefined;
    /** Frames in a row that were no messages. */
    badFrames = 0;
    /** Frames that were read and wait until the peer has read our answers; `release()` reads on. */
    pausedFrames: { readonly frames: readonly string[]; release(): void } | undefined;
    /** There once it was pinged. */
    pings: PingHistory | undefined;
    /** Callbacks that wait for an answer, by the id of their question. */
    callbacks: PendingTable<PendingCallback> | undefined;
    /** Answers that we wait for, by the uuid of their request. */
    requests: PendingTable<PendingRequest> | undefined;
    /** Answers that the peer waits for, by the uuid of its request; without those that their handlers give at once. */
    responses: OpenResponses | undefined;
    /** Questions of the peer that may still be answered, and requests whose handlers are being called. */
    openReplies = 0;
    /** On a server: what the user keeps here. */
    session: SockhopSession | undefined;
    #gracefulClose: GracefulClose | undefined;
    #transfers: TransferWatch | undefined;
    /** Those who wait until no answer is under way: there when the connection is to end then. */
    #drained: (() => void)[] | undefined;

    constructor(
        socket: Socket,
        readonly endpoint: ConnectionOwner,
    ) {
        super(socket, endpoint._limits);
        hookSocket(socket, this);
    }

    /** Sends a frame; see {@link FrameWriter.push}. */
    write(frame: string): Promise<undefined> {
        const sent = this.push(frame);
        publishSent(this, frame); // last: who subscribes may send, too
        return sent;
    }

    /** Sends a frame whose fate nobody waits for. */
    post(frame: string): void {
        this.append(frame);
        publishSent(this, frame);
    }

    /** Watches what is in transit. */
    get transfers(): TransferWatch {
        return (this.#transfers ??= new TransferWatch(this));
    }

    /** Answers that we wait for. */
    get pending(): number {
        return (this.callbacks?.size ?? 0) + (this.requests?.size ?? 0);
    }

    /** Why no further answer can be waited for, if that is so. */
    maxPendingError(): SockhopError | undefined {
        if (this.pending < this.limits.maxPending) return undefined;
        const message = `This connection waits for ${this.pending} answers already (max_pending)`;
        return new SockhopError(message, "ERR_MAX_PENDING");
    }

    /** A frame could not be read. */
    get hasFailed(): boolean {
        return this.error !== undefined;
    }

    /** A frame cannot be read, so that the connection has to end, when what has come before it has been dealt with. */
    onUnreadable(error: SockhopError): void {
        this.error ??= error;
    }

    /** No further requests are taken: the connection waits for answers under way, and then ends. */
    get isDraining(): boolean {
        return this.#drained !== undefined;
    }

    /** Whether the peer may have one more request open here. */
    get acceptsRequests(): boolean {
        return !this.isDraining && (this.responses?.size ?? 0) < this.limits.maxPending;
    }

    /** Resolves when no answer is under way, in either direction, or when the connection has gone. */
    drain(): Promise<void> {
        return new Promise((resolve) => {
            (this.#drained ??= []).push(resolve);
            this.endReply();
        });
    }

    /** An answer is not under way any more. */
    endReply(): void {
        if (!this.#drained || (this.pausedFrames && this.state !== "closed")) return;
        if (this.state !== "closed" && this.pending + (this.responses?.size ?? 0) + this.openReplies > 0) return;
        for (const drained of this.#drained.splice(0)) drained();
    }

    /**
     * Closes the socket in good order. Resolves when it is gone.
     *
     * @param limit - milliseconds; another call can only shorten it
     */
    close(limit: number): Promise<undefined> {
        if (connectionOf(this.socket) !== this) return Promise.resolve(undefined); // another connection has it now
        this.#gracefulClose ??= new GracefulClose(this.socket, this.transfers);
        this.#gracefulClose.limit(limit);
        return this.#gracefulClose.promise;
    }
}
