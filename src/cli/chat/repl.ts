import type { Context } from "../run/runCommand";
import { linesOf } from "../terminal/input";

/** What can be typed, for the help; and what the words among it do. */
export type Words = Record<string, { help: string; run?: () => unknown }>;

/** What one end does with lines. */
export interface Script {
    words: Words;
    /** Called with each line that is none of the words. */
    said: (text: string) => Promise<unknown>;
    /** Called when a line could not be carried out. */
    failed?: () => void;
}

/**
 * Does what the lines say that are typed or piped in, one after the other; what is wrong with one of them is told, and
 * the next one is read.
 *
 * @returns whether it was ended by a word
 */
export async function converse({ screen, signal }: Context, { words, said, failed }: Script): Promise<boolean> {
    const list: Words = {
        ...words,
        "/help": { help: "this list", run: () => screen.note(table(list)) },
        "/quit": { help: "ends the conversation, as Ctrl-D does" },
    };
    const known = Object.keys(list).filter((word) => word.startsWith("/"));
    for await (const line of linesOf(screen, signal, known)) {
        const text = line.trim();
        if (text === "/quit") return true;
        try {
            if (!text.startsWith("/")) await (text === "" ? undefined : said(text));
            else if (known.includes(text)) await list[text]?.run?.();
            else throw new Error(`There is no ${text}; /help lists what there is, and "${text}" in quotes is a string`);
        } catch (error) {
            failed?.();
            screen.fault(error);
        }
    }
    return false;
}

function table(words: Words): string {
    const width = Math.max(...Object.keys(words).map((word) => word.length));
    return Object.entries(words)
        .map(([word, { help }]) => `  ${word.padEnd(width)}  ${help}`)
        .join("\n");
}
