/** Characters that are invisible, or change the line or the direction of the text after them. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Replaces characters that a reader could not see. */
export function visible(text: string): string {
    return text.replace(UNPRINTABLE, (character) => {
        if (character === "\n") return "⏎";
        if (character === "\t") return "⇥";
        return `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, "0")}`;
    });
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function bytes(count: number): string {
    let [value, unit] = [count, 0];
    while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
    return `${unit === 0 ? String(value) : value.toFixed(value < 10 ? 1 : 0)} ${UNITS[unit] as string}`;
}

const COUNT = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export function count(value: number): string {
    return COUNT.format(value);
}

/** At most five characters. */
export function short(value: number): string {
    return SHORT.format(value);
}

/** Milliseconds as text. */
export function duration(ms: number): string {
    if (ms < 1) return `${ms.toFixed(2)} ms`;
    if (ms < 1000) return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
    const seconds = ms / 1000;
    if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
    const hours = Math.floor(minutes / 60);
    return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function two(value: number, digits = 2): string {
    return String(value).padStart(digits, "0");
}

/** Time of day, as the clock of the user shows it. */
export function clock(time: string | number, withMilliseconds = true): string {
    const date = new Date(time);
    if (Number.isNaN(date.getTime())) return "?";
    const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    return withMilliseconds ? `${text}.${two(date.getMilliseconds(), 3)}` : text;
}

/** A type or id, which may be a value of any type. */
export function name(value: unknown): string {
    if (value === undefined) return "";
    const text = typeof value === "string" ? value : (JSON.stringify(value) as string | undefined);
    return visible((text ?? "").slice(0, 200));
}

/** First characters of a value, in one line. */
export function preview(value: unknown, length = 300): string {
    if (value === undefined) return "";
    if (typeof value === "string") return visible(JSON.stringify(value.slice(0, length)));
    return visible(((JSON.stringify(value) as string | undefined) ?? "").slice(0, length));
}
