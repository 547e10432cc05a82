import readline from "node:readline";
import { History, HISTORY_SIZE } from "./History";
import type { Output } from "./Output";

/** True if a user types at a terminal. */
export function isInteractive(): boolean {
    return process.stdin.isTTY && process.stderr.isTTY;
}

/** Options of {@link readLines}. */
export interface InputOptions {
    /** Words that the Tab key completes at the start of a line. */
    completions?: readonly string[];
    /** Ends the input. The lines that were read before are still yielded. */
    end?: AbortSignal | undefined;
}

/** Yields the lines of stdin until it ends or the signal is aborted. Shows a prompt on a terminal. */
export async function* readLines(
    output: Output,
    signal: AbortSignal,
    { completions = [], end }: InputOptions = {},
): AsyncGenerator<string, void, void> {
    const isEnded = (): boolean => signal.aborted || end?.aborted === true;
    if (isEnded()) return;
    const interactive = isInteractive();
    let open = true;
    const reader = interactive ? createPrompt(output, completions) : readline.createInterface({ input: process.stdin });
    const close = (): void => {
        reader.close();
    };
    let failure: Error | undefined;
    const fail = (error: Error): void => {
        failure = error;
        close();
    };
    const endInput = (): void => {
        close();
        if (!interactive) process.stdin.destroy(); // otherwise the loop would read on
    };
    signal.addEventListener("abort", close);
    end?.addEventListener("abort", endInput);
    process.stdin.on("error", fail);
    reader.once("close", () => (open = false));
    const prompt = (): void => {
        if (!interactive || !open) return;
        output.prompt = reader;
        reader.prompt();
    };
    try {
        prompt();
        for await (const line of reader) {
            if (signal.aborted) break; // the reader has further lines, and would read on
            yield line;
            prompt();
        }
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- the listener sets it
        if (failure) throw failure;
    } finally {
        signal.removeEventListener("abort", close);
        end?.removeEventListener("abort", endInput);
        process.stdin.off("error", fail);
        close();
        process.stdin.pause(); // the loop may have resumed it after the close
    }
}

/** Creates a prompt on stderr, so that stdout can be a pipe. */
function createPrompt(output: Output, completions: readonly string[]): readline.Interface {
    const history = new History();
    const reader = readline.createInterface({
        input: process.stdin,
        output: process.stderr,
        prompt: "> ",
        history: history.load(),
        historySize: HISTORY_SIZE,
        removeHistoryDuplicates: true,
        completer: (line: string) => [completions.filter((word) => line !== "" && word.startsWith(line)), line],
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
        reader.write(null, { ctrl: true, name: "e" }); // to the end of the line
        reader.write(null, { ctrl: true, name: "u" }); // delete it
    });
    // After Ctrl-Z and `fg`, readline is paused.
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
