import { MAX_TIMEOUT_MS } from "../arguments/numbers";
import { exitCodeOf, Interruption } from "../errors";
import { Output, type OutputFlags } from "../terminal/Output";
import { flushed } from "../terminal/flushed";

/** Output and abort signal of one run of a command. */
export interface CommandContext {
    output: Output;
    /** Aborted when the command has to end, and after it has ended. The reason is an {@link Interruption}, or an error of stdout. */
    signal: AbortSignal;
}

/**
 * Creates the action of a command for commander. Runs the command, prints its error, and sets the exit code of the process.
 *
 * @param work - resolves to the exit code
 */
export function runCommand(
    work: (context: CommandContext, flags: never, ...args: never[]) => Promise<number>,
): (...all: unknown[]) => Promise<void> {
    return async (...all) => {
        const args = all.slice(0, -2) as never[]; // the last two are the options and the command
        const flags = all.at(-2) as OutputFlags;
        const output = new Output(flags);
        const { signal, end } = interruptSignal();
        // Node.js would end the process, with code 0, if the work waits only for something that does not keep it alive.
        const keepAlive = setInterval(() => undefined, MAX_TIMEOUT_MS);
        try {
            const exitCode = await work({ output, signal }, flags as never, ...args);
            await flushed(process.stdout);
            // The output cannot be written, as on a full disk.
            if (signal.aborted && !(signal.reason instanceof Interruption)) throw signal.reason;
            process.exitCode = exitCode;
        } catch (error) {
            process.exitCode = exitCodeOf(error);
            if (!(error instanceof Interruption)) output.printError(error);
        } finally {
            clearInterval(keepAlive);
            end(); // closes the reader of stdin, which would keep the process alive
        }
    };
}

/**
 * Creates a signal that Ctrl-C, SIGTERM and a closed stdout abort. A second Ctrl-C exits the process at once.
 *
 * @returns the signal, and a function that aborts it and removes the listeners, which restores the default of Ctrl-C
 */
function interruptSignal(): { signal: AbortSignal; end: () => void } {
    const controller = new AbortController();
    const interruptWith = (exitCode: number) => (): void => {
        if (controller.signal.aborted) process.exit(exitCode);
        controller.abort(new Interruption(exitCode));
    };
    const [onSigint, onSigterm] = [interruptWith(130), interruptWith(143)];
    const onStdoutError = (error: NodeJS.ErrnoException): void => {
        controller.abort(error.code === "EPIPE" ? new Interruption(0) : error);
    };
    process.on("SIGINT", onSigint).on("SIGTERM", onSigterm);
    process.stdout.on("error", onStdoutError);
    return {
        signal: controller.signal,
        end: () => {
            process.off("SIGINT", onSigint).off("SIGTERM", onSigterm);
            process.stdout.off("error", onStdoutError); // main() has another listener
            controller.abort(new Interruption(0));
        },
    };
}
