import type { WriteStream } from "node:fs";
import { escapeText } from "../terminal/escape";
import { jsonLine, shorten } from "../terminal/format";
import { inspectValue } from "../terminal/inspectValue";
import { formatClassName, ONE_LINE, type Output, type OutputFlags } from "../terminal/Output";
import type { TappedMessage } from "./parseFrame";

/** Characters that wait for a slow terminal or pipe; then messages are not printed, so that the connections go on. */
const MAX_BACKLOG = 16 * 2 ** 20;

/** Which end has sent a message. */
export type TapSide = "client" | "server";

/** Prints and records the messages that a tap passes on. Whatever they are, it never throws. */
export class TapLog {
    readonly #output: Output;
    readonly #flags: OutputFlags;
    readonly #record: WriteStream | undefined;
    #dropped = 0;

    /** @param record - a file that gets all messages: connections wait for it */
    constructor(output: Output, flags: OutputFlags, record: WriteStream | undefined) {
        this.#output = output;
        this.#flags = flags;
        this.#record = record;
        record?.setMaxListeners(0); // each connection waits for it
    }

    /** Whether connections have to wait until the file has what was recorded. */
    get isBehind(): boolean {
        return this.#record?.writableNeedDrain ?? false;
    }

    /** Calls back when the file has what was recorded. */
    onceRecorded(callback: () => void): void {
        if (this.isBehind) this.#record?.once("drain", callback);
        else callback();
    }

    /** Whether it wants to have messages at all. */
    get isNeeded(): boolean {
        return this.#record !== undefined || !this.#flags.quiet;
    }

    /** Some messages that one end has sent. */
    add(connection: number, from: TapSide, frames: readonly TappedMessage[]): void {
        if (frames.length === 0) return;
        const prints = !this.#flags.quiet && this.#output.pendingLength <= MAX_BACKLOG;
        if (!prints && !this.#flags.quiet) this.#drop(frames.length);
        if (!prints && !this.#record) return;
        try {
            const time = new Date().toISOString();
            const entries = frames.map((frame) => ({ time, connection, from, ...frame }));
            this.#record?.write(entries.map((entry) => `${jsonLine(entry)}\n`).join(""));
            if (prints) this.#print(entries);
        } catch (error) {
            this.#output.printError(error); // such as lines that are together longer than a string can be
        }
    }

    /** Tells what was not printed. */
    close(): void {
        if (this.#dropped > 0) this.#output.printNote(`messages that were not printed: ${this.#dropped}`);
        this.#dropped = 0;
    }

    #print(entries: Entry[]): void {
        const output = this.#output;
        if (this.#flags.bare) output.printJson(entries.map(({ data = null }) => data));
        else if (output.pretty) output.printLine(entries.map((entry) => this.#inspectValue(entry)).join("\n"));
        else output.printJson(entries);
    }

    #drop(count: number): void {
        if (this.#dropped === 0) {
            this.#output.printNote("messages are not printed for now: they come faster than the output is read");
            this.#output.onceDrained(() => {
                this.close();
            });
        }
        this.#dropped += count;
    }

    #inspectValue({ time, connection, from, bytes, kind, type, data, id, text, incomplete, error }: Entry): string {
        const output = this.#output;
        const name = type === undefined ? "" : `${formatClassName(type)} `;
        const size = `${bytes} B`;
        const mark = markOf(id);
        const clock = time.slice(11, 23);
        const used = `${clock} #${connection} → ${kind.padEnd(8)} ${name}${size} ${mark}`.length;
        const room = Math.max(20, output.width - used - 1);
        const value = error ?? text ?? data;
        const shown = value === undefined ? "" : shorten(inspectValue(value, room, ONE_LINE), room);
        return [
            output.style("dim", `${clock} #${connection}`),
            from === "client" ? output.style("green", "→") : output.style("yellow", "←"),
            `${kind.padEnd(8)} ${output.style("cyan", name)}${size}`,
            shown + output.style("dim", mark) + (incomplete && kind !== "incomplete" ? " (incomplete)" : ""),
        ].join(" ");
    }
}

/** A message with what is known of its way. */
interface Entry extends TappedMessage {
    time: string;
    connection: number;
    from: TapSide;
}

/** The beginning of what names a question and its answer: a peer may have sent anything. */
function markOf(id: unknown): string {
    if (id === undefined) return "";
    return ` ${typeof id === "string" ? escapeText(id.slice(0, 8)) : shorten(inspectValue(id, 8, ONE_LINE), 20)}`;
}
