import { Command } from "commander";
import { addConnectionOptions, rejectJson } from "../arguments/connectionOptions";
import { ENDPOINT } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { timeLimitOption } from "../arguments/numbers";
import { addOutputOptions } from "../arguments/outputOptions";
import { sendRequest } from "../chat/calls";
import { sendEach, type SendFlags } from "../chat/sendEach";
import { CommandError, errorCode, UsageError } from "../errors";
import { type CommandContext, runCommand } from "../run/runCommand";
import type { OutputFlags } from "../terminal/Output";

interface Flags extends SendFlags, OutputFlags {
    timeout: number;
}

export function requestCommand(): Command {
    const command = new Command("request")
        .description("Send requests one after the other, and print each value of a response when it arrives.")
        .summary("send requests, print their responses")
        .argument("[endpoint]", `address of the peer, unless --name is given: ${ENDPOINT}`)
        .argument(
            "[values...]",
            "JSON, or a bare word or text, which is sent as a string (default: one value per piped line)",
        )
        .option("--type <class>", "class name that is sent with the values")
        .addOption(timeLimitOption("--timeout <duration>", "time limit for a complete response", "30s"));
    return addOutputOptions(addConnectionOptions(command, { json: false }))
        .action(runCommand(request))
        .addHelpText(
            "after",
            examples(
                ["sockhop request 50000 sum", "send a request of the type String, print the response"],
                [
                    "sockhop request name:my-daemon '{\"since\":0}' --type History",
                    "send a request of class History, print all values",
                ],
                ["sockhop request 50000 null --type status", "send a request of the type status without data"],
                ["sockhop request 50000 status --bare --timeout 2", "print only the data; fail after two seconds"],
            ),
        );
}

async function request(
    context: CommandContext,
    flags: Flags,
    first: string | undefined,
    others: string[],
): Promise<number> {
    const { output } = context;
    rejectJson(
        flags,
        "cannot respond to a request: plain JSON has no ids that link the two (see sockhop connect --json)",
    );
    const count = await sendEach(context, flags, first, others, (client, value, from) =>
        sendRequest(client, value, flags.timeout, (packet) => {
            output.printMessage({ ...packet, from });
            return output.drained();
        }).catch((error: unknown) => {
            throw withTypeHint(error, value);
        }),
    );
    if (count === 0) throw new UsageError("no request to send: give values as arguments or on stdin");
    return 0;
}

/** Adds the option for another type to the error of a text that has no handler: users expect that a word is the type. */
function withTypeHint(error: unknown, value: unknown): unknown {
    if (typeof value !== "string" || errorCode(error) !== "ERR_REQUEST_UNHANDLED") return error;
    const { message } = error as Error;
    return new CommandError(`${message}; a text has the type String, --type sets another`, errorCode(error), error);
}
