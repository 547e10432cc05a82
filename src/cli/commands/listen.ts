import { Command } from "commander";
import { SockhopServer } from "../../index";
import { addConnectionOptions, type ConnectionFlags, serverOptions } from "../arguments/connectionOptions";
import { ENDPOINT, endpointFrom, formatEndpoint } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { addOutputOptions } from "../arguments/outputOptions";
import { addReplyOptions } from "../chat/replies";
import { type ListenFlags, ServerRepl } from "../chat/ServerRepl";
import { explainError, Interruption } from "../errors";
import { abortable } from "../run/abortable";
import { connectLine } from "../arguments/connectLine";
import { type CommandContext, runCommand } from "../run/runCommand";
import { isInteractive } from "../terminal/input";
import type { OutputFlags } from "../terminal/Output";

/** Time limit for pending messages after Ctrl-C. */
const CLOSE_TIMEOUT_MS = 500;

interface Flags extends ConnectionFlags, OutputFlags, ListenFlags {
    once?: true;
}

export function listenCommand(): Command {
    const command = new Command("listen")
        .description("Start a server, print what clients send, and send typed or piped lines to all clients.")
        .summary("start a server: print messages, send typed lines")
        .argument("[endpoint]", `address to listen on: ${ENDPOINT} (default: port 50000; 0: any free port)`)
        .option("--type <class>", "class name that is sent with the typed lines")
        .option("--once", "accept one client, and exit when it disconnects")
        .option("--quiet", "do not print received values");
    return addOutputOptions(addConnectionOptions(addReplyOptions(command)), { time: true })
        .action(runCommand(listen))
        .addHelpText(
            "after",
            examples(
                ["sockhop listen", "print what clients send to port 50000 of this machine"],
                ["sockhop listen --name my-daemon --reply '{\"ok\":true}'", "simulate a daemon that replies"],
                ["sockhop listen 9000 --json | jq .data", "print what programs send that write lines of JSON"],
                ["sockhop listen 0 --once < values.jsonl > replies.jsonl", "send a file to the first client"],
            ),
        );
}

async function listen(context: CommandContext, flags: Flags, text: string | undefined): Promise<number> {
    const { output, signal } = context;
    const endpoint = endpointFrom(text, flags);
    const server = new SockhopServer({ ...serverOptions(endpoint, flags), ...(flags.once && { max_connections: 1 }) });
    const repl = new ServerRepl(server, context, flags);
    try {
        await server.listen();
        const bound = { ...endpoint, ...boundPort(server) };
        output.printEvent(`listening on ${formatEndpoint(bound)}`);
        if (isInteractive()) output.printNote(`connect with: ${connectLine(bound, flags)}`);
        const end = repl.run();
        await abortable(signal, flags.once ? Promise.race([end, repl.firstDisconnect]) : end);
        return 0;
    } catch (error) {
        // Ctrl-C is the normal end of a server.
        if (error instanceof Interruption && !flags.once) return 0;
        throw explainError(error, formatEndpoint(endpoint));
    } finally {
        await server.close(signal.aborted ? { timeout: CLOSE_TIMEOUT_MS } : {});
    }
}

/** Port that the system has chosen for port 0. */
function boundPort(server: SockhopServer): { port?: number } {
    const port = server.get_bound_port();
    return port === undefined ? {} : { port };
}
