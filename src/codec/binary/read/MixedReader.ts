import type { ReadState } from "../../Encoder";
import { tooLargeError } from "../../errors";
import { FrameReader, type JsonReadState } from "../../json/FrameReader";
import type { PartialFrame } from "../../json/PartialFrame";
import type { Terminator } from "../../json/Terminator";
import type { StreamReader } from "../../Wire";
import { frameSize } from "../frames";
import * as $ from "../layout";
import { markOwnMemory } from "./ownMemory";
import { PartialBytes } from "./PartialBytes";

/** {@link ReadState} of a stream of lines and frames. */
type MixedState = ReadState & { partialFrame: PartialFrame | PartialBytes | undefined };

/** Splits a stream of JSON lines and frames of bytes. A frame begins with a byte that no line begins with. */
export class MixedReader implements StreamReader {
    readonly #lines: FrameReader;
    readonly #terminator: Terminator;
    /** Terminator and the first byte of a frame. */
    readonly #boundary: Buffer;
    readonly #maxSize: number;

    /** @param maxSize - maximum size of a message in bytes */
    constructor(terminator: Terminator, maxSize: number) {
        this.#lines = new FrameReader(terminator, maxSize);
        this.#terminator = terminator;
        this.#boundary = Buffer.concat([terminator.bytes, Buffer.of($.MARK)]);
        this.#maxSize = maxSize;
    }

    read(chunk: Buffer, state: ReadState, length = chunk.length): (string | Buffer)[] {
        const mixed = state as MixedState;
        const frames: (string | Buffer)[] = [];
        for (let at = 0; at < length && !state.hasFailed;) {
            const { partialFrame } = mixed;
            if (partialFrame instanceof PartialBytes) at = this.#readPartial(chunk, at, length, mixed, frames);
            else if (!partialFrame && chunk[at] === $.MARK) at = this.#readFrame(chunk, at, length, mixed, frames);
            else at = this.#readLines(chunk, at, length, mixed, frames);
        }
        return frames;
    }

    /** Reads lines, up to the next byte that begins a frame. Returns its index. */
    #readLines(chunk: Buffer, at: number, length: number, state: MixedState, frames: (string | Buffer)[]): number {
        const { partialFrame } = state;
        let end = -1;
        // The terminator of a line that began in an earlier chunk can have begun there, too.
        if (partialFrame) end = (partialFrame as PartialFrame).endIn(chunk.subarray(at, length), this.#terminator);
        if (end !== -1) {
            end += at;
        } else {
            const boundary = chunk.indexOf(this.#boundary, at);
            end = boundary === -1 || boundary >= length ? length : boundary + this.#terminator.bytes.length;
        }
        end = Math.min(end, length);
        const part = at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end);
        for (const line of this.#lines.read(part, state as JsonReadState)) frames.push(line);
        return end;
    }

    /** Reads a frame. Returns the index behind it. */
    #readFrame(chunk: Buffer, at: number, length: number, state: MixedState, frames: (string | Buffer)[]): number {
        if (at + $.HEADER <= length) {
            const size = frameSize(chunk, at);
            const end = at + size;
            if (end <= length && size >= $.HEADER && !this.#isTooLarge(size, chunk[at + 6])) {
                state.framesReceived += 1;
                frames.push(chunk.subarray(at, end));
                return end;
            }
        }
        state.partialFrame = new PartialBytes();
        return this.#readPartial(chunk, at, length, state, frames);
    }

    /** Adds bytes to a partial frame. Returns the index behind them. */
    #readPartial(chunk: Buffer, at: number, length: number, state: MixedState, frames: (string | Buffer)[]): number {
        const frame = state.partialFrame as PartialBytes;
        const end = Math.min(length, at + frame.missing);
        frame.add(chunk.subarray(at, end));
        if (frame.missing > 0) return end;
        if (frame.size === 0) this.#onHeader(frame, state);
        if (frame.missing > 0) return end;
        state.partialFrame = undefined;
        state.framesReceived += 1;
        if (!frame.isSkipped) {
            const { bytes } = frame;
            markOwnMemory(bytes);
            frames.push(bytes);
        }
        return end;
    }

    #onHeader(frame: PartialBytes, state: MixedState): void {
        const header = frame.bytes;
        // A size without space for the header is a bad frame of its header only.
        frame.size = Math.max($.HEADER, frameSize(header));
        if (!this.#isTooLarge(frame.size, header[6])) return;
        frame.skip();
        state.onUnreadable(tooLargeError(String(frame.size), this.#maxSize, "frame"));
    }

    /** UTF-16 needs up to twice the bytes of UTF-8, in which messages are measured. */
    #isTooLarge(size: number, encoding: number | undefined): boolean {
        const maxSize = encoding === $.UTF16 ? 2 * this.#maxSize : this.#maxSize;
        return size > maxSize + $.FRAME_SLACK;
    }
}
