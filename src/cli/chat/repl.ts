import type { CommandContext } from "../run/runCommand";
import { readLines } from "../terminal/input";

/**
 * Commands by name, with their help. A name such as `/type [CLASS]` shows that the command has an argument, which is empty if
 * it is not typed. Entries without a `/` describe other lines in the help.
 */
export type ReplCommands = Record<string, { help: string; run?: (argument: string) => unknown }>;

/** Options of {@link runRepl}. */
export interface ReplOptions {
    commands: ReplCommands;
    /** Called with each line that is not a command. */
    onLine: (text: string) => Promise<unknown>;
    /** Called when a line or a command has failed. */
    onError?: () => void;
    /** Aborted when the connection is closed, and there is no other. Ends the input: the first line that fails then is the last. */
    closed?: AbortSignal;
}

/**
 * Runs typed or piped lines one after the other. Prints the error of a line, and continues.
 *
 * @returns true after `/quit`, false at the end of the input
 */
export async function runRepl(
    { output, signal }: CommandContext,
    { commands, onLine, onError, closed }: ReplOptions,
): Promise<boolean> {
    const all: ReplCommands = {
        ...commands,
        "/help": { help: "prints this list", run: () => output.printNote(formatHelp(all)) },
        "/quit": { help: "exits, as Ctrl-D does" },
    };
    const usages = Object.keys(all).filter((usage) => usage.startsWith("/"));
    const names = usages.map((usage) => usage.replace(/ .*/, ""));
    const runCommand = async (text: string): Promise<void> => {
        const [, name = "", argument = ""] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
        const usage = usages[names.indexOf(name)];
        if (usage === undefined || (argument !== "" && usage === name))
            throw new Error(`Unknown command ${text} (see /help; to send a string, write "${text}" in quotes)`);
        await all[usage]?.run?.(argument);
    };
    for await (const line of readLines(output, signal, { completions: names, end: closed })) {
        const text = line.trim();
        if (text === "/quit") return true;
        try {
            if (text.startsWith("/")) await runCommand(text);
            else if (text !== "") await onLine(text);
        } catch (error) {
            onError?.();
            output.printError(error);
            if (closed?.aborted) return false;
        }
    }
    return false;
}

function formatHelp(commands: ReplCommands): string {
    const width = Math.max(...Object.keys(commands).map((name) => name.length));
    return Object.entries(commands)
        .map(([name, { help }]) => `  ${name.padEnd(width)}  ${help}`)
        .join("\n");
}
