import * as $ from "../layout";

/**
 * Number of characters from which a part ends. V8 joins the strings of a part before they are written. To join those of a
 * large frame takes longer than all else, because the result is in new memory. (1 MB of text: half of the time.)
 */
const PART_SIZE = 4096;

/** Strings of a frame, behind each other. */
export class FrameText {
    /** Parts that have ended; none in most frames. */
    readonly #parts: string[] = [];
    #partsLength = 0;
    #latest = "";
    /** The same of the messages that were committed. */
    #committedParts = 0;
    #committedLatest = "";
    /** Number of characters of these messages. */
    committedLength = 0;

    /** Number of characters. */
    get length(): number {
        return this.#partsLength + this.#latest.length;
    }

    /** Number of bytes of the message that was not committed, in UTF-8. */
    get byteLength(): number {
        const parts = [...this.#parts.slice(this.#committedParts), this.#latest];
        return Buffer.byteLength(parts.join("").slice(this.#committedLatest.length));
    }

    add(text: string): void {
        const joined = this.#latest + text;
        if (joined.length < PART_SIZE) this.#latest = joined;
        else this.#addLong(text);
    }

    #addLong(text: string): void {
        if (text.length < PART_SIZE) {
            this.#latest += text;
        } else {
            this.#endPart();
            this.#latest = text;
        }
        this.#endPart();
    }

    commit(): void {
        this.#committedParts = this.#parts.length;
        this.#committedLatest = this.#latest;
        this.committedLength = this.length;
    }

    /** Removes the text of the message that was not committed. */
    rollBack(): void {
        if (this.#parts.length > this.#committedParts) this.#parts.length = this.#committedParts;
        this.#partsLength = this.committedLength - this.#committedLatest.length;
        this.#latest = this.#committedLatest;
    }

    clear(): void {
        if (this.#parts.length > 0) this.#parts.length = 0;
        this.#partsLength = 0;
        this.#latest = "";
        this.commit();
    }

    /** Sets this to what was committed in another text. */
    copyCommitted(other: FrameText): void {
        this.clear();
        for (const part of other.#parts.slice(0, other.#committedParts)) this.add(part);
        this.add(other.#committedLatest);
        this.commit();
    }

    /**
     * Writes the text if it is short and there is space. Returns the number of bytes, as many as characters if it is ASCII;
     * otherwise they must be written again. (Instead of {@link encoding} first: 0.9 of the time of a frame.)
     */
    writeShort(bytes: Buffer, at: number): number {
        const { length } = this.#latest;
        if (this.#partsLength > 0 || at + 3 * length > bytes.length) return -1;
        return length === 0 ? 0 : bytes.write(this.#latest, at, "utf8");
    }

    /** Returns the shortest encoding. */
    encoding(): $.EncodingNumber {
        if (this.#sizeIn("utf8") === this.length) return $.LATIN1;
        return isWellFormed(this.#latest) && this.#parts.every(isWellFormed) ? $.UTF8 : $.UTF16;
    }

    /** Returns the number of bytes in an encoding. */
    sizeIn(encoding: $.EncodingNumber): number {
        return encoding === $.LATIN1 ? this.length : this.#sizeIn($.ENCODINGS[encoding]);
    }

    #sizeIn(encoding: BufferEncoding): number {
        let size = Buffer.byteLength(this.#latest, encoding);
        for (const part of this.#parts) size += Buffer.byteLength(part, encoding);
        return size;
    }

    writeTo(bytes: Buffer, at: number, encoding: $.EncodingNumber): void {
        for (const part of this.#parts) at += bytes.write(part, at, $.ENCODINGS[encoding]);
        bytes.write(this.#latest, at, $.ENCODINGS[encoding]);
    }

    #endPart(): void {
        if (this.#latest === "") return;
        this.#parts.push(this.#latest);
        this.#partsLength += this.#latest.length;
        this.#latest = "";
    }
}

/** True for a text without half a surrogate pair. */
function isWellFormed(text: string): boolean {
    return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
