import { Command } from "commander";
import { addConnectionOptions } from "../arguments/connectionOptions";
import { ENDPOINT } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { parseDuration } from "../arguments/numbers";
import { addOutputOptions } from "../arguments/outputOptions";
import { sendCall } from "../chat/calls";
import { sendEach, type SendFlags } from "../chat/sendEach";
import { UsageError } from "../errors";
import { type CommandContext, runCommand } from "../run/runCommand";
import type { OutputFlags } from "../terminal/Output";

interface Flags extends SendFlags, OutputFlags {
    callback?: true;
    timeout: number;
}

export function sendCommand(): Command {
    const command = new Command("send")
        .description("Send values, one after the other: those given, or one per line of what is piped in.")
        .summary("send values, perhaps wait for their answers")
        .argument("[endpoint]", `where to, unless --name tells: ${ENDPOINT}`)
        .argument("[values...]", "JSON, or a bare word or text, which is a string")
        .option("--type <class>", "the name of the class that the values arrive with")
        .option("--callback", "ask for an answer to each, and print it")
        .option("--timeout <duration>", "how long to wait for each answer", parseDuration, 30_000);
    return addOutputOptions(addConnectionOptions(command))
        .action(runCommand(send))
        .addHelpText(
            "after",
            examples(
                ["sockhop send 50000 hello", "send a string"],
                ['sockhop send db.example:9000 \'{"color":"red"}\' --type Widget', "send a Widget"],
                ["sockhop send name:my-daemon status --callback --bare", "ask, and print what the answer is"],
                ["sockhop send /run/my.sock < values.jsonl", "send a file, a value per line"],
            ),
        );
}

async function send(context: CommandContext, flags: Flags, first: string | undefined, rest: string[]): Promise<number> {
    if (flags.json && flags.callback) throw new UsageError("a --json peer cannot answer a --callback");
    if (flags.json && flags.type !== undefined) throw new UsageError("nothing tells a --json peer the --type");
    await sendEach(context, flags, first, rest, async (client, value, from) => {
        if (!flags.callback) return client.send(value);
        context.output.printMessage({ ...(await sendCall(client, value, flags.timeout)), from });
        return context.output.drained();
    });
    return 0;
}
