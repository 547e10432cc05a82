import type { ObjectBuffer } from "../../codec/ObjectBuffer";
import type { Receipt } from "../../protocol/Receipt";
import type { DisconnectCode, DisconnectReason } from "../DisconnectReason";
import { notConnectedError } from "../../SockhopError";
import { pause } from "../holdReading";
import { FrameWriter } from "../writing/FrameWriter";
import { MAX_WRITE } from "../writing/SocketWriter";
import type { WriteObserver } from "../writing/WriteObserver";
import { HeldFrames, type ReceivedFrame } from "./HeldFrames";
import type { Resumption, WaitLimit } from "./Resumption";

/** Codes of interruptions: the peer may be there, and know nothing of the end of the socket. */
const INTERRUPTIONS: ReadonlySet<DisconnectCode> = new Set([
    "PEER_ENDED",
    "PEER_RESET",
    "CLOSED",
    "PING_TIMEOUT",
    "FRAME_TIMEOUT",
    "SOCKET_ERROR",
]);

/** Bytes of a flush of short messages, with which a peer can exceed its `max_bytes`. */
const MAX_FLUSH = 2 * MAX_WRITE;

/**
 * What a connection does if both ends have agreed to resume it: it acknowledges what it receives, sends again what is missing,
 * and waits for the acknowledgements of its peer before it closes. Without the agreement, these methods do nothing.
 *
 * @internal
 */
export abstract class ResumableConnection extends FrameWriter {
    abstract readonly endpoint: { readonly _objectBuffer: ObjectBuffer };
    abstract readonly state: string;
    /** Error that has closed the connection, or will close it. */
    abstract readonly error: Error | undefined;
    abstract readonly bytesReceived: number;
    /** Bytes of a frame that has not ended. */
    abstract partialFrame: unknown;

    /** Sends a control message that is not counted, and not sent again after an interruption. */
    abstract sendApart(data: unknown): void;

    /** Called when the wait for acknowledgements has ended: FIN can be sent. */
    protected abstract onLeft(): void;

    /** True while the connection survives the loss of its socket. */
    get isResumable(): boolean {
        return this.state !== "closed" && this.resumption?.isOver === false;
    }

    /** True for a connection that can continue on another socket: an open one, or one that waits for acknowledgements. */
    get isAlive(): boolean {
        return this.state === "open" || this.isLeaving;
    }

    /** True if the connection is resumed after the end of its socket for this reason. */
    survives({ code }: DisconnectReason): boolean {
        return this.resumption?.isOver === false && INTERRUPTIONS.has(code) && this.isAlive;
    }

    /**
     * Acknowledges all received frames.
     *
     * @param more - further members of the {@link Receipt}
     * @returns false without a usable socket, and while the peer does not read
     */
    sendReceipt(more?: Omit<Receipt, "ack">): boolean {
        const { resumption } = this;
        if (!resumption || this.isInterrupted || !this.socket.writable) return false;
        if (this.bytesPending >= this.limits.maxBuffered && !more?.bye) return false;
        resumption.onReceiptSent(this.bytesReceived);
        try {
            this.sendApart({ ack: resumption.complete, ...more });
        } catch {
            return true; // it does not fit into `max_message_size`: neither would any message
        }
        return true;
    }

    /** Waits until the peer has acknowledged all that was sent. Resolves at once if the connection is not resumable. */
    acknowledged(limit?: WaitLimit): Promise<void> {
        const { resumption } = this;
        if (!resumption || !this.isResumable) return Promise.resolve();
        this.flush();
        const flushed = resumption.flushed(limit);
        if (resumption.hasFlushes) this.sendReceipt({ ask: true });
        return flushed;
    }

    /** Handles an acknowledgement. Returns false if it is not valid. */
    onReceipt(received: number, held = 0): boolean {
        const { resumption } = this;
        if (!resumption) return false;
        const { acknowledged } = resumption.journal;
        if (!resumption.acknowledge(received, held)) return false;
        // A peer that handles nothing now acknowledges later: both ends would ask each other without an end.
        if (received > acknowledged) resumption.hasAsked = false;
        this.#writeJournal();
        if (resumption.journal.isEmpty) this.endLeaving();
        return true;
    }

    /** See {@link HeldFrames}: only a connection that can be resumed has them. */
    holdFrames(): (() => void) | undefined {
        const { resumption, socket } = this;
        if (!resumption || !this.isResumable) return undefined;
        const maxBytes = resumption.journal.limits.maxBytes + MAX_FLUSH;
        const held = new HeldFrames(maxBytes, () => pause(socket));
        held.onRelease = resumption.held?.onRelease;
        for (const frame of this.takeHeld()) held.push(frame, false); // the pause of an earlier socket has not ended
        resumption.held = held;
        return () => {
            if (resumption.held !== held) return;
            resumption.held = undefined;
            held.onRelease?.(held.take());
        };
    }

    /** Returns the held frames, and forgets them. */
    takeHeld(): readonly ReceivedFrame[] {
        return this.resumption?.held?.take() ?? [];
    }

    /** True while the connection, which is closed, waits for the acknowledgements of its peer. Its socket may be replaced. */
    get isLeaving(): boolean {
        return this.resumption?.isLeaving === true;
    }

    /** Ends the resumption when the peer has acknowledged all that was sent: the connection closes. */
    leave(): void {
        const { resumption } = this;
        this.flush();
        if (!resumption || resumption.isOver || resumption.journal.isEmpty) {
            this.endResumption();
            return;
        }
        resumption.isLeaving = true;
        resumption.dropUnfinished();
        this.#sayGoodbye();
    }

    /** Sends all that waits, and behind it a goodbye that asks for an acknowledgement. The peer closes then. */
    #sayGoodbye(): void {
        this.#writeJournal();
        this.sendReceipt({ ask: true, bye: true });
    }

    /** Ends the wait for acknowledgements: all have arrived, or no more can. */
    endLeaving(): void {
        const { resumption } = this;
        if (!resumption?.isLeaving) return;
        const isWriting = !this.isInterrupted && this.socket.writable;
        resumption.isLeaving = false;
        this.partialFrame = undefined;
        resumption.end(isWriting, this.error);
        this.onLeft();
    }

    protected override keep(
        resumption: Resumption,
        data: string | Buffer,
        frames: number,
        messages: number,
        observer: WriteObserver | undefined,
    ): void {
        if (!this.isWritable) {
            observer?.settle(this.socket, notConnectedError());
            return;
        }
        if (frames === 0) {
            observer?.settle(this.socket, undefined);
            return;
        }
        resumption.journal.add(data, frames, messages, Buffer.byteLength(data), this.socket, observer);
        this.#writeJournal();
    }

    /** Writes the frames of the journal that wait, as far as its limits allow, or all of them if the connection closes. */
    #writeJournal(): void {
        const { resumption } = this;
        // A program may have replaced `socket.write()`, and send there.
        if (!resumption || resumption.isWriting) return;
        const { journal } = resumption;
        if (!resumption.interruption) {
            resumption.isWriting = true;
            const isUnbounded = resumption.isOver || resumption.isLeaving;
            try {
                for (let entry; this.socket.writable && (entry = journal.next(isUnbounded));)
                    this.writeBytes(entry.data, entry);
            } finally {
                resumption.isWriting = false;
            }
        }
        if (journal.waiting === 0) {
            this.emitWritable();
            return;
        }
        resumption.hasWaited = true;
        if (!resumption.hasAsked) resumption.hasAsked = this.sendReceipt({ ask: true }); // it would come after a delay
    }

    /** Writes a line about the connection itself, which is not kept in the journal. */
    protected writeApart(line: string): void {
        this.framesSent += 1;
        if (this.resumption) this.resumption.framesFlushed += 1;
        if (!this.isInterrupted) this.writeBytes(line, undefined);
    }

    /** Ends the resumption: the connection closes. Sends what waits, and a goodbye, if there is a usable socket. */
    endResumption(): void {
        const { resumption } = this;
        if (!resumption) return;
        const isWriting = !this.isInterrupted && this.socket.writable;
        this.flush();
        resumption.isOver = true;
        if (isWriting) {
            this.#writeJournal();
            this.sendReceipt({ bye: true });
        }
        resumption.end(isWriting, this.error);
    }

    /** Goes on without the resumption: the peer does not resume. */
    dropResumption(): void {
        const { resumption } = this;
        if (!resumption) return;
        this.flush();
        resumption.isOver = true;
        this.#writeJournal();
        resumption.end(true, undefined);
        this.resumption = undefined;
    }

    /**
     * Sends again what the peer has not received, and then what waits.
     *
     * @param received - number of frames that the peer has received
     * @param answer - sends the answer to the peer first
     * @returns number of frames that are sent again
     */
    replay(received: number, answer?: () => void): number {
        const { resumption } = this;
        if (!resumption) return 0;
        this.flush();
        const replayed = resumption.journal.rewind(received, this.endpoint._objectBuffer.json.terminator);
        resumption.interruption?.timer.clear();
        resumption.interruption = undefined;
        resumption.replayed += replayed;
        resumption.hasAsked = false;
        resumption.settleFlushes();
        answer?.();
        if (!resumption.isLeaving) this.#writeJournal();
        else if (resumption.journal.isEmpty) this.endLeaving();
        else this.#sayGoodbye();
        return replayed;
    }
}
