import readline from "node:readline";
import { inspect } from "node:util";
import { escapeLines } from "./escape";
import { jsonLine, shorten } from "./format";
import { formatError } from "./formatError";
import { inspectValue } from "./inspectValue";

/** The options that say how to print what comes in. */
export interface OutputFlags {
    jsonOutput?: true;
    pretty?: true;
    bare?: true;
    quiet?: true;
}

/** A value that has come in. */
export interface ReceivedMessage {
    type: unknown;
    data: unknown;
    /** Whom it comes from. */
    from: string;
    /** It wants an answer: how it asks. */
    question?: "callback" | "request";
    /** It answers: the number of the question. */
    answer?: number;
}

/** Characters of a value that are shown to people. */
const MAX_SHOWN = 100_000;

/** Characters of results that wait for a slow output; then peers have to wait, too. */
const MAX_PENDING_RESULTS = 2 ** 20;

/** Characters that wait for a slow stderr; then its lines are dropped. */
const MAX_PENDING_NOTES = 2 ** 20;

/** Characters of the name of a class that are shown to people. */
const MAX_NAME = 60;

/** How {@link inspect} makes no line breaks. */
export const ONE_LINE = { breakLength: Infinity, compact: true };

type Color = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Where a command prints. Leaves a prompt alone that stands in the last line. */
export class Output {
    /** Made for people to read. */
    readonly pretty: boolean;
    /** The prompt, while there is one. */
    prompt: readline.Interface | undefined;
    readonly #bare: boolean;
    readonly #quiet: boolean;
    readonly #drained: (() => void)[] = [];
    readonly #colors: { out: boolean; err: boolean };

    constructor(
        { jsonOutput, pretty, bare, quiet }: OutputFlags,
        private readonly out: NodeJS.WriteStream = process.stdout,
        private readonly err: NodeJS.WriteStream = process.stderr,
    ) {
        this.pretty = pretty === true || (out.isTTY && jsonOutput !== true);
        this.#bare = bare === true;
        this.#quiet = quiet === true;
        this.#colors = { out: supportsColor(out), err: supportsColor(err) };
    }

    /** Prints a value that has come in. */
    printMessage({ type, data, from, question, answer }: ReceivedMessage, label = ""): void {
        if (this.#quiet) return;
        if (this.#bare) this.printJson([data ?? null]);
        else if (this.pretty)
            this.printLine(
                `${label && this.style("dim", label) + " "}${this.#inspectValue(type, data, question, answer)}`,
            );
        else this.printJson([{ type, data, from, ...(question && { question }), ...(answer && { answer }) }]);
    }

    #inspectValue(type: unknown, data: unknown, question: ReceivedMessage["question"], answer = 0): string {
        const mark = answer ? `↳${answer}` : question ? `← ${question === "request" ? "?" : "!"}` : "←";
        return `${this.style("green", mark)} ${this.style("cyan", formatClassName(type))} ${this.inspect(data)}`;
    }

    /** How many characters a line has. */
    get width(): number {
        return this.out.columns || 200;
    }

    /** A value for people. Control characters are escapeText, and a long one is cut. */
    inspect(value: unknown): string {
        const breakLength = Math.max(40, (this.out.columns || 80) - 20);
        return inspectValue(value, MAX_SHOWN, { colors: this.#colors.out, breakLength });
    }

    /** Prints a result. */
    printLine(text: string): void {
        this.#write(this.out, escapeLines(text, this.#colors.out));
    }

    /** Prints values, each as a line of JSON. */
    printJson(values: readonly unknown[]): void {
        this.#write(this.out, values.map(jsonLine).join("\n"));
    }

    /** Tells what happens besides, on stderr. */
    printNote(text: string): void {
        this.#printDiagnostic("dim", text);
    }

    /** Tells what went wrong, on stderr. Never throws, whatever the error is. */
    printError(error: unknown): void {
        this.#printDiagnostic("red", formatError(error));
    }

    /** Characters that wait until the terminal, the pipe or the file of the results takes them. */
    get pendingLength(): number {
        return this.out.writableLength;
    }

    /** Resolves at once, or when a slow output has taken what waits for it, if that is much. */
    async drained(): Promise<void> {
        if (this.isOverLimit) await new Promise<void>((resolve) => this.onceDrained(resolve));
    }

    /** Whether so much waits for a slow output that peers have to wait, too. */
    get isOverLimit(): boolean {
        return this.pendingLength > MAX_PENDING_RESULTS;
    }

    /** Calls back when no results wait any more. */
    onceDrained(callback: () => void): void {
        if (!this.out.writableNeedDrain) {
            callback();
            return;
        }
        if (this.#drained.length === 0) {
            this.out.once("drain", () => {
                for (const each of this.#drained.splice(0)) each();
            });
        }
        this.#drained.push(callback);
    }

    /** A peer must not fill the memory with notes that are not read. */
    #printDiagnostic(color: Color, text: string): void {
        if (this.err.writableLength > MAX_PENDING_NOTES) return;
        this.#write(this.err, escapeLines(this.style(color, text, "err"), this.#colors.err));
    }

    style(color: Color, text: string, to: "out" | "err" = "out"): string {
        if (!this.#colors[to]) return text;
        // util.styleText() begins with Node 20.12, and has its own idea of when to do nothing.
        const [open, close] = inspect.colors[color] ?? [0, 0];
        return `\x1b[${open}m${text}\x1b[${close}m`;
    }

    /** Takes the prompt away, with what is typed after it; the next line is printed there. */
    clearPrompt(): void {
        if (!this.prompt) return;
        readline.moveCursor(this.err, 0, -this.prompt.getCursorPos().rows);
        readline.cursorTo(this.err, 0);
        readline.clearScreenDown(this.err);
    }

    /** On the line of the prompt, which moves down. */
    #write(stream: NodeJS.WriteStream, text: string): void {
        this.clearPrompt();
        stream.write(`${text}\n`);
        if (!this.prompt) return;
        // So many rows above the cursor readline would take away itself, although we have done so: undocumented.
        (this.prompt as { prevRows?: number }).prevRows = 0;
        this.prompt.prompt(true);
    }
}

/** The name of a class as a peer has sent it: it may be anything, of any length. */
export function formatClassName(type: unknown): string {
    if (typeof type !== "string") return shorten(inspectValue(type, MAX_NAME, ONE_LINE), MAX_NAME);
    const name = shorten(type, MAX_NAME);
    return /^[\w$]+…?$/.test(name) ? name : inspect(name, ONE_LINE);
}

/** `FORCE_COLOR`, `NO_COLOR` and what the terminal can do, in this order. */
function supportsColor(stream: NodeJS.WriteStream): boolean {
    const { FORCE_COLOR: force } = process.env;
    if (force !== undefined) return force !== "0" && force !== "false";
    return stream.isTTY && stream.hasColors();
}
