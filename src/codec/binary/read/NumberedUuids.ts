import { uuidOf } from "../../../protocol/uuid";

/** Numbers whose uuids have the same beginning. */
const SAME_PREFIX = 256;

/** The last two digits of uuids. */
const DIGITS = Array.from({ length: SAME_PREFIX }, (_, n) => n.toString(16).padStart(2, "0"));

/**
 * Uuids of the numbers of one end of a connection, see {@link uuidOf}. They are joined from two strings: few programs
 * read them, and a joined string costs little until it is read.
 */
export class NumberedUuids {
    readonly #token: string;
    #prefix = "";
    /** Number of the first uuid with the prefix. */
    #first = -1;

    constructor(token: string) {
        this.#token = token;
    }

    of(number: number): string {
        const last = number % SAME_PREFIX;
        if (number - last !== this.#first) {
            this.#first = number - last;
            this.#prefix = uuidOf(this.#token, number).slice(0, -2);
        }
        return this.#prefix + (DIGITS[last] as string);
    }
}
