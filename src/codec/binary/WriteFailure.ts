import { messageOf } from "../../runtime/thrownValues";
import { SockhopError } from "../../SockhopError";
import { withoutStack } from "../errors";

/** Maximum length of a path in an error message. */
const MAX_PATH = 128;

/** Part of a value that cannot be sent. It collects its path on the way out. */
export class WriteFailure extends Error {
    #path = "";
    /** Error of the message as a whole, which is thrown instead. */
    readonly #error: SockhopError | undefined;

    constructor(reason: string, cause?: unknown, error?: SockhopError) {
        super(reason, cause === undefined ? undefined : { cause });
        this.#error = error;
    }

    /** Converts anything that was thrown. */
    static of(thrown: unknown): WriteFailure {
        return thrown instanceof WriteFailure
            ? thrown
            : writeFailure(messageOf(thrown).replace(/\s*\n\s*/g, " "), thrown);
    }

    /** @param step - text such as `.name` or `[3]` */
    in(step: string): this {
        if (this.#path.length < MAX_PATH) this.#path = step + this.#path;
        return this;
    }

    toError(): SockhopError {
        if (this.#error) return this.#error;
        const path = this.#path.length < MAX_PATH ? this.#path : `…${this.#path}`;
        const at = path === "" ? "" : `, at ${path}`;
        const options = this.cause === undefined ? undefined : { cause: this.cause };
        return new SockhopError(`This value cannot be sent: ${this.message}${at}`, "ERR_BAD_DATA", options);
    }
}

/**
 * Creates a {@link WriteFailure}. It has no stack: the error that is thrown has one.
 *
 * @param reason - such as `a function`
 * @param error - thrown instead, for a failure that does not belong to a part of the value
 */
export function writeFailure(reason: string, cause?: unknown, error?: SockhopError): WriteFailure {
    return withoutStack(() => new WriteFailure(reason, cause, error));
}

/** Returns the step to a member in the path of an error. */
export function memberStep(key: string): string {
    return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, MAX_PATH))}]`;
}
