import { messageOf } from "../../runtime/thrownValues";
import { SockhopError } from "../../SockhopError";

/** Maximum length of a path in an error message. */
const MAX_PATH = 128;

/** Part of a value that cannot be sent. It collects its path on the way out. */
export class WriteFailure {
    #path = "";

    /** @param error - thrown instead, for a failure that does not belong to a part of the value */
    constructor(
        readonly reason: string,
        readonly cause?: unknown,
        readonly error?: SockhopError,
    ) {}

    /** Converts anything that was thrown. */
    static of(thrown: unknown): WriteFailure {
        return thrown instanceof WriteFailure
            ? thrown
            : new WriteFailure(messageOf(thrown).replace(/\s*\n\s*/g, " "), thrown);
    }

    /** @param step - text such as `.name` or `[3]` */
    in(step: string): this {
        if (this.#path.length < MAX_PATH) this.#path = step + this.#path;
        return this;
    }

    toError(): SockhopError {
        if (this.error) return this.error;
        const path = this.#path.length < MAX_PATH ? this.#path : `…${this.#path}`;
        const at = path === "" ? "" : `, at ${path}`;
        const options = this.cause === undefined ? undefined : { cause: this.cause };
        return new SockhopError(`This value cannot be sent: ${this.reason}${at}`, "ERR_BAD_DATA", options);
    }
}

/** Returns the step to a member in the path of an error. */
export function memberStep(key: string): string {
    return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, MAX_PATH))}]`;
}
