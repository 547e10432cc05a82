import readline from "node:readline";
import { History } from "./History";
import type { Output } from "./Output";

/** Whether somebody types at a terminal. */
export function isInteractive(): boolean {
    return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * The lines that are typed, at a prompt, or piped in: until they end, or the signal is aborted.
 *
 * @param words - what the Tab key completes at the beginning of a line
 */
export async function* readLines(
    output: Output,
    signal: AbortSignal,
    words: readonly string[] = [],
): AsyncGenerator<string, void, void> {
    if (signal.aborted) return;
    const typed = isInteractive();
    let open = true;
    const reader = typed ? atPrompt(output, words) : readline.createInterface({ input: process.stdin });
    const close = (): void => {
        reader.close();
    };
    let failure: Error | undefined;
    const fail = (error: Error): void => {
        failure = error;
        close();
    };
    signal.addEventListener("abort", close);
    process.stdin.on("error", fail);
    reader.once("close", () => (open = false));
    const ask = (): void => {
        if (!typed || !open) return;
        output.prompt = reader;
        reader.prompt();
    };
    try {
        ask();
        for await (const line of reader) {
            yield line;
            ask();
        }
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- the listener sets it
        if (failure) throw failure;
    } finally {
        signal.removeEventListener("abort", close);
        process.stdin.off("error", fail);
        close();
    }
}

/** The prompt is on stderr, so that stdout can be a pipe. */
function atPrompt(output: Output, words: readonly string[]): readline.Interface {
    const history = new History();
    const reader = readline.createInterface({
        input: process.stdin,
        output: process.stderr,
        prompt: "> ",
        history: history.load(),
        historySize: 1000,
        removeHistoryDuplicates: true,
        completer: (line: string) => [words.filter((word) => line !== "" && word.startsWith(line)), line],
    });
    reader.on("line", (line) => {
        output.prompt = undefined;
        if (line.trim() !== "") history.add(line);
    });
    reader.on("SIGINT", () => {
        if (reader.line === "") {
            reader.close();
            return;
        }
        reader.write(null, { ctrl: true, name: "e" });
        reader.write(null, { ctrl: true, name: "u" });
    });
    // Back from Ctrl-Z it is paused.
    reader.on("SIGCONT", () => {
        if (output.prompt) reader.prompt(true);
        else reader.resume();
    });
    reader.on("close", () => {
        output.clearPrompt();
        output.prompt = undefined;
    });
    return reader;
}
