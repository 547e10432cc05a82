import { SockhopError } from "../../SockhopError";

/** Characters that JSON needs outside of strings, or in escape sequences. */
const STRUCTURE = '{}[],:"\\+-.0123456789abcdeflnrstu';

/** Text that ends a frame. Finds it in received bytes, and escapes it in sent JSON. */
export class Terminator {
    readonly text: string;
    readonly bytes: Buffer;
    /** True if JSON never contains the terminator, because it has a control character, as the default has. */
    readonly isSafe: boolean;
    /** Character of the terminator that JSON has only inside strings, where it can be written as `\uXXXX`. */
    readonly #escapable: string | undefined;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` if `text` is empty */
    constructor(text: string) {
        if (text === "") throw new SockhopError("The terminator must not be empty", "ERR_BAD_OPTION");
        this.bytes = Buffer.from(text);
        this.text = this.bytes.toString(); // as the receiver decodes it: lone surrogates become U+FFFD
        this.isSafe = Array.from(this.text).some((character) => character < " ");
        this.#escapable = Array.from(this.text).find((character) => !STRUCTURE.includes(character));
    }

    /** True if this terminator has one byte, as the default has, and `bytes` end with it at `length`. */
    isLastOf(bytes: Buffer, length: number): boolean {
        return this.bytes.length === 1 && bytes[length - 1] === this.bytes[0];
    }

    /** Returns the index after the last terminator in `bytes`; 0 if there is none. */
    lastEnd(bytes: Buffer): number {
        const index = bytes.lastIndexOf(this.bytes);
        return index === -1 ? 0 : index + this.bytes.length;
    }

    /**
     * Splits a text that ends with a terminator. The last part is empty, unless the terminator overlaps itself: "aaa"
     * is the terminator "aa" and the start of another one.
     */
    split(text: string): string[] {
        const lastStart = text.length - this.text.length;
        return text.indexOf(this.text) === lastStart ? [text.slice(0, lastStart), ""] : text.split(this.text);
    }

    /**
     * Returns JSON text with the same meaning as `json` that does not contain the terminator.
     *
     * @throws {@link SockhopError} `ERR_BAD_DATA` if this is impossible: `json` contains the terminator, which consists
     * only of characters that JSON needs outside of strings or in escape sequences
     */
    escape(json: string): string {
        // The search includes the terminator itself, because it can overlap the end of the text: "}" and "}}".
        if (this.isSafe || (json + this.text).indexOf(this.text) === json.length) return json;
        if (this.#escapable === undefined) {
            const message = `This value cannot be sent: its JSON text contains the terminator ${this.text}`;
            throw new SockhopError(message, "ERR_BAD_DATA");
        }
        return json.replaceAll(this.#escapable, unicodeEscape(this.#escapable));
    }
}

/** Writes a character as `\uXXXX`, once for each of its UTF-16 code units. */
function unicodeEscape(character: string): string {
    return character
        .split("")
        .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
        .join("");
}
