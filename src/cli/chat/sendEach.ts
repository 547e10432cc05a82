import type { SockhopClient } from "../../index";
import type { ConnectionFlags } from "../arguments/connectionOptions";
import { formatEndpoint, splitArguments } from "../arguments/endpoint";
import { parseLines, parseValue, withTypeName } from "../arguments/values";
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "../errors";
import { abortable } from "../run/abortable";
import type { CommandContext } from "../run/runCommand";
import { withClient } from "../run/withClient";
import { isInteractive, readLines } from "../terminal/input";

/** Options of the commands `send` and `request`. */
export interface SendFlags extends ConnectionFlags {
    type?: string;
    /** Number of times that the arguments are sent. Default: once. */
    repeat?: number;
    /** Time between two values, in milliseconds. */
    interval?: number;
}

/**
 * Calls `send` for each value, one after the other, over one connection. The values are the arguments after the endpoint. Without
 * any, they are the lines of stdin.
 *
 * @returns the number of values
 */
export async function sendEach(
    context: CommandContext,
    flags: SendFlags,
    first: string | undefined,
    others: readonly string[],
    send: (client: SockhopClient, value: unknown, endpoint: string) => Promise<unknown>,
): Promise<number> {
    const { output, signal } = context;
    const { endpoint, values } = splitArguments(first, others, flags);
    const parsed = values.map(parseValue);
    if (parsed.length === 0 && isInteractive())
        throw new UsageError("nothing to send: give values as arguments or on stdin");
    if (parsed.length === 0 && flags.repeat !== undefined)
        throw new UsageError("--repeat is for arguments: piped lines are sent once");
    const input = parsed.length > 0 ? repeated(parsed, flags.repeat) : parseLines(readLines(output, signal));
    return withClient(context, endpoint, flags, async (client) => {
        const closed = new AbortController();
        client.once("disconnect", () => {
            closed.abort();
        });
        const sendAll = async (): Promise<number> => {
            let count = 0;
            let start: number | undefined;
            for await (const value of input) {
                start = await nextTurn(start, flags.interval, closed.signal);
                await send(client, withTypeName(value, flags.type), formatEndpoint(endpoint));
                count += 1;
            }
            return count;
        };
        return abortable(signal, sendAll());
    });
}

function* repeated(values: readonly unknown[], times = 1): Generator {
    for (let count = 0; count < times; count++) yield* values;
}

/**
 * Waits until the next value may be sent, or the connection is closed: sending the value fails then.
 *
 * @param last - time of the value before, `undefined` for the first one
 * @returns the time of the next value, so that the time for sending does not add up
 */
async function nextTurn(last: number | undefined, interval = 0, closed: AbortSignal): Promise<number> {
    const now = performance.now();
    if (last === undefined || interval === 0) return now;
    const next = Math.max(now, last + interval);
    await sleep(next - now, undefined, { signal: closed }).catch(() => undefined); // rejects at once if it is closed
    return next;
}
