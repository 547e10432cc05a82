import { once } from "node:events";
import { createWriteStream, statSync } from "node:fs";
import net from "node:net";
import tls from "node:tls";
import { Command } from "commander";
import { SockhopServer, path_of } from "../../index";
import { SocketFile } from "../../transport/unixSocket";
import { addConnectionOptions, type ConnectionFlags, serverOptions } from "../arguments/connectionOptions";
import { ENDPOINT, type Endpoint, formatEndpoint, parseEndpoint } from "../arguments/endpoint";
import { examples } from "../arguments/examples";
import { addOutputOptions } from "../arguments/outputOptions";
import { explainError, Interruption, UsageError } from "../errors";
import { abortable } from "../run/abortable";
import { type CommandContext, runCommand } from "../run/runCommand";
import { TapLog } from "../tap/TapLog";
import { TapProxy } from "../tap/TapProxy";
import type { OutputFlags } from "../terminal/Output";

interface Flags extends ConnectionFlags, OutputFlags {
    record?: string;
}

export function tapCommand(): Command {
    const command = new Command("tap")
        .description("Stand between clients and a server: pass on what they say, unchanged, and print each message.")
        .summary("stand in between, print what both ends say")
        .argument("<listen>", `where clients connect to instead of the server: ${ENDPOINT}`)
        .argument("<target>", "where the server listens: as above")
        .option("--record <file>", "append each message to this file, as a JSON text per line")
        .option("--quiet", "print no messages");
    return addOutputOptions(
        addConnectionOptions(command, { name: false, tls: "of the target; --cert and --key are for clients" }),
    )
        .action(runCommand(tap))
        .addHelpText(
            "after",
            examples(
                ["sockhop tap 50001 50000", "clients go to port 50001; see what they and the server at 50000 say"],
                ["sockhop tap name:spy name:my-daemon --record said.jsonl", "the same with names, and keep it"],
                ["sockhop tap 9001 db.example:9000 --tls", "look into TLS: clients of this machine talk without it"],
            ),
        );
}

async function tap(context: CommandContext, flags: Flags, listen: string, target: string): Promise<number> {
    const { output, signal } = context;
    const here = parseEndpoint(listen);
    const there = parseEndpoint(target);
    const record =
        flags.record === undefined ? undefined : createWriteStream(flags.record, { flags: "a", mode: 0o600 });
    const recordFails = new Promise<never>((_, reject) => record?.on("error", reject));
    recordFails.catch(() => undefined); // it may fail before somebody waits for it
    const log = new TapLog(output, flags, record);
    const proxy = new TapProxy(output, flags, there, log);
    const server = listener(here, flags);
    server.on(server instanceof tls.Server ? "secureConnection" : "connection", (socket: net.Socket) => {
        proxy.accept(socket);
    });
    server.on("connection", (socket: net.Socket) => {
        proxy.keep(socket); // with TLS also before it is one of a client
    });
    server.on("tlsClientError", (error: Error) => {
        output.printError(error);
    });
    let file: SocketFile | undefined;
    try {
        const port = await listenAt(server, here);
        const path = server.address();
        if (typeof path === "string") file = new SocketFile(path);
        refuseCircle(here, there);
        output.printNote(`listening at ${formatEndpoint({ ...here, ...port })}, for ${formatEndpoint(there)}`);
        return await abortable(signal, Promise.race([recordFails, proxy.fails]));
    } catch (error) {
        if (error instanceof Interruption) return 0; // the usual end
        throw error;
    } finally {
        closeAt(server, file);
        proxy.cut();
        log.close();
        if (record && !record.errored) {
            record.end();
            await once(record, "close");
        }
    }
}

/** Closes the server, and leaves the file alone that another server has put at its path since. */
function closeAt(server: net.Server, file: SocketFile | undefined): void {
    if (file) file.whileClosing(() => server.close());
    else server.close();
}

/** @throws {@link UsageError} if both are the same socket of the file system. With TCP each connection is looked at. */
function refuseCircle(here: Endpoint, there: Endpoint): void {
    const file = fileOf(here);
    if (file === undefined || file !== fileOf(there)) return;
    throw new UsageError(
        `${formatEndpoint(here)} and ${formatEndpoint(there)} are the same: the tap would be its own target`,
    );
}

/** What identifies a file, also by another path. Nothing for a port, and for what is not there. */
function fileOf({ path, name }: Endpoint): string | undefined {
    const file = name === undefined ? path : path_of(name);
    try {
        const { dev, ino } = statSync(file ?? "", { bigint: true });
        return `${dev} ${ino}`;
    } catch {
        return undefined;
    }
}

/** With a certificate clients talk TLS; the target is another matter. */
function listener(here: Endpoint, { cert, key }: Flags): net.Server {
    if (cert === undefined && key === undefined) return net.createServer({ allowHalfOpen: true });
    const { ssl_options } = serverOptions(here, {
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
    });
    return tls.createServer({ ...ssl_options, allowHalfOpen: true, handshakeTimeout: 10_000 });
}

/** Listens, and tells the port. */
async function listenAt(server: net.Server, here: Endpoint): Promise<{ port?: number }> {
    const { address = "127.0.0.1", port, path = here.name === undefined ? undefined : path_of(here.name) } = here;
    try {
        if (path !== undefined) {
            // The library makes the folder of names, and removes what a killed program has left there.
            const first = new SockhopServer(here);
            await first.listen();
            await first.close();
        }
        server.listen(path === undefined ? { host: address, port } : { path });
        await once(server, "listening");
    } catch (error) {
        throw explainError(error, formatEndpoint(here));
    }
    const bound = server.address();
    return typeof bound === "object" && bound !== null ? { port: bound.port } : {};
}
