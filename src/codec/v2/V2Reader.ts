import { toMessage } from "../../protocol/Message";
import type { ReadState } from "../Encoder";
import { tooLargeError } from "../errors";
import type { FrameReader, JsonReadState } from "../json/FrameReader";
import { PartialFrame } from "../json/PartialFrame";
import type { Terminator } from "../json/Terminator";
import type { StreamReader } from "../Wire";
import { TRANSITION } from "./handshake";
import { HEADER } from "./layout";

/** Maximum length of a transition, in characters. Sockhop 2.x sends 50. */
const MAX_TRANSITION = 256;

/** Parts of readers that all connections of an endpoint share. */
export interface V2ReaderParts {
    readonly lines: FrameReader;
    /** Terminator of these lines. */
    readonly terminator: Terminator;
    /** Maximum size of a message in bytes. */
    readonly maxSize: number;
}

/**
 * Splits the stream of a peer of sockhop 2.x: JSON lines up to a transition, and frames behind it. Both can be in one
 * chunk.
 */
export class V2Reader implements StreamReader {
    /** True if this end has allowed a transition. Otherwise it is a line as any other. */
    acceptsTransition = false;
    readonly #parts: V2ReaderParts;
    #hasFrames = false;
    /** True after a frame that is too large. */
    #hasFailed = false;

    constructor(parts: V2ReaderParts) {
        this.#parts = parts;
    }

    /** True behind the transition. */
    get hasFrames(): boolean {
        return this.#hasFrames;
    }

    read(chunk: Buffer, state: ReadState, length = chunk.length): (string | Buffer)[] {
        const lines = state as JsonReadState;
        // A frame of another codec, which the peer began before its handshake was handled.
        if (lines.partialFrame && !(lines.partialFrame instanceof PartialFrame)) lines.partialFrame = undefined;
        if (!this.#hasFrames && !this.acceptsTransition) return this.#parts.lines.read(chunk, lines, length);
        const frames: (string | Buffer)[] = [];
        let at = 0;
        while (at < length && !state.hasFailed && !this.#hasFailed) {
            const rest = chunk.subarray(at, length);
            at += this.#hasFrames ? this.#readFrame(rest, lines, frames) : this.#readLine(rest, lines, frames);
        }
        return frames;
    }

    /** Reads one line, or its beginning. Returns the number of bytes. */
    #readLine(bytes: Buffer, state: JsonReadState, frames: (string | Buffer)[]): number {
        const end = this.#lineEnd(bytes, state.partialFrame);
        const part = bytes.subarray(0, end);
        for (const line of this.#parts.lines.read(part, state)) {
            frames.push(line);
            if (isTransition(line)) this.#hasFrames = true;
        }
        return end;
    }

    #lineEnd(bytes: Buffer, partialFrame: PartialFrame | undefined): number {
        const { terminator } = this.#parts;
        if (partialFrame) {
            const end = partialFrame.endIn(bytes, terminator);
            return end === -1 ? bytes.length : end;
        }
        const index = bytes.indexOf(terminator.bytes);
        return index === -1 ? bytes.length : index + terminator.bytes.length;
    }

    /** Reads one frame, or its beginning. Returns the number of bytes. */
    #readFrame(bytes: Buffer, state: JsonReadState, frames: (string | Buffer)[]): number {
        if (state.partialFrame) return this.#readPartial(bytes, state.partialFrame, state, frames);
        if (bytes.length >= HEADER) {
            const size = this.#sizeOf(bytes, state);
            if (size === undefined) return bytes.length;
            if (size <= bytes.length) {
                state.framesReceived += 1;
                frames.push(bytes.subarray(0, size));
                return size;
            }
        }
        state.partialFrame = new PartialFrame();
        state.partialFrame.add(bytes, bytes.length);
        return bytes.length;
    }

    /** Copies the next bytes of a frame: of its header, or of the rest. */
    #readPartial(bytes: Buffer, frame: PartialFrame, state: JsonReadState, frames: (string | Buffer)[]): number {
        const isHeader = frame.length < HEADER;
        const size = isHeader ? HEADER : this.#announced(frame.bytes);
        const part = bytes.subarray(0, size - frame.length);
        frame.add(part, size);
        if (isHeader && frame.length === HEADER) this.#sizeOf(frame.bytes, state);
        if (this.#hasFailed) state.partialFrame = undefined;
        else if (frame.length >= HEADER && frame.length === this.#announced(frame.bytes)) {
            state.partialFrame = undefined;
            state.framesReceived += 1;
            frames.push(frame.bytes);
        }
        return part.length;
    }

    #announced(header: Buffer): number {
        return HEADER + header.readUInt32LE(0);
    }

    /** Size of a frame, from its header. Reports a frame that is too large, before it has any memory. */
    #sizeOf(header: Buffer, state: ReadState): number | undefined {
        const { maxSize } = this.#parts;
        const size = this.#announced(header);
        if (size - HEADER <= maxSize) return size;
        this.#hasFailed = true;
        state.onUnreadable(tooLargeError(String(size), maxSize, "frame"));
        return undefined;
    }
}

/** True for the last line of a direction. */
function isTransition(line: string): boolean {
    if (line.length > MAX_TRANSITION || !line.includes(TRANSITION)) return false;
    try {
        const { kind, type } = toMessage(JSON.parse(line));
        return kind === "message" && type === TRANSITION;
    } catch {
        return false; // no JSON: a bad frame
    }
}
