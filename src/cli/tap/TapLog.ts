import type { WriteStream } from "node:fs";
import { escapeText } from "../terminal/escape";
import { jsonLine, shorten } from "../terminal/format";
import { inspectValue } from "../terminal/inspectValue";
import { jsonForm } from "../../inspect/frames/jsonForm";
import { clockOf, formatClassName, ONE_LINE, type Output, type OutputFlags } from "../terminal/Output";
import type { TappedMessage } from "../../inspect/frames/parseFrame";
import type { Side } from "../../inspect/protocol";
import type { TapObserver } from "./TapObserver";

/** Limit for output that is not read, in characters. Above it, messages are not printed. */
const MAX_PENDING_OUTPUT = 16 * 2 ** 20;

/** Smallest number of columns for the value of a message. */
const MIN_VALUE_WIDTH = 20;

/** A message with its time, connection and sender. The members are also the keys of its line of JSON. */
interface LogEntry extends TappedMessage {
    time: string;
    connection: number;
    from: Side;
}

/** Prints and records the messages of a tap. Never throws, whatever the messages are. */
export class TapLog implements TapObserver {
    readonly #output: Output;
    readonly #flags: OutputFlags;
    readonly #record: WriteStream | undefined;
    #dropped = 0;

    /** @param record - file for all messages. Connections wait until it is written. */
    constructor(output: Output, flags: OutputFlags, record: WriteStream | undefined) {
        this.#output = output;
        this.#flags = flags;
        this.#record = record;
        record?.setMaxListeners(0); // one `drain` listener per connection
    }

    /** True if connections have to wait for the file. */
    get needsDrain(): boolean {
        return this.#record?.writableNeedDrain ?? false;
    }

    /** Calls back when the file is written. */
    onceDrained(callback: () => void): void {
        if (this.needsDrain) this.#record?.once("drain", callback);
        else callback();
    }

    /** False if messages are neither printed nor recorded, so that they need not be parsed. */
    get isNeeded(): boolean {
        return this.#record !== undefined || !this.#flags.quiet;
    }

    add(connection: number, from: Side, messages: readonly TappedMessage[]): void {
        if (messages.length === 0) return;
        const prints = !this.#flags.quiet && this.#output.pendingLength <= MAX_PENDING_OUTPUT;
        if (!prints && !this.#flags.quiet) this.#drop(messages.length);
        if (!prints && !this.#record) return;
        try {
            const time = new Date().toISOString();
            const entries = messages.map((message) => ({ time, connection, from, ...message }));
            this.#record?.write(entries.map((entry) => `${jsonLine(jsonEntry(entry))}\n`).join(""));
            if (prints) this.#print(entries);
        } catch (error) {
            this.#output.printError(error); // the lines together may exceed the longest string
        }
    }

    /** Prints the number of dropped messages. */
    close(): void {
        if (this.#dropped > 0) this.#output.printNote(`messages not printed: ${this.#dropped}`);
        this.#dropped = 0;
    }

    #print(entries: LogEntry[]): void {
        const output = this.#output;
        if (this.#flags.bare) output.printJson(entries.map(({ data = null }) => jsonForm(data)));
        else if (output.pretty) output.printLine(entries.map((entry) => this.#format(entry)).join("\n"));
        else output.printJson(entries.map(jsonEntry));
    }

    #drop(count: number): void {
        if (this.#dropped === 0) {
            this.#output.printNote("the output is too slow: messages are not printed until it has caught up");
            this.#output.onceDrained(() => {
                this.close();
            });
        }
        this.#dropped += count;
    }

    /** Formats a message in readable form, as one line that fits the terminal. */
    #format({
        time,
        connection,
        from,
        bytes,
        kind,
        type,
        data,
        id,
        text,
        incomplete,
        replayed,
        error,
    }: LogEntry): string {
        const output = this.#output;
        const name = type === undefined ? "" : `${formatClassName(type)} `;
        const size = `${bytes} B`;
        const shortId = formatId(id);
        const clock = clockOf(time);
        const used = `${clock} #${connection} → ${kind.padEnd(8)} ${name}${size} ${shortId}${replayed ? AGAIN : ""}`
            .length;
        const width = Math.max(MIN_VALUE_WIDTH, output.width - used - 1);
        const value = error ?? text ?? data;
        const shown = value === undefined ? "" : shorten(inspectValue(value, width, ONE_LINE), width);
        return [
            output.style("dim", `${clock} #${connection}`),
            from === "client" ? output.style("green", "→") : output.style("yellow", "←"),
            `${kind.padEnd(8)} ${output.style("cyan", name)}${size}`,
            shown +
                output.style("dim", shortId) +
                (incomplete && kind !== "incomplete" ? " (incomplete)" : "") +
                (replayed ? AGAIN : ""),
        ].join(" ");
    }
}

/** End of the line of a message that was sent before. */
const AGAIN = " (sent again)";

/** UUID of a call or request that has a number in frames of bytes, which is its last part. */
const NUMBERED = /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]00-([\da-f]{12})$/;

/** Replaces the values that JSON does not have. */
function jsonEntry(entry: LogEntry): object {
    const { data, error } = entry;
    return {
        ...entry,
        ...(data !== undefined && { data: jsonForm(data) }),
        ...(error !== undefined && { error: jsonForm(error) }),
    };
}

/** Formats a number, or the first characters of an id, which may be a value of any type. */
function formatId(id: unknown): string {
    if (id === undefined) return "";
    const [, number] = (typeof id === "string" && NUMBERED.exec(id)) || [];
    if (number !== undefined) return ` ${parseInt(number, 16)}`;
    return ` ${typeof id === "string" ? escapeText(id.slice(0, 8)) : shorten(inspectValue(id, 8, ONE_LINE), 20)}`;
}
