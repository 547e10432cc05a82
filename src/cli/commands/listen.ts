import { Command } from "commander";
import { SockhopServer } from "../../index";
import { addConnectionOptions, type ConnectionFlags, serverOptions } from "../arguments/connectionOptions";
import { ENDPOINT, endpointFrom, formatEndpoint } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { addOutputOptions } from "../arguments/outputOptions";
import { ServerRepl } from "../chat/ServerRepl";
import { explainError, Interruption } from "../errors";
import { abortable } from "../run/abortable";
import { type CommandContext, runCommand } from "../run/runCommand";
import type { OutputFlags } from "../terminal/Output";

interface Flags extends ConnectionFlags, OutputFlags {
    echo?: true;
    once?: true;
}

export function listenCommand(): Command {
    const command = new Command("listen")
        .description("Listen, print what clients send, and send them what is typed or piped in.")
        .summary("be a server: print what comes in, send what is typed")
        .argument("[endpoint]", `where: ${ENDPOINT} (default: port 50000; 0 is any free one)`)
        .option("--echo", "answer callbacks and requests with what they have brought")
        .option("--once", "end when the first client has left; no other one is let in")
        .option("--quiet", "do not print what comes in");
    return addOutputOptions(addConnectionOptions(command))
        .action(runCommand(listen))
        .addHelpText(
            "after",
            examples(
                ["sockhop listen", "print what comes in at port 50000 of this machine"],
                ["sockhop listen --name my-daemon --echo", "stand in for a daemon that answers"],
                ["sockhop listen 9000 --json | jq .data", "what programs say that write lines of JSON"],
                ["sockhop listen 0 --once < values.jsonl > answers.jsonl", "send a file to the first client"],
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
        output.printNote(`listening at ${formatEndpoint({ ...endpoint, ...boundTo(server) })}`);
        const lines = repl.run();
        await abortable(signal, flags.once ? Promise.race([lines, repl.firstDisconnect]) : lines);
        return 0;
    } catch (error) {
        // To be interrupted is the usual end of a server.
        if (error instanceof Interruption && !flags.once) return 0;
        throw explainError(error, formatEndpoint(endpoint));
    } finally {
        await server.close(signal.aborted ? { timeout: 500 } : {});
    }
}

/** With port 0 the system has chosen one. */
function boundTo(server: SockhopServer): { port?: number } {
    const port = server.get_bound_port();
    return port === undefined ? {} : { port };
}
