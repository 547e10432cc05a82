import { InvalidArgumentError, Option } from "commander";

/** Milliseconds of each unit. */
const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Longest delay of a timer in Node, in milliseconds. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Converts a number of seconds, or a number with a unit, to milliseconds. */
export function parseDuration(text: string): number {
    const { amount, unit = "s" } = /^(?<amount>\d+(\.\d+)?|\.\d+)(?<unit>ms|s|m|h)?$/.exec(text)?.groups ?? {};
    if (amount === undefined) throw new InvalidArgumentError("Give seconds, or a duration such as 500ms, 2m or 1h.");
    return Math.min(Number(amount) * (UNITS[unit] ?? 1), MAX_TIMEOUT_MS);
}

/** Converts as {@link parseDuration} does. Refuses 0, for time limits: nothing can happen within no time. */
export function parseTimeLimit(text: string): number {
    const duration = parseDuration(text);
    if (duration > 0) return duration;
    throw new InvalidArgumentError("Give a duration above 0.");
}

/** Creates an option for a duration in milliseconds. The help shows the default as it is written here. */
export function durationOption(
    flags: string,
    description: string,
    defaultText: string,
    parse: (text: string) => number = parseDuration,
): Option {
    return new Option(flags, description).argParser(parse).default(parse(defaultText), defaultText);
}

/** Creates an option for a time limit in milliseconds, above 0. */
export function timeLimitOption(flags: string, description: string, defaultText: string): Option {
    return durationOption(flags, description, defaultText, parseTimeLimit);
}

/** Parses a positive integer of at most nine digits. */
export function parseCount(text: string): number {
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
    throw new InvalidArgumentError("Give a positive integer.");
}
