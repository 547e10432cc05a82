import type { Socket } from "node:net";
import { endOfFrame, isFrames } from "../../codec/binary/frames";
import type { SockhopError } from "../../SockhopError";
import type { WriteObserver } from "../writing/WriteObserver";
import { JournalEntry } from "./JournalEntry";

/** Number of dropped entries after which their places in the array are removed. */
const MAX_DROPPED = 64;

/** Bounds of what is written and not acknowledged. */
export interface JournalLimits {
    readonly maxBytes: number;
    readonly maxMessages: number;
}

/**
 * Frames that a peer has not acknowledged, oldest first: those that were written, and those that wait because too many
 * were written. After an interruption all are written again.
 *
 * It counts frames: lines, and frames of bytes. Both ends count the same ones, from the agreement on.
 */
export class Journal {
    readonly limits: JournalLimits;
    /** The first ones are `undefined`: they were dropped. */
    #entries: (JournalEntry | undefined)[] = [];
    /** Index of the oldest entry that is kept, and of the oldest one that is not written. */
    #first = 0;
    #next = 0;
    /** Numbers of frames: acknowledged, written to the current socket, ever written, added. */
    #acknowledged = 0;
    #written = 0;
    #sent = 0;
    #added = 0;
    #bytesWritten = 0;
    #messagesWritten = 0;
    #bytesWaiting = 0;
    #messagesWaiting = 0;

    constructor(limits: JournalLimits) {
        this.limits = limits;
    }

    /** Number of frames that were added. */
    get added(): number {
        return this.#added;
    }

    /** Number of frames that were written to any socket. */
    get sent(): number {
        return this.#sent;
    }

    /** Number of frames that the peer has received, as far as it is known. */
    get acknowledged(): number {
        return this.#acknowledged;
    }

    /** True if the peer has received all frames that were added. */
    get isEmpty(): boolean {
        return this.#acknowledged === this.#added;
    }

    /** Bytes of the frames that wait to be written. */
    get waiting(): number {
        return this.#bytesWaiting;
    }

    /** Bytes of all frames that are kept. */
    get bytes(): number {
        return this.#bytesWritten + this.#bytesWaiting;
    }

    /** Number of messages that the peer has not acknowledged. It may have received some of them. */
    get messages(): number {
        return this.#messagesWritten + this.#messagesWaiting;
    }

    /** Adds frames. They wait until {@link next} returns them. See {@link JournalEntry}. */
    add(
        data: string | Buffer,
        frames: number,
        messages: number,
        size: number,
        socket: Socket,
        observer: WriteObserver | undefined,
    ): void {
        this.#added += frames;
        this.#entries.push(new JournalEntry(data, this.#added, frames, messages, size, socket, observer));
        this.#bytesWaiting += size;
        this.#messagesWaiting += messages;
    }

    /**
     * Returns the next entry to write, and counts it as written.
     *
     * @param isUnbounded - true to ignore the limits
     * @returns `undefined` if none waits, or if the peer has to acknowledge others first
     */
    next(isUnbounded = false): JournalEntry | undefined {
        const { maxBytes, maxMessages } = this.limits;
        const isFull = this.#bytesWritten >= maxBytes || this.#messagesWritten >= maxMessages;
        if (isFull && !isUnbounded) return undefined;
        const entry = this.#entries[this.#next];
        if (!entry) return undefined;
        entry.begin();
        this.#next += 1;
        this.#written = entry.end;
        this.#sent = Math.max(this.#sent, entry.end);
        this.#bytesWritten += entry.size;
        this.#messagesWritten += entry.messages;
        this.#bytesWaiting -= entry.size;
        this.#messagesWaiting -= entry.messages;
        return entry;
    }

    /**
     * Drops what the peer has received.
     *
     * @param received - number of frames
     * @returns false for a number that the peer cannot have received, or below an earlier one; then nothing changes
     */
    acknowledge(received: number): boolean {
        if (!(received >= this.#acknowledged && received <= this.#written)) return false;
        this.#drop(received);
        return true;
    }

    /** True if {@link rewind} accepts this number. */
    canRewind(received: number): boolean {
        return received >= this.#acknowledged && received <= this.#sent;
    }

    /**
     * Drops what the peer has received. Everything else waits to be written again, on a new socket.
     *
     * @param received - number of frames; see {@link canRewind}
     * @param terminator - end of each line
     * @returns number of frames that were written before and are written again
     */
    rewind(received: number, terminator: string): number {
        this.#bytesWaiting += this.#bytesWritten;
        this.#messagesWaiting += this.#messagesWritten;
        this.#bytesWritten = this.#messagesWritten = 0;
        this.#next = this.#first;
        this.#drop(received);
        this.#written = received;
        const first = this.#entries[this.#first];
        if (first) this.#cut(first, received - (first.end - first.frames), terminator);
        return this.#sent - received;
    }

    /**
     * Fails what no system has accepted and no socket is writing.
     *
     * @param isWriting - false if the writes that are pending cannot succeed
     */
    end(error: SockhopError, isWriting: boolean): void {
        // An observer runs code of the program.
        const entries = this.#entries.slice(this.#first);
        const written = isWriting ? this.#written : -1;
        for (const entry of entries) {
            if (!entry?.isObserved) continue;
            entry.isFinal = true;
            if (entry.end > written || entry.hasFailed) entry.fail(error);
        }
    }

    #drop(received: number): void {
        this.#acknowledged = received;
        const entries = this.#entries;
        const accepted: JournalEntry[] = [];
        for (let entry; (entry = entries[this.#first]) && entry.end <= received; this.#first++) {
            entries[this.#first] = undefined;
            entry.drop();
            if (this.#first < this.#next) {
                this.#bytesWritten -= entry.size;
                this.#messagesWritten -= entry.messages;
            } else {
                this.#bytesWaiting -= entry.size;
                this.#messagesWaiting -= entry.messages;
            }
            if (entry.isObserved) accepted.push(entry);
        }
        this.#next = Math.max(this.#next, this.#first);
        if (this.#first === entries.length) {
            this.#entries = [];
            this.#first = this.#next = 0;
        } else if (this.#first >= MAX_DROPPED && 2 * this.#first >= entries.length) {
            this.#entries = entries.slice(this.#first);
            this.#next -= this.#first;
            this.#first = 0;
        }
        for (const entry of accepted) entry.accept();
    }

    #cut(entry: JournalEntry, frames: number, terminator: string): void {
        if (frames <= 0) return;
        const { data } = entry;
        const offset =
            typeof data === "string" ? endOfLines(data, frames, terminator) : endOfFrames(data, frames, terminator);
        const rest = typeof data === "string" ? data.slice(offset) : data.subarray(offset);
        const size = Buffer.byteLength(rest);
        const messages = Math.max(entry.frames - frames, entry.messages - frames);
        this.#bytesWaiting -= entry.size - size;
        this.#messagesWaiting -= entry.messages - messages;
        entry.data = rest;
        entry.frames -= frames;
        entry.size = size;
        entry.messages = messages;
    }
}

function endOfLines(text: string, lines: number, terminator: string): number {
    let end = 0;
    for (let n = 0; n < lines; n++) end = text.indexOf(terminator, end) + terminator.length;
    return end;
}

/** @param bytes - frames, or lines of a broadcast */
function endOfFrames(bytes: Buffer, frames: number, terminator: string): number {
    const lineEnd = isFrames(bytes) ? undefined : Buffer.from(terminator);
    let end = 0;
    for (let n = 0; n < frames; n++) {
        end = lineEnd ? bytes.indexOf(lineEnd, end) + lineEnd.length : endOfFrame(bytes, end);
    }
    return end;
}
