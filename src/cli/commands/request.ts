import { Command } from "commander";
import { withConnection } from "../arguments/connectionOptions";
import { ENDPOINT } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { duration } from "../arguments/numbers";
import { withOutput } from "../arguments/outputOptions";
import { request } from "../chat/calls";
import { deliver, type DeliveryFlags } from "../chat/sendEach";
import { action, type Context } from "../run/runCommand";
import type { OutputFlags } from "../terminal/Output";

interface Flags extends DeliveryFlags, OutputFlags {
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
        .option("--timeout <duration>", "how long to wait for the whole answer", duration, 30_000);
    return withOutput(withConnection(command, { json: false }))
        .action(action(ask))
        .addHelpText(
            "after",
            examples(
                ["sockhop request 50000 sum", "ask, and print the answer"],
                ["sockhop request name:my-daemon '{\"since\":0}' --type History", "ask for a History, print all of it"],
                ["sockhop request 50000 status --bare --timeout 2", "only what the answer is; fail after two seconds"],
            ),
        );
}

async function ask(context: Context, flags: Flags, first: string | undefined, rest: string[]): Promise<number> {
    await deliver(context, flags, first, rest, (client, value, from) =>
        request(client, value, flags.timeout, (packet) => {
            context.screen.arrived({ ...packet, from });
            return context.screen.ready();
        }),
    );
    return 0;
}
