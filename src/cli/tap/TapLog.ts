import type { WriteStream } from "node:fs";
import { escaped } from "../terminal/escape";
import { jsonLine, shorten } from "../terminal/format";
import { portray } from "../terminal/inspectValue";
import { className, ONE_LINE, type Output, type OutputFlags } from "../terminal/Output";
import type { Frame } from "./parseFrame";

/** Characters that wait for a slow terminal or pipe; then messages are not printed, so that the connections go on. */
const MAX_BACKLOG = 16 * 2 ** 20;

/** Which end has sent a message. */
export type Side = "client" | "server";

/** Prints and records the messages that a tap passes on. Whatever they are, it never throws. */
export class TapLog {
    readonly #screen: Output;
    readonly #flags: OutputFlags;
    readonly #record: WriteStream | undefined;
    #dropped = 0;

    /** @param record - a file that gets all messages: connections wait for it */
    constructor(screen: Output, flags: OutputFlags, record: WriteStream | undefined) {
        this.#screen = screen;
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
    add(connection: number, from: Side, frames: readonly Frame[]): void {
        if (frames.length === 0) return;
        const prints = !this.#flags.quiet && this.#screen.backlog <= MAX_BACKLOG;
        if (!prints && !this.#flags.quiet) this.#drop(frames.length);
        if (!prints && !this.#record) return;
        try {
            const time = new Date().toISOString();
            const entries = frames.map((frame) => ({ time, connection, from, ...frame }));
            this.#record?.write(entries.map((entry) => `${jsonLine(entry)}\n`).join(""));
            if (prints) this.#print(entries);
        } catch (error) {
            this.#screen.fault(error); // such as lines that are together longer than a string can be
        }
    }

    /** Tells what was not printed. */
    close(): void {
        if (this.#dropped > 0) this.#screen.note(`messages that were not printed: ${this.#dropped}`);
        this.#dropped = 0;
    }

    #print(entries: Entry[]): void {
        const screen = this.#screen;
        if (this.#flags.bare) screen.json(entries.map(({ data = null }) => data));
        else if (screen.pretty) screen.line(entries.map((entry) => this.#portray(entry)).join("\n"));
        else screen.json(entries);
    }

    #drop(count: number): void {
        if (this.#dropped === 0) {
            this.#screen.note("messages are not printed for now: they come faster than the output is read");
            this.#screen.onceDrained(() => {
                this.close();
            });
        }
        this.#dropped += count;
    }

    #portray({ time, connection, from, bytes, kind, type, data, id, text, incomplete, error }: Entry): string {
        const screen = this.#screen;
        const name = type === undefined ? "" : `${className(type)} `;
        const size = `${bytes} B`;
        const mark = markOf(id);
        const clock = time.slice(11, 23);
        const used = `${clock} #${connection} → ${kind.padEnd(8)} ${name}${size} ${mark}`.length;
        const room = Math.max(20, screen.width - used - 1);
        const value = error ?? text ?? data;
        const shown = value === undefined ? "" : shorten(portray(value, room, ONE_LINE), room);
        return [
            screen.paint("dim", `${clock} #${connection}`),
            from === "client" ? screen.paint("green", "→") : screen.paint("yellow", "←"),
            `${kind.padEnd(8)} ${screen.paint("cyan", name)}${size}`,
            shown + screen.paint("dim", mark) + (incomplete && kind !== "incomplete" ? " (incomplete)" : ""),
        ].join(" ");
    }
}

/** A message with what is known of its way. */
interface Entry extends Frame {
    time: string;
    connection: number;
    from: Side;
}

/** The beginning of what names a question and its answer: a peer may have sent anything. */
function markOf(id: unknown): string {
    if (id === undefined) return "";
    return ` ${typeof id === "string" ? escaped(id.slice(0, 8)) : shorten(portray(id, 8, ONE_LINE), 20)}`;
}
