import { InvalidArgumentError } from "commander";

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A timer of Node cannot wait for more milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** Milliseconds: a number of seconds, or with a unit. */
export function parseDuration(text: string): number {
    const { amount, unit = "s" } = /^(?<amount>\d+(\.\d+)?|\.\d+)(?<unit>ms|s|m|h)?$/.exec(text)?.groups ?? {};
    if (amount === undefined) throw new InvalidArgumentError("Give seconds, or for example 500ms, 2m or 1h.");
    return Math.min(Number(amount) * (UNITS[unit] ?? 1), LONGEST);
}

/** A whole number above 0. */
export function parseCount(text: string): number {
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
    throw new InvalidArgumentError("Give a whole number above 0.");
}
