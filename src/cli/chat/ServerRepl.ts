import type { Socket } from "node:net";
import type { SockhopServer } from "../../index";
import { formatEndpoint } from "../arguments/endpoint";
import { parseValue } from "../arguments/values";
import { CommandError } from "../errors";
import type { CommandContext } from "../run/runCommand";
import { errorMessage } from "../terminal/formatError";
import { isInteractive } from "../terminal/input";
import { type MessageSource, printMessage, printRequest } from "./printMessage";
import { type ReplCommands, runRepl } from "./repl";

/** Prints the messages of all clients of a server, and sends typed or piped lines to them. */
export class ServerRepl {
    /** Resolves when the first client has disconnected. */
    readonly firstDisconnect: Promise<void>;
    readonly #firstConnect: Promise<void>;
    readonly #server: SockhopServer;
    readonly #context: CommandContext;
    readonly #sources = new Map<Socket, Required<MessageSource>>();
    #count = 0;

    constructor(server: SockhopServer, context: CommandContext, { echo = false }: { echo?: boolean }) {
        const { output } = context;
        this.#server = server;
        this.#context = context;
        this.#firstConnect = new Promise((resolve) => server.once("connect", () => resolve()));
        this.firstDisconnect = new Promise((resolve) => server.once("disconnect", () => resolve()));
        server.on("connect", (socket) => {
            const { label, from } = this.#addSource(socket, echo);
            output.printNote(`${label} connected${from === label ? "" : ` from ${from}`}`);
        });
        server.on("disconnect", (socket) => {
            output.printNote(`${this.#sourceOf(socket).label} disconnected`);
            this.#sources.delete(socket);
        });
        server.on("error", (error, socket) => {
            if (!server.server.listening) return; // the promise of listen() rejects
            const label = socket && this.#sources.get(socket)?.label;
            output.printError(label ? new CommandError(`${label}: ${errorMessage(error)}`, undefined, error) : error);
        });
        server.on("receive", (value, meta) => {
            printMessage(output, value, meta, this.#sourceOf(meta.socket), meta.socket);
        });
        server.on("request", (request, response, { socket }): unknown =>
            printRequest(output, request, response, this.#sourceOf(socket), socket),
        );
    }

    /** Sends typed or piped lines to all clients. Resolves at `/quit` or Ctrl-D, never at the end of piped input. */
    async run(): Promise<void> {
        const { output } = this.#context;
        // Without a client, piped lines would be lost.
        if (!isInteractive()) await this.#firstConnect;
        const commands: ReplCommands = {
            VALUE: { help: "sends a value to all clients: JSON, or a bare word or text" },
            "/clients": { help: "lists the connected clients", run: () => output.printNote(this.#list()) },
            "/stats": {
                help: "prints the counters of the server",
                run: () => output.printNote(output.inspect(this.#server.stats)),
            },
        };
        const quit = await runRepl(this.#context, { commands, onLine: (line) => this.#send(line) });
        if (!quit && !isInteractive()) await new Promise(() => undefined);
    }

    async #send(line: string): Promise<void> {
        const value = parseValue(line);
        if (this.#sources.size === 0) throw new Error("No client is connected");
        await this.#server.sendall(value);
    }

    #list(): string {
        const lines = [...this.#sources.values()].map(({ label, from }) =>
            from === label ? label : `${label} ${from}`,
        );
        return lines.length === 0 ? "no client is connected" : lines.join("\n");
    }

    #addSource(socket: Socket, echo: boolean): Required<MessageSource> {
        this.#count += 1;
        const label = `#${this.#count}`;
        const { remoteAddress: address, remotePort: port } = socket;
        const from = address === undefined || port === undefined ? label : formatEndpoint({ address, port });
        const source = { from, label, echo };
        this.#sources.set(socket, source);
        return source;
    }

    #sourceOf(socket: Socket): Required<MessageSource> {
        return this.#sources.get(socket) ?? { from: "", label: "", echo: false };
    }
}
