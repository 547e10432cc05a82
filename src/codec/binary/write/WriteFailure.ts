import { messageOf } from "../../../runtime/thrownValues";
import { SockhopError, causedBy } from "../../../SockhopError";
import { withoutStack } from "../../errors";

/** Maximum length of a path in an error message. */
const MAX_PATH = 128;

/**
 * Creates an error that is thrown instead of a {@link WriteFailure}.
 *
 * @param at - text such as `, at .a[3]`; empty for the value itself
 */
type MakeError = (at: string) => SockhopError;

/**
 * Part of a value that cannot be sent. It collects its path on the way out.
 *
 * The stack can be full there. Then a regular expression could end the process: V8 has no memory to compile it. So the
 * text is made by {@link toError}.
 */
export class WriteFailure extends Error {
    /** Steps of the path, innermost first: text such as `[3]`, or the key of a member. */
    readonly #steps: (string | { readonly key: string })[] = [];
    readonly #makeError: MakeError | undefined;

    constructor(reason: string, cause?: unknown, makeError?: MakeError) {
        super(reason, causedBy(cause));
        this.#makeError = makeError;
    }

    /** Converts anything that was thrown. */
    static of(thrown: unknown): WriteFailure {
        return thrown instanceof WriteFailure ? thrown : writeFailure(messageOf(thrown), thrown);
    }

    /** @param step - text such as `[3]` */
    in(step: string): this {
        if (this.#steps.length < MAX_PATH) this.#steps.push(step);
        return this;
    }

    inMember(key: string): this {
        if (this.#steps.length < MAX_PATH) this.#steps.push({ key });
        return this;
    }

    toError(): SockhopError {
        let path = "";
        for (const step of this.#steps) {
            if (path.length >= MAX_PATH) break;
            path = (typeof step === "string" ? step : memberStep(step.key)) + path;
        }
        if (path.length >= MAX_PATH) path = `…${path}`;
        const at = path === "" ? "" : `, at ${path}`;
        if (this.#makeError) return this.#makeError(at);
        const reason = this.message.replace(/\s*\n\s*/g, " ");
        return new SockhopError(`This value cannot be sent: ${reason}${at}`, "ERR_BAD_DATA", causedBy(this.cause));
    }
}

/**
 * Creates a {@link WriteFailure}. It has no stack: the error that is thrown has one.
 *
 * @param reason - such as `a function`
 */
export function writeFailure(reason: string, cause?: unknown, makeError?: MakeError): WriteFailure {
    return withoutStack(() => new WriteFailure(reason, cause, makeError));
}

/** Creates the failure of an object that only has the prototype of a built-in class. */
export function emptyFailure(className: string): WriteFailure {
    return writeFailure(`an object that inherits from ${className} without its content (a Proxy of one?)`);
}

/** Returns the step to a member in the path of an error. */
function memberStep(key: string): string {
    return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, MAX_PATH))}]`;
}
