import { exitCodeOf, Interruption } from "../errors";
import { Output, type OutputFlags } from "../terminal/Output";

/** What a command has to do with the process that it runs in. */
export interface CommandContext {
    output: Output;
    /**
     * Aborted when the command is to end: the reason is an {@link Interruption}, or what is wrong with stdout. Also when it
     * has ended.
     */
    signal: AbortSignal;
}

/**
 * What commander calls for a command: does the work, tells what has gone wrong, and sets the exit code.
 *
 * @param work - gives back the exit code
 */
export function runCommand(
    work: (context: CommandContext, flags: never, ...args: never[]) => Promise<number>,
): (...all: unknown[]) => Promise<void> {
    return async (...all) => {
        const args = all.slice(0, -2) as never[]; // then come the options, and the command itself
        const flags = all.at(-2) as OutputFlags;
        const output = new Output(flags);
        const { signal, end } = interruptions();
        try {
            process.exitCode = await work({ output, signal }, flags as never, ...args);
        } catch (error) {
            process.exitCode = exitCodeOf(error);
            if (!(error instanceof Interruption)) output.printError(error);
        } finally {
            end(); // nobody reads stdin any more, which would keep the process alive
        }
    };
}

/**
 * A signal that is aborted when the command is to end. Who insists is not made to wait.
 *
 * @returns also a function that aborts it, and removes the listeners: then the usual effect of Ctrl-C is back
 */
function interruptions(): { signal: AbortSignal; end: () => void } {
    const controller = new AbortController();
    const by = (exitCode: number) => (): void => {
        if (controller.signal.aborted) process.exit(exitCode);
        controller.abort(new Interruption(exitCode));
    };
    const [interrupted, terminated] = [by(130), by(143)];
    const lost = (error: NodeJS.ErrnoException): void => {
        controller.abort(error.code === "EPIPE" ? new Interruption(0) : error);
    };
    process.on("SIGINT", interrupted).on("SIGTERM", terminated);
    process.stdout.on("error", lost);
    return {
        signal: controller.signal,
        end: () => {
            process.off("SIGINT", interrupted).off("SIGTERM", terminated);
            process.stdout.off("error", lost); // main() has another one
            controller.abort(new Interruption(0));
        },
    };
}
