import { SockhopError } from "./SockhopError";

/**
 * Validates an option that is a count or a number of bytes; `Infinity` means no limit.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION` if `value` is not a number above 0
 */
export function positiveNumber(name: string, value: unknown, fallback: number): number {
    const number = value ?? fallback;
    if (typeof number === "number" && number > 0) return number;
    throw new SockhopError(`${name} must be a number above 0`, "ERR_BAD_OPTION");
}

/**
 * Longest delay of a timer of Node in milliseconds, about 25 days. A timer with a longer delay would fire after 1 ms.
 */
export const MAX_TIMEOUT = 2 ** 31 - 1;

/**
 * Validates an option that is a time in milliseconds. Returns `fallback` for a falsy value, and at most `MAX_TIMEOUT`,
 * also for `Infinity`.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION` if `value` is negative, or neither a number nor a numeric string
 */
export function milliseconds(name: string, value: unknown, fallback: number): number {
    const time = isNumeric(value) ? Number(value) : value ? NaN : 0;
    if (!(time >= 0)) throw new SockhopError(`${name} must be a time in milliseconds`, "ERR_BAD_OPTION");
    return Math.min(time || fallback, MAX_TIMEOUT);
}

/** True for an option that the program has not set. */
export function isMissing(value: unknown): value is null | undefined {
    return value === undefined || value === null;
}

function isNumeric(value: unknown): value is number | string {
    return typeof value === "number" || typeof value === "string";
}
