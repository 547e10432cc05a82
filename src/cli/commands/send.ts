import { Command } from "commander";
import { withConnection } from "../arguments/connectionOptions";
import { ENDPOINT } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { duration } from "../arguments/numbers";
import { withOutput } from "../arguments/outputOptions";
import { call } from "../chat/calls";
import { deliver, type DeliveryFlags } from "../chat/sendEach";
import { UsageError } from "../errors";
import { action, type Context } from "../run/runCommand";
import type { OutputFlags } from "../terminal/Output";

interface Flags extends DeliveryFlags, OutputFlags {
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
        .option("--timeout <duration>", "how long to wait for each answer", duration, 30_000);
    return withOutput(withConnection(command))
        .action(action(send))
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

async function send(context: Context, flags: Flags, first: string | undefined, rest: string[]): Promise<number> {
    if (flags.json && flags.callback) throw new UsageError("a --json peer cannot answer a --callback");
    if (flags.json && flags.type !== undefined) throw new UsageError("nothing tells a --json peer the --type");
    await deliver(context, flags, first, rest, async (client, value, from) => {
        if (!flags.callback) return client.send(value);
        context.screen.arrived({ ...(await call(client, value, flags.timeout)), from });
        return context.screen.ready();
    });
    return 0;
}
