import { StringDecoder } from "node:string_decoder";
import type { Terminator } from "./Terminator";

/**
 * So many bytes are put together before they are decoded. What is longer is decoded piece by piece, as it comes: to put all
 * bytes together and to decode them at the end takes 1.2 times as long (4 MB), and more memory. To decode smaller pieces would
 * let a peer that sends byte by byte take up many times what it sends.
 */
const PIECE = 32_768;

/** The beginning of a frame that has not ended yet. */
export class Rest {
    /** Bytes that it has. */
    size = 0;
    /** It is too large already: what follows of it is thrown away. */
    skipping = false;
    #text = "";
    #decoder: StringDecoder | undefined;
    /** What comes behind the text, in its first `#length` bytes: at least those in which a terminator may have begun. */
    #room = Buffer.alloc(0);
    #length = 0;
    readonly #terminator: Terminator;

    constructor(terminator: Terminator) {
        this.#terminator = terminator;
    }

    /** @param bytes - copied or decoded */
    add(bytes: Buffer): void {
        this.size += bytes.length;
        const open = this.#terminator.bytes.length - 1;
        if (this.skipping) {
            this.#keep(bytes.subarray(Math.max(0, bytes.length - open)));
            this.skip();
            return;
        }
        if (this.#length + bytes.length < PIECE || bytes.length <= open) {
            this.#keep(bytes);
            return;
        }
        const decoded = bytes.length - open;
        this.#text += this.#decode(this.#room.subarray(0, this.#length)) + this.#decode(bytes.subarray(0, decoded));
        this.#length = 0;
        this.#keep(bytes.subarray(decoded));
    }

    /** The text of all of it, with these bytes at its end. */
    end(bytes: Buffer): string {
        if (!this.#decoder) {
            this.#keep(bytes);
            return this.#room.toString("utf8", 0, this.#length);
        }
        return this.#text + this.#decode(this.#room.subarray(0, this.#length)) + this.#decoder.end(bytes);
    }

    /** Where in the bytes that come next its terminator ends, or -1. There is no whole one in it. */
    endIn(chunk: Buffer): number {
        const { bytes } = this.#terminator;
        const most = bytes.length - 1;
        const kept = Math.min(most, this.#length);
        if (kept > 0) {
            const tail = this.#room.subarray(this.#length - kept, this.#length);
            const border = Buffer.concat([tail, chunk.subarray(0, most)]).indexOf(bytes);
            if (border !== -1) return border + bytes.length - kept;
        }
        const found = chunk.indexOf(bytes);
        return found === -1 ? -1 : found + bytes.length;
    }

    /** Throws away what is there, but for what may be the beginning of the terminator, and what follows. */
    skip(): void {
        this.skipping = true;
        this.#text = "";
        const open = Math.min(this.#length, this.#terminator.bytes.length - 1);
        this.#room = Buffer.from(this.#room.subarray(this.#length - open, this.#length));
        this.#length = open;
    }

    /** By doubling, so that the work is linear in the size. */
    #keep(bytes: Buffer): void {
        const length = this.#length + bytes.length;
        if (length > this.#room.length) {
            const room = Buffer.allocUnsafe(Math.max(length, 2 * this.#room.length));
            this.#room.copy(room, 0, 0, this.#length);
            this.#room = room;
        }
        bytes.copy(this.#room, this.#length);
        this.#length = length;
    }

    #decode(bytes: Buffer): string {
        this.#decoder ??= new StringDecoder("utf8");
        return this.#decoder.write(bytes);
    }
}
