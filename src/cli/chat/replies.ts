import { type Command, InvalidArgumentError, Option } from "commander";
import { parseNamedValue, withTypeName } from "../arguments/values";

/** Options for replies to callbacks and requests. */
export interface ReplyFlags {
    echo?: true;
    /** The value of every reply, with its class name. */
    reply?: unknown;
}

/** Returns the reply to a received value. */
export type Responder = (data: unknown, type: unknown) => unknown;

/** Adds the options for replies to a command. */
export function addReplyOptions(command: Command): Command {
    const reply = new Option("--reply <value>", "reply to callbacks and requests with this value");
    return command
        .option("--echo", "reply to callbacks and requests with the received value")
        .addOption(reply.argParser(parseReply).conflicts("echo"));
}

/** Creates the replies that the options ask for. `undefined` if they ask for none. */
export function responderOf({ echo, reply }: ReplyFlags): Responder | undefined {
    if (reply !== undefined) return () => reply;
    return echo ? withTypeName : undefined;
}

function parseReply(text: string): unknown {
    try {
        const { value, type } = parseNamedValue(text);
        return withTypeName(value, type);
    } catch (error) {
        throw new InvalidArgumentError((error as Error).message);
    }
}
