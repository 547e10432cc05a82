import { Command } from "commander";
import { addConnectionOptions } from "../arguments/connectionOptions";
import { ENDPOINT } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { parseCount, parseDuration, timeLimitOption } from "../arguments/numbers";
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
        .description("Send values one after the other: the arguments, or without any, one per piped line.")
        .summary("send values, and optionally wait for replies")
        .argument("[endpoint]", `address of the peer, unless --name is given: ${ENDPOINT}`)
        .argument("[values...]", "JSON, or a bare word or text, which is sent as a string")
        .option("--type <class>", "class name that is sent with the values")
        .option("--callback", "wait for a reply to each value, and print it")
        .addOption(timeLimitOption("--timeout <duration>", "time limit for each reply", "30s"))
        .option("--repeat <number>", "send the arguments this number of times", parseCount)
        .option("--interval <duration>", "time between two values", parseDuration);
    return addOutputOptions(addConnectionOptions(command))
        .action(runCommand(send))
        .addHelpText(
            "after",
            examples(
                ["sockhop send 50000 hello", "send a string"],
                ['sockhop send db.example:9000 \'{"color":"red"}\' --type Widget', "send a Widget"],
                ["sockhop send name:my-daemon status --callback --bare", "send a call, print the data of its reply"],
                ["sockhop send 50000 tick --repeat 10 --interval 1s", "send a string ten times, one per second"],
                ["sockhop send /run/my.sock < values.jsonl", "send a file, one value per line"],
            ),
        );
}

async function send(
    context: CommandContext,
    flags: Flags,
    first: string | undefined,
    others: string[],
): Promise<number> {
    if (flags.json && flags.callback) throw new UsageError("a --json peer cannot reply to a --callback");
    if (flags.json && flags.type !== undefined) throw new UsageError("a --json peer cannot receive the --type");
    await sendEach(context, flags, first, others, async (client, value, from) => {
        if (!flags.callback) return client.send(value);
        context.output.printMessage({ ...(await sendCall(client, value, flags.timeout)), from });
        return context.output.drained();
    });
    return 0;
}
