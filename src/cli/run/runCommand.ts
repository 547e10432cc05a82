import { type ClientOptions, SockhopClient } from "../../index";
import { type ConnectionFlags, type Endpoint, clientOptions, nameOf } from "../arguments/endpoint";
import { Interruption, exitCodeOf, explain } from "../errors";
import { type OutputFlags, Output } from "../terminal/Output";

/** What a command has to do with the process that it runs in. */
export interface Context {
    screen: Output;
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
export function action(
    work: (context: Context, flags: never, ...args: never[]) => Promise<number>,
): (...all: unknown[]) => Promise<void> {
    return async (...all) => {
        const args = all.slice(0, -2) as never[]; // then come the options, and the command itself
        const flags = all.at(-2) as OutputFlags;
        const screen = new Output(flags);
        const { signal, end } = interruptions();
        try {
            process.exitCode = await work({ screen, signal }, flags as never, ...args);
        } catch (error) {
            process.exitCode = exitCodeOf(error);
            if (!(error instanceof Interruption)) screen.fault(error);
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

/** What a promise resolves to, unless the command is to end before that. */
export async function unless<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
    let abort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
        abort = () => {
            reject(signal.reason as Error);
        };
    });
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    try {
        return await Promise.race([promise, aborted]);
    } finally {
        signal.removeEventListener("abort", abort);
    }
}

/** What a command wants of its client besides the connection. */
export interface ClientWishes {
    options?: ClientOptions;
    /** Called before it connects. */
    before?: (client: SockhopClient) => void;
    /** What is still on its way when the work is done does not matter. */
    hasty?: boolean;
}

/** Connects a client, lets it work, and disconnects it afterwards, however that ended. */
export async function withClient<T>(
    { screen, signal }: Context,
    endpoint: Endpoint,
    flags: ConnectionFlags,
    work: (client: SockhopClient) => Promise<T>,
    { options, before, hasty = false }: ClientWishes = {},
): Promise<T> {
    const client = new SockhopClient({ ...clientOptions(endpoint, flags), ...options });
    client.on("error", (error) => {
        screen.fault(error);
    });
    before?.(client);
    try {
        // What connects by itself may do so later.
        if (!client.auto_reconnect) await unless(signal, reach(client, endpoint));
        return await work(client);
    } finally {
        await client.disconnect(hasty || signal.aborted ? { timeout: 500 } : {});
    }
}

async function reach(client: SockhopClient, endpoint: Endpoint): Promise<void> {
    try {
        await client.connect();
    } catch (error) {
        throw explain(error, nameOf(endpoint));
    }
}

/** Resolves when the connection of a client is gone. */
export function departure(client: SockhopClient): Promise<void> {
    return new Promise((resolve) => {
        if (client.connected) client.once("disconnect", () => resolve());
        else resolve();
    });
}
