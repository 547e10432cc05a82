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

/** Those who have connected. */
export class ServerRepl {
    readonly firstConnect: Promise<void>;
    readonly firstDisconnect: Promise<void>;
    readonly #server: SockhopServer;
    readonly #context: CommandContext;
    readonly #sources = new Map<Socket, Required<MessageSource>>();
    #count = 0;

    constructor(server: SockhopServer, context: CommandContext, { echo = false }: { echo?: boolean }) {
        const { output } = context;
        this.#server = server;
        this.#context = context;
        this.firstConnect = new Promise((resolve) => server.once("connect", () => resolve()));
        this.firstDisconnect = new Promise((resolve) => server.once("disconnect", () => resolve()));
        server.on("connect", (socket) => {
            const source = this.#addSource(socket, echo);
            output.printNote(
                `${source.label} has connected${source.from === source.label ? "" : ` from ${source.from}`}`,
            );
        });
        server.on("disconnect", (socket) => {
            output.printNote(`${this.#sourceOf(socket).label} has left`);
            this.#sources.delete(socket);
        });
        server.on("error", (error, socket) => {
            if (!server.server.listening) return; // listen() tells
            const label = socket && this.#sources.get(socket)?.label;
            output.printError(label ? new CommandError(`${label}: ${errorMessage(error)}`, undefined, error) : error);
        });
        server.on("receive", (value, meta) => {
            printMessage(output, value, meta, this.#sourceOf(meta.socket), meta.socket);
        });
        server.on("request", (question, response, { socket }): unknown =>
            printRequest(output, question, response, this.#sourceOf(socket), socket),
        );
    }

    /** Sends what is typed or piped in to all. Never ends, unless somebody types that it shall. */
    async run(): Promise<void> {
        const { output } = this.#context;
        // What is piped in would be gone before somebody can have it.
        if (!isInteractive()) await this.firstConnect;
        const commands: ReplCommands = {
            VALUE: { help: "JSON, or a bare word or text: is sent to all clients" },
            "/clients": { help: "who is connected", run: () => output.printNote(this.#list()) },
            "/stats": {
                help: "what the server has done so far",
                run: () => output.printNote(output.inspect(this.#server.stats)),
            },
        };
        const quit = await runRepl(this.#context, { commands, onLine: (line) => this.#send(line) });
        if (!quit && !isInteractive()) await new Promise(() => undefined);
    }

    async #send(line: string): Promise<void> {
        const value = parseValue(line);
        if (this.#sources.size === 0) throw new Error("Nobody is connected");
        await this.#server.sendall(value);
    }

    #list(): string {
        const sources = [...this.#sources.values()].map(({ label, from }) =>
            from === label ? label : `${label} ${from}`,
        );
        return sources.length === 0 ? "nobody is connected" : sources.join("\n");
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
