import type { SockhopClient } from "../../index";
import type { ConnectionFlags } from "../arguments/connectionOptions";
import { formatEndpoint, splitArguments } from "../arguments/endpoint";
import { parseLines, parseValue, withTypeName } from "../arguments/values";
import { UsageError } from "../errors";
import { abortable } from "../run/abortable";
import type { CommandContext } from "../run/runCommand";
import { withClient } from "../run/withClient";
import { isInteractive, readLines } from "../terminal/input";

/** The options of commands that send values to somebody. */
export interface SendFlags extends ConnectionFlags {
    type?: string;
}

/**
 * Gives each value to `hand`, one after the other, over one connection: those of the arguments after the endpoint, or,
 * without any, those that are piped in.
 */
export async function sendEach(
    context: CommandContext,
    flags: SendFlags,
    first: string | undefined,
    rest: readonly string[],
    hand: (client: SockhopClient, value: unknown, from: string) => Promise<unknown>,
): Promise<void> {
    const { output, signal } = context;
    const { endpoint, values } = splitArguments(first, rest, flags);
    const given = values.map(parseValue);
    if (given.length === 0 && isInteractive()) throw new UsageError("nothing to send: give values, or pipe in some");
    await withClient(context, endpoint, flags, async (client) => {
        const all = async (): Promise<void> => {
            for await (const value of given.length > 0 ? given : parseLines(readLines(output, signal))) {
                await hand(client, withTypeName(value, flags.type), formatEndpoint(endpoint));
            }
        };
        await abortable(signal, all());
    });
}
