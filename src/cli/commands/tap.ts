import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags } from "../arguments/connectionOptions";
import { ENDPOINT, formatEndpoint, parseEndpoint } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { addOutputOptions } from "../arguments/outputOptions";
import { Interruption, UsageError } from "../errors";
import { abortable } from "../run/abortable";
import { type CommandContext, runCommand } from "../run/runCommand";
import { isSameSocketFile } from "../tap/LoopDetector";
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
    const record =
        flags.record === undefined ? undefined : createWriteStream(flags.record, { flags: "a", mode: 0o600 });
    const recordError = new Promise<never>((_, reject) => record?.on("error", reject));
    recordError.catch(() => undefined); // may reject before abortable() handles it
    const log = new TapLog(output, flags, record);
    const proxy = new TapProxy(output, flags, targetEndpoint, log);
    try {
        const bound = await listener.listen(proxy, output);
        const [from, to] = [formatEndpoint(bound), formatEndpoint(targetEndpoint)];
        // Only now there is a file to compare. TCP connections are checked one by one, by the proxy.
        if (isSameSocketFile(endpoint, targetEndpoint))
            throw new UsageError(`${from} and ${to} are the same socket: a tap cannot be its own target`);
        output.printNote(`listening on ${from}, forwarding to ${to}`);
        return await abortable(signal, Promise.race([recordError, proxy.loopError]));
    } catch (error) {
        if (error instanceof Interruption) return 0; // the normal end
        throw error;
    } finally {
        listener.close();
        proxy.destroyAll();
        log.close();
        if (record && !record.errored) {
            record.end();
            await once(record, "close");
        }
    }
}
