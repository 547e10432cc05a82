import type { CommandContext } from "../run/runCommand";
import { readLines } from "../terminal/input";

/** What can be typed, for the help; and what the commands among it do. */
export type ReplCommands = Record<string, { help: string; run?: () => unknown }>;

/** What one end does with lines. */
export interface ReplOptions {
    commands: ReplCommands;
    /** Called with each line that is none of the commands. */
    onLine: (text: string) => Promise<unknown>;
    /** Called when a line could not be carried out. */
    onError?: () => void;
}

/**
 * Does what the lines say that are typed or piped in, one after the other; what is wrong with one of them is told, and
 * the next one is read.
 *
 * @returns whether it was ended by a word
 */
export async function runRepl(
    { output, signal }: CommandContext,
    { commands, onLine, onError }: ReplOptions,
): Promise<boolean> {
    const list: ReplCommands = {
        ...commands,
        "/help": { help: "this list", run: () => output.printNote(table(list)) },
        "/quit": { help: "ends the conversation, as Ctrl-D does" },
    };
    const known = Object.keys(list).filter((word) => word.startsWith("/"));
    for await (const line of readLines(output, signal, known)) {
        const text = line.trim();
        if (text === "/quit") return true;
        try {
            if (!text.startsWith("/")) await (text === "" ? undefined : onLine(text));
            else if (known.includes(text)) await list[text]?.run?.();
            else throw new Error(`There is no ${text}; /help lists what there is, and "${text}" in quotes is a string`);
        } catch (error) {
            onError?.();
            output.printError(error);
        }
    }
    return false;
}

function table(commands: ReplCommands): string {
    const width = Math.max(...Object.keys(commands).map((word) => word.length));
    return Object.entries(commands)
        .map(([word, { help }]) => `  ${word.padEnd(width)}  ${help}`)
        .join("\n");
}
