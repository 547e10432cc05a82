import { Command } from "commander";
import { addConnectionOptions } from "../arguments/connectionOptions";
import { ENDPOINT, endpointFrom, formatEndpoint } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { parseDuration } from "../arguments/numbers";
import { addOutputOptions } from "../arguments/outputOptions";
import { ClientRepl, type ConnectFlags } from "../chat/ClientRepl";
import { type CommandContext, runCommand } from "../run/runCommand";
import { withClient } from "../run/withClient";

export function connectCommand(): Command {
    const command = new Command("connect")
        .description(
            "Connect, print what the server sends, and send it what is typed or piped in: a value per line. " +
                '"? VALUE" sends a request, "! VALUE" a message with a callback; /help lists what else can be typed.',
        )
        .summary("be a client: print what comes in, send what is typed")
        .argument("[endpoint]", `where: ${ENDPOINT} (default: port 50000)`)
        .option("--reconnect", "connect again whenever the connection is lost; what is sent meanwhile waits")
        .option("--echo", "answer callbacks and requests of the server with what they have brought")
        .option("--timeout <duration>", "how long to wait for answers", parseDuration, 30_000)
        .option(
            "--wait <duration>",
            "stay so long after the end of what is piped in, and of the answers; or: forever",
            stay,
        );
    return addOutputOptions(addConnectionOptions(command))
        .action(runCommand(connect))
        .addHelpText(
            "after",
            examples(
                ["sockhop connect", "talk to the server at port 50000 of this machine"],
                ["sockhop connect name:my-daemon", "talk to a daemon of this user"],
                ["echo '? {\"sum\":[2,3]}' | sockhop connect 9000", "send a request, print the answer"],
                ["sockhop connect 9000 --wait forever < /dev/null | jq .data", "only print what comes"],
            ),
        );
}

/** How long to stay when nothing is left to do. */
function stay(text: string): number {
    return text === "forever" ? Infinity : parseDuration(text);
}

async function connect(context: CommandContext, flags: ConnectFlags, text: string | undefined): Promise<number> {
    const endpoint = endpointFrom(text, flags);
    const repl = new ClientRepl(context, flags, formatEndpoint(endpoint));
    const options = flags.reconnect ? { options: { auto_reconnect: true, queue: true } } : {};
    return withClient(context, endpoint, flags, (client) => repl.run(client), {
        ...options,
        before: (client) => {
            repl.attach(client);
        },
    });
}
