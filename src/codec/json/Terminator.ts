import { SockhopError } from "../../SockhopError";

/** Characters that JSON text can have outside its strings, or as part of an escape sequence inside them. */
const STRUCTURE = '{}[],:"\\+-.0123456789abcdeflnrstu';

/** The mark at the end of a frame, and how to keep it out of the frame itself. */
export class Terminator {
    readonly text: string;
    readonly bytes: Buffer;
    /** JSON text never contains a control character, so such a terminator (the default) needs no protection. */
    readonly isSafe: boolean;
    /** A character of the terminator that JSON has only inside strings, where `\uXXXX` can stand for it. */
    readonly #escape: string | undefined;

    /** @throws {@link SockhopError} `ERR_BAD_OPTION` when `text` is empty. */
    constructor(text: string) {
        if (text === "") throw new SockhopError("A terminator must not be empty", "ERR_BAD_OPTION");
        this.bytes = Buffer.from(text);
        this.text = this.bytes.toString(); // as the receiver will decode it
        this.isSafe = Array.from(this.text).some((character) => character < " ");
        this.#escape = Array.from(this.text).find((character) => !STRUCTURE.includes(character));
    }

    /** Whether this is a single byte, as most are, and the last of these. */
    isLastOf(bytes: Buffer, length: number): boolean {
        return this.bytes.length === 1 && bytes[length - 1] === this.bytes[0];
    }

    /** Where the last terminator in these bytes ends; 0 when there is none. */
    lastEnd(bytes: Buffer): number {
        const last = bytes.lastIndexOf(this.bytes);
        return last === -1 ? 0 : last + this.bytes.length;
    }

    /**
     * What is between the terminators of a text that ends with one. The last is empty, unless the terminator overlaps itself:
     * "aaa" is the terminator "aa" and the beginning of another.
     */
    split(text: string): string[] {
        const rest = text.length - this.text.length;
        return text.indexOf(this.text) === rest ? [text.slice(0, rest), ""] : text.split(this.text);
    }

    /**
     * JSON text that means the same as `json` and can be followed by this terminator.
     *
     * @throws {@link SockhopError} `ERR_BAD_DATA` when no such text exists: the terminator is made only of characters
     * that JSON needs, and occurs in `json`.
     */
    escape(json: string): string {
        // The search includes the terminator itself, since it may overlap the end of the text: "}" and "}}".
        if (this.isSafe || (json + this.text).indexOf(this.text) === json.length) return json;
        if (this.#escape === undefined) {
            throw new SockhopError(
                `JSON text that contains the terminator ${this.text} cannot be sent`,
                "ERR_BAD_DATA",
            );
        }
        return json.replaceAll(this.#escape, escaped(this.#escape));
    }
}

/** `character` as `\uXXXX`, once for each of its UTF-16 units. */
function escaped(character: string): string {
    return character
        .split("")
        .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
        .join("");
}
