import { SockhopError } from "../SockhopError";

/** With the return value that it really has. */
const stringify: (value: unknown) => string | undefined = JSON.stringify;

/**
 * Refuses a part of a message that JSON would leave out.
 *
 * @throws {@link SockhopError} `ERR_BAD_DATA` for functions and symbols
 */
export function assertExpressible(value: unknown): void {
    if (typeof value === "function" || typeof value === "symbol") toJson(value);
}

/**
 * As a regular expression: as many characters as a UUID has, all of which stand for themselves in a string of JSON. (Written
 * out, since V8 takes twice as long when it has to count.)
 */
export const PLAIN_ID = String.raw`[#-[\]^-~]`.repeat(36);

const plainId = new RegExp(`^${PLAIN_ID}$`);

/** The last that was read: most questions are answered before the next comes. */
let latest: string | undefined;

/** An id that was found to be plain where it was read, so that nobody has to look again when it is answered. */
export function plain(id: string): string {
    return (latest = id);
}

/**
 * A string of its own: what V8 slices off keeps all of the text alive that it is a part of. For ids that are kept until the
 * answer is given, which may take long.
 *
 * @param id - what is no string is given back as it is
 */
export function copied<T>(id: T): T {
    return typeof id === "string" ? (`"${id}`.slice(1) as T) : id; // what is put together is copied before it is sliced
}

/** Whether JSON escapes nothing in this id, so that its text is known sooner. Peers may use others, and numbers. */
export function isPlainId(id: unknown): id is string {
    return typeof id === "string" && (id === latest || plainId.test(id));
}

/**
 * The JSON text of a value.
 *
 * @throws {@link SockhopError} `ERR_BAD_DATA` for what JSON cannot express: `undefined`, functions and symbols (as the
 * value itself; inside an object they are left out, as JSON does), BigInt, cycles, and a `toJSON` that throws.
 */
export function toJson(value: unknown): string {
    let text: string | undefined;
    try {
        text = stringify(value);
    } catch (cause) {
        throw new SockhopError("This value cannot be sent: JSON.stringify failed", "ERR_BAD_DATA", { cause });
    }
    if (text === undefined) {
        throw new SockhopError(`This value cannot be sent: JSON has no ${typeof value}`, "ERR_BAD_DATA");
    }
    return text;
}
