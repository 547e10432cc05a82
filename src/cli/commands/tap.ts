import { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags } from "../arguments/connectionOptions";
import { ENDPOINT, parseEndpoint } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { addOutputOptions } from "../arguments/outputOptions";
import { Interruption } from "../errors";
import { abortable } from "../run/abortable";
import { type CommandContext, runCommand } from "../run/runCommand";
import { Recording } from "../tap/Recording";
import { TapListener } from "../tap/TapListener";
import { TapLog } from "../tap/TapLog";
import { TapProxy } from "../tap/TapProxy";
import type { OutputFlags } from "../terminal/Output";

interface Flags extends ConnectionFlags, OutputFlags {
    record?: string;
}

export function tapCommand(): Command {
    const command = new Command("tap")
        .description("Forward connections between clients and a server, unchanged, and print each message.")
        .summary("forward connections, print their messages")
        .argument("<listen>", `address for clients: ${ENDPOINT}`)
        .argument("<target>", "address of the server, in the same form")
        .option("--record <file>", "append each message to this file as a line of JSON")
        .option("--quiet", "do not print messages");
    addConnectionOptions(command, {
        name: false,
        codec: false,
        resume: false,
        tls: "to the target (--cert and --key are for clients)",
    });
    return addOutputOptions(command)
        .action(runCommand(tap))
        .addHelpText(
            "after",
            examples(
                ["sockhop tap 50001 50000", "clients connect to port 50001, the server listens on port 50000"],
                [
                    "sockhop tap name:spy name:my-daemon --record messages.jsonl",
                    "the same with names, and record messages",
                ],
                ["sockhop tap 9001 db.example:9000 --tls", "read TLS messages: local clients connect without TLS"],
            ),
        );
}

async function tap(context: CommandContext, flags: Flags, listen: string, target: string): Promise<number> {
    const { output, signal } = context;
    const endpoint = parseEndpoint(listen);
    const targetEndpoint = parseEndpoint(target);
    const listener = new TapListener(endpoint, flags);
    const recording = new Recording(flags.record);
    const log = new TapLog(output, flags, recording.stream);
    const proxy = new TapProxy(output, flags, targetEndpoint, log);
    try {
        await listener.listen(proxy, targetEndpoint, output);
        return await abortable(signal, Promise.race([recording.failure, proxy.loopError]));
    } catch (error) {
        if (error instanceof Interruption) return 0; // the normal end
        throw error;
    } finally {
        listener.close();
        proxy.destroyAll();
        log.close();
        await recording.close();
    }
}
