import type { SockhopClient } from "../../index";
import type { ConnectionFlags } from "../arguments/connectionOptions";
import { formatEndpoint, splitArguments } from "../arguments/endpoint";
import { parseLines, parseValue, withTypeName } from "../arguments/values";
import { UsageError } from "../errors";
import { abortable } from "../run/abortable";
import type { CommandContext } from "../run/runCommand";
import { withClient } from "../run/withClient";
import { isInteractive, readLines } from "../terminal/input";

/** Options of the commands `send` and `request`. */
export interface SendFlags extends ConnectionFlags {
    type?: string;
}

/**
 * Calls `send` for each value, one after the other, over one connection. The values are the arguments after the endpoint. Without
 * any, they are the lines of stdin.
 */
export async function sendEach(
    context: CommandContext,
    flags: SendFlags,
    first: string | undefined,
    others: readonly string[],
    send: (client: SockhopClient, value: unknown, endpoint: string) => Promise<unknown>,
): Promise<void> {
    const { output, signal } = context;
    const { endpoint, values } = splitArguments(first, others, flags);
    const parsed = values.map(parseValue);
    if (parsed.length === 0 && isInteractive())
        throw new UsageError("nothing to send: give values as arguments or on stdin");
    await withClient(context, endpoint, flags, async (client) => {
        const sendAll = async (): Promise<void> => {
            for await (const value of parsed.length > 0 ? parsed : parseLines(readLines(output, signal))) {
                await send(client, withTypeName(value, flags.type), formatEndpoint(endpoint));
            }
        };
        await abortable(signal, sendAll());
    });
}
