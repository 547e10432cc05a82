import { Command, InvalidArgumentError, Option } from "commander";
import { type Inspector, loadInspector, PACKAGE } from "../../inspect/entry";
import type { InspectSource } from "../../inspect/index";
import { addConnectionOptions, type ConnectionFlags } from "../arguments/connectionOptions";
import { ENDPOINT, formatEndpoint, parseEndpoint } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { explainError, Interruption, UsageError } from "../errors";
import { HandSender } from "../inspect/HandSender";
import { RemoteSource } from "../inspect/RemoteSource";
import { TapFeed } from "../inspect/TapFeed";
import { abortable } from "../run/abortable";
import { type CommandContext, runCommand } from "../run/runCommand";
import { Recording } from "../tap/Recording";
import { TapListener } from "../tap/TapListener";
import { TapLog } from "../tap/TapLog";
import { TapProxy } from "../tap/TapProxy";
import type { Output } from "../terminal/Output";

interface Flags extends ConnectionFlags {
    from?: string;
    port: number;
    record?: string;
    allowSend?: true;
}

export function inspectCommand(): Command {
    const command = new Command("inspect")
        .description(
            "Show connections and messages in a browser: forward between clients and a server as tap does, or watch a program.",
        )
        .summary("show connections and messages in a browser")
        .argument("[listen]", `address for clients: ${ENDPOINT}`)
        .argument("[target]", "address of the server, in the same form")
        .option("--from <url-or-name>", "watch a program that has called inspect(), instead of forwarding")
        .addOption(
            new Option("--port <number>", "port of the page on 127.0.0.1")
                .argParser(parsePort)
                .default(0, "any free port"),
        )
        .option("--record <file>", "append each message to this file as a line of JSON")
        .option("--allow-send", "let the page send messages to the target");
    return addConnectionOptions(command, {
        name: false,
        codec: false,
        resume: false,
        tls: "to the target (--cert and --key are for clients)",
    })
        .action(runCommand(inspect))
        .addHelpText(
            "after",
            examples(
                ["sockhop inspect 50001 50000", "clients connect to port 50001, the server listens on port 50000"],
                ["sockhop inspect name:spy name:my-daemon --allow-send", "the same with names, and send by hand"],
                ["sockhop inspect --from my-daemon", 'watch a program that has called inspect({ name: "my-daemon" })'],
            ),
        );
}

async function inspect(
    context: CommandContext,
    flags: Flags,
    listen: string | undefined,
    target: string | undefined,
): Promise<number> {
    const inspector = load();
    try {
        if (flags.from !== undefined) {
            if (listen !== undefined) throw new UsageError("give either --from or addresses, not both");
            if (flags.allowSend || flags.record !== undefined)
                throw new UsageError("--allow-send and --record need addresses: with --from nothing is forwarded");
            const source = new RemoteSource(flags.from);
            await source.check(context.signal);
            return await serve(context, inspector, source, flags.port, forever);
        }
        if (listen === undefined || target === undefined)
            throw new UsageError("give two addresses, or --from with the URL or the name of a program");
        return await forward(context, inspector, flags, listen, target);
    } catch (error) {
        if (error instanceof Interruption) return 0; // the normal end
        throw error;
    }
}

/** Loads the package of the inspector. Without it, the error says how to run the same command with it. */
function load(): Inspector {
    try {
        return loadInspector();
    } catch (error) {
        const args = process.argv.slice(3).join(" ");
        throw new Error(`${(error as Error).message}; or run npx ${PACKAGE} ${args}`, { cause: error });
    }
}

/** Forwards between clients and a target, and shows that. */
async function forward(
    context: CommandContext,
    inspector: Inspector,
    flags: Flags,
    listen: string,
    target: string,
): Promise<number> {
    const { output } = context;
    const endpoint = parseEndpoint(listen);
    const targetEndpoint = parseEndpoint(target);
    const to = formatEndpoint(targetEndpoint);
    const listener = new TapListener(endpoint, flags);
    const recording = new Recording(flags.record);
    const hub = new inspector.Hub({
        version: inspector.version(),
        form: "tap",
        title: to,
        canSend: flags.allowSend === true,
    });
    const proxy = new TapProxy(
        output,
        flags,
        targetEndpoint,
        new TapFeed(hub, new TapLog(output, { quiet: true }, recording.stream), to),
    );
    let sender: HandSender | undefined;
    try {
        const bound = await listener.listen(proxy, targetEndpoint, output);
        if (flags.allowSend) sender = new HandSender(bound, flags);
        const source = new inspector.HubSource(hub, sender && ((body) => (sender as HandSender).send(body)));
        hub.start();
        return await serve(context, inspector, source, flags.port, () =>
            Promise.race([recording.failure, proxy.loopError]),
        );
    } finally {
        hub.stop();
        listener.close();
        await sender?.close();
        proxy.destroyAll();
        await recording.close();
    }
}

/**
 * Serves the page until the command ends.
 *
 * @param failure - rejects with an error that ends the command
 */
async function serve(
    { output, signal }: CommandContext,
    { InspectServer, loadPage }: Inspector,
    source: InspectSource,
    port: number,
    failure: () => Promise<never>,
): Promise<number> {
    const server = new InspectServer(source, loadPage());
    try {
        const url = await server.listen(port).catch((error: unknown) => {
            throw explainError(error, `127.0.0.1:${port}`);
        });
        printAddress(output, url);
        await abortable(signal, failure());
        return 0;
    } finally {
        await server.close();
    }
}

function forever(): Promise<never> {
    return new Promise(() => undefined);
}

function printAddress(output: Output, url: string): void {
    output.printLine(url);
    output.printNote("open this address in a browser of this computer; who knows it can read all messages");
}

function parsePort(text: string): number {
    const port = Number(text);
    if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
    throw new InvalidArgumentError("Give a port number.");
}
