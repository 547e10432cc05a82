import type { SockhopClient } from "../../index";
import type { ConnectionFlags } from "../arguments/connectionOptions";
import { nameOf, split } from "../arguments/endpoint";
import { parseValue, typed, valuesIn } from "../arguments/values";
import { UsageError } from "../errors";
import { unless } from "../run/abortable";
import type { Context } from "../run/runCommand";
import { withClient } from "../run/withClient";
import { isTyped, linesOf } from "../terminal/input";

/** The options of commands that send values to somebody. */
export interface DeliveryFlags extends ConnectionFlags {
    type?: string;
}

/**
 * Gives each value to `hand`, one after the other, over one connection: those of the arguments after the endpoint, or,
 * without any, those that are piped in.
 */
export async function deliver(
    context: Context,
    flags: DeliveryFlags,
    first: string | undefined,
    rest: readonly string[],
    hand: (client: SockhopClient, value: unknown, from: string) => Promise<unknown>,
): Promise<void> {
    const { screen, signal } = context;
    const { endpoint, values } = split(first, rest, flags);
    const given = values.map(parseValue);
    if (given.length === 0 && isTyped()) throw new UsageError("nothing to send: give values, or pipe in some");
    await withClient(context, endpoint, flags, async (client) => {
        const all = async (): Promise<void> => {
            for await (const value of given.length > 0 ? given : valuesIn(linesOf(screen, signal))) {
                await hand(client, typed(value, flags.type), nameOf(endpoint));
            }
        };
        await unless(signal, all());
    });
}
