import { Command } from "commander";
import { addConnectionOptions } from "../arguments/connectionOptions";
import { ENDPOINT, endpointFrom, formatEndpoint } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { parseDuration, timeLimitOption } from "../arguments/numbers";
import { addOutputOptions } from "../arguments/outputOptions";
import { ClientRepl, type ConnectFlags } from "../chat/ClientRepl";
import { type CommandContext, runCommand } from "../run/runCommand";
import { addReplyOptions } from "../chat/replies";
import { withClient } from "../run/withClient";

export function connectCommand(): Command {
    const command = new Command("connect")
        .description(
            "Connect to a server, print what it sends, and send it typed or piped lines, one value per line. " +
                '"? VALUE" sends a request, "! VALUE" a message with a callback, \'Widget {"color":"red"}\' a Widget; /help lists all commands.',
        )
        .summary("start a client: print messages, send typed lines")
        .argument("[endpoint]", `address of the server: ${ENDPOINT} (default: port 50000)`)
        .option("--reconnect", "reconnect when the connection is lost, and then send what was typed meanwhile")
        .option("--type <class>", "class name that is sent with the values")
        .addOption(timeLimitOption("--timeout <duration>", "time limit for a reply", "30s"))
        .option("--wait <duration>", "time to stay connected after the last reply, or: forever", parseWait);
    return addOutputOptions(addConnectionOptions(addReplyOptions(command)), { time: true })
        .action(runCommand(connect))
        .addHelpText(
            "after",
            examples(
                ["sockhop connect", "connect to port 50000 of this machine"],
                ["sockhop connect name:my-daemon", "connect to a daemon of this user"],
                ["echo '? {\"sum\":[2,3]}' | sockhop connect 9000", "send a request, print the response"],
                ["sockhop connect 9000 --wait forever < /dev/null | jq .data", "only print received values"],
            ),
        );
}

function parseWait(text: string): number {
    return text === "forever" ? Infinity : parseDuration(text);
}

async function connect(context: CommandContext, flags: ConnectFlags, text: string | undefined): Promise<number> {
    const endpoint = endpointFrom(text, flags);
    const repl = new ClientRepl(context, flags, formatEndpoint(endpoint));
    return withClient(context, endpoint, flags, (client) => repl.run(client), {
        ...(flags.reconnect && { options: { auto_reconnect: true, queue: true } }),
        beforeConnect: (client) => {
            repl.attach(client);
        },
    });
}
