import { SockhopError } from "./SockhopError";

/**
 * A number of things or bytes; `Infinity` for no bound.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION` for what is not a number above 0
 */
export function positiveNumber(name: string, value: unknown, fallback: number): number {
    const number = value ?? fallback;
    if (typeof number === "number" && number > 0) return number;
    throw new SockhopError(`${name} must be a number above 0`, "ERR_BAD_OPTION");
}

/** The longest time a timer of Node can run, about 25 days; a longer one would fire after 1 ms. */
export const MAX_TIMEOUT = 2 ** 31 - 1;

/**
 * A time in milliseconds as the user gave it, made fit for a timer: `Infinity` and the like become the longest time
 * there is, anything falsy the default.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION` for what is no time: negative, or not a number.
 */
export function milliseconds(name: string, value: unknown, fallback: number): number {
    const time = isNumeric(value) ? Number(value) : value ? NaN : 0;
    if (!(time >= 0)) throw new SockhopError(`${name} must be a time in milliseconds`, "ERR_BAD_OPTION");
    return Math.min(time || fallback, MAX_TIMEOUT);
}

function isNumeric(value: unknown): value is number | string {
    return typeof value === "number" || typeof value === "string";
}
