import { Command } from "commander";
import { addConnectionOptions } from "../arguments/connectionOptions";
import { ENDPOINT } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { parseDuration } from "../arguments/numbers";
import { addOutputOptions } from "../arguments/outputOptions";
import { sendRequest } from "../chat/calls";
import { sendEach, type SendFlags } from "../chat/sendEach";
import { type CommandContext, runCommand } from "../run/runCommand";
import type { OutputFlags } from "../terminal/Output";

interface Flags extends SendFlags, OutputFlags {
    timeout: number;
}

export function requestCommand(): Command {
    const command = new Command("request")
        .description(
            "Send a request, and print each value of its answer as it comes. With several values, one after the other.",
        )
        .summary("send a request, print its answer")
        .argument("[endpoint]", `where to, unless --name tells: ${ENDPOINT}`)
        .argument(
            "[values...]",
            "JSON, or a bare word or text, which is a string; without any, a value per line of what is piped in",
        )
        .option("--type <class>", "the name of the class that the values arrive with")
        .option("--timeout <duration>", "how long to wait for the whole answer", parseDuration, 30_000);
    return addOutputOptions(addConnectionOptions(command, { json: false }))
        .action(runCommand(ask))
        .addHelpText(
            "after",
            examples(
                ["sockhop request 50000 sum", "ask, and print the answer"],
                ["sockhop request name:my-daemon '{\"since\":0}' --type History", "ask for a History, print all of it"],
                ["sockhop request 50000 status --bare --timeout 2", "only what the answer is; fail after two seconds"],
            ),
        );
}

async function ask(context: CommandContext, flags: Flags, first: string | undefined, rest: string[]): Promise<number> {
    await sendEach(context, flags, first, rest, (client, value, from) =>
        sendRequest(client, value, flags.timeout, (packet) => {
            context.output.printMessage({ ...packet, from });
            return context.output.drained();
        }),
    );
    return 0;
}
