import readline from "node:readline";
import { inspect } from "node:util";
import { escapeLines } from "./escape";
import { jsonLine, shorten } from "./format";
import { formatError } from "./formatError";
import { inspectValue } from "./inspectValue";
import { jsonForm } from "../../inspect/frames/jsonForm";

/** Options for printing received values. */
export interface OutputFlags {
    jsonOutput?: true;
    pretty?: true;
    bare?: true;
    quiet?: true;
    /** Print the time of messages, events and errors. */
    time?: true;
}

/** A received value. The members are also the keys of its line of JSON. */
export interface ReceivedMessage {
    type: unknown;
    data: unknown;
    /** Endpoint or label of the sender. */
    from: string;
    /** Kind of reply that the sender waits for. */
    question?: "callback" | "request";
    /** Number of the typed line that this value replies to. */
    answer?: number;
}

/** Maximum length of a value in readable form, in characters. */
const MAX_VALUE = 100_000;

/** Limit for results that wait for a slow stdout, in characters. Above it, peers have to wait. */
const MAX_PENDING_RESULTS = 2 ** 20;

/** Limit for notes that wait for a slow stderr, in characters. Above it, notes are dropped. */
const MAX_PENDING_NOTES = 2 ** 20;

/** Maximum length of a class name in readable form, in characters. */
const MAX_CLASS_NAME = 60;

/** Options that make {@link inspect} print one line. */
export const ONE_LINE = { breakLength: Infinity, compact: true };

type Color = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Prints results to stdout and notes to stderr, above the prompt if there is one. */
export class Output {
    /** True if values are printed in readable form, false if they are lines of JSON. */
    readonly pretty: boolean;
    /** Prompt that is shown in the last line. */
    prompt: readline.Interface | undefined;
    readonly #bare: boolean;
    readonly #quiet: boolean;
    readonly #time: boolean;
    readonly #drainCallbacks: (() => void)[] = [];
    readonly #colors: { out: boolean; err: boolean };

    constructor(
        { jsonOutput, pretty, bare, quiet, time }: OutputFlags,
        private readonly out: NodeJS.WriteStream = process.stdout,
        private readonly err: NodeJS.WriteStream = process.stderr,
    ) {
        this.pretty = pretty === true || (out.isTTY && jsonOutput !== true);
        this.#bare = bare === true;
        this.#quiet = quiet === true;
        this.#time = time === true;
        this.#colors = { out: supportsColor(out), err: supportsColor(err) };
    }

    /** Prints a received value. */
    printMessage({ type, data, from, question, answer }: ReceivedMessage, label = ""): void {
        if (this.#quiet) return;
        if (this.#bare) {
            this.printJson([jsonForm(data)]);
        } else if (this.pretty) {
            const mark = answer ? `↳${answer}` : question ? `← ${question === "request" ? "?" : "!"}` : "←";
            const sender = label && `${this.style("dim", label)} `;
            const name = this.style("cyan", formatClassName(type));
            this.printLine(`${this.#clock("out")}${sender}${this.style("green", mark)} ${name} ${this.inspect(data)}`);
        } else {
            const time = this.#time && { time: new Date().toISOString() };
            const more = { from, ...(question && { question }), ...(answer && { answer }) };
            this.printJson([{ ...time, type, data: jsonForm(data), ...more }]);
        }
    }

    /** Columns of the terminal. 200 if stdout is no terminal. */
    get width(): number {
        return this.out.columns || 200;
    }

    /** Formats a value in readable form. Escapes control characters, and shortens long values. */
    inspect(value: unknown): string {
        const breakLength = Math.max(40, (this.out.columns || 80) - 20);
        return inspectValue(value, MAX_VALUE, { colors: this.#colors.out, breakLength });
    }

    /** Prints a result. */
    printLine(text: string): void {
        this.#write(this.out, escapeLines(text, this.#colors.out));
    }

    /** Prints each value as one line of JSON. */
    printJson(values: readonly unknown[]): void {
        this.#write(this.out, values.map(jsonLine).join("\n"));
    }

    /** Prints a status line to stderr. */
    printNote(text: string): void {
        this.#writeToStderr("dim", text);
    }

    /** Prints a status line about a connection to stderr, with the time if that is wanted. */
    printEvent(text: string): void {
        this.#writeToStderr("dim", text, this.#clock("err"));
    }

    /** Prints an error to stderr. Never throws, whatever the error is. */
    printError(error: unknown): void {
        this.#writeToStderr("red", formatError(error), this.#clock("err"));
    }

    /** Characters that stdout has buffered. */
    get pendingLength(): number {
        return this.out.writableLength;
    }

    /** True if stdout is too slow, so that peers have to wait. */
    get isOverLimit(): boolean {
        return this.pendingLength > MAX_PENDING_RESULTS;
    }

    /** Resolves at once, or, if stdout is over its limit, when its buffer is empty. */
    async drained(): Promise<void> {
        if (this.isOverLimit) await new Promise<void>((resolve) => this.onceDrained(resolve));
    }

    /** Calls back when the buffer of stdout is empty. */
    onceDrained(callback: () => void): void {
        if (!this.out.writableNeedDrain) {
            callback();
            return;
        }
        if (this.#drainCallbacks.length === 0) {
            this.out.once("drain", () => {
                for (const each of this.#drainCallbacks.splice(0)) each();
            });
        }
        this.#drainCallbacks.push(callback);
    }

    /** Adds a color if the stream shows colors. */
    style(color: Color, text: string, to: "out" | "err" = "out"): string {
        if (!this.#colors[to]) return text;
        // Not util.styleText(): it needs Node 20.12, and it checks the environment by rules of its own.
        const [open, close] = inspect.colors[color] ?? [0, 0];
        return `\x1b[${open}m${text}\x1b[${close}m`;
    }

    /** Clears the prompt and the text typed there. The next line is printed there. */
    clearPrompt(): void {
        if (!this.prompt) return;
        readline.moveCursor(this.err, 0, -this.prompt.getCursorPos().rows);
        readline.cursorTo(this.err, 0);
        readline.clearScreenDown(this.err);
    }

    /** Time of day (UTC) as the start of a line. Empty if it is not wanted. */
    #clock(to: "out" | "err"): string {
        return this.#time ? `${this.style("dim", clockOf(new Date().toISOString()), to)} ` : "";
    }

    /** Drops the text if stderr is too slow: a peer that causes many errors must not fill the memory. */
    #writeToStderr(color: Color, text: string, prefix = ""): void {
        if (this.err.writableLength > MAX_PENDING_NOTES) return;
        this.#write(this.err, escapeLines(prefix + this.style(color, text, "err"), this.#colors.err));
    }

    /** Writes a line where the prompt is, and shows the prompt again below it. */
    #write(stream: NodeJS.WriteStream, text: string): void {
        this.clearPrompt();
        stream.write(`${text}\n`);
        if (!this.prompt) return;
        // Undocumented: readline would clear this number of rows above the cursor once more.
        (this.prompt as { prevRows?: number }).prevRows = 0;
        this.prompt.prompt(true);
    }
}

/** Time of day with milliseconds, of a date in ISO 8601. */
export function clockOf(time: string): string {
    return time.slice(11, 23);
}

/** Formats a class name from a peer, which may be a value of any type and length. */
export function formatClassName(type: unknown): string {
    if (typeof type !== "string") return shorten(inspectValue(type, MAX_CLASS_NAME, ONE_LINE), MAX_CLASS_NAME);
    const name = shorten(type, MAX_CLASS_NAME);
    return /^[\w$]+…?$/.test(name) ? name : inspect(name, ONE_LINE);
}

/** Checks `FORCE_COLOR`, then `NO_COLOR` and the terminal. */
function supportsColor(stream: NodeJS.WriteStream): boolean {
    const { FORCE_COLOR: force } = process.env;
    if (force !== undefined) return force !== "0" && force !== "false";
    return stream.isTTY && stream.hasColors();
}
