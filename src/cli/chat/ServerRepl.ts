import type { Socket } from "node:net";
import type { SockhopServer, SockhopSession } from "../../index";
import { formatEndpoint } from "../arguments/endpoint";
import type { CommandContext } from "../run/runCommand";
import { isInteractive } from "../terminal/input";
import { codecText } from "./codecText";
import { ConnectionErrors } from "./ConnectionErrors";
import { type LineFlags, LineParser } from "./LineParser";
import { type MessageSource, printMessage, printRequest } from "./printMessage";
import { interruptedText, resumedText } from "./resumeText";
import { type ReplCommands, runRepl } from "./repl";
import { type ReplyFlags, type Responder, responderOf } from "./replies";
import { statsText } from "./statsText";

/** Options of {@link ServerRepl}. */
export type ListenFlags = LineFlags & ReplyFlags;

/** A connected client. */
interface Source extends Required<MessageSource> {
    errors: ConnectionErrors;
}

/** Prints the messages of all clients of a server, and sends typed or piped lines to them. */
export class ServerRepl {
    /** Resolves when the first client has disconnected. One without a message in either direction is none, such as `sockhop ls`. */
    readonly firstDisconnect: Promise<void>;
    readonly #firstConnect: Promise<void>;
    readonly #server: SockhopServer;
    readonly #context: CommandContext;
    readonly #flags: ListenFlags;
    readonly #lines: LineParser;
    readonly #respond: Responder | undefined;
    /** By the session: the socket of a connection that is resumed changes. */
    readonly #sources = new Map<SockhopSession, Source>();
    #count = 0;

    constructor(server: SockhopServer, context: CommandContext, flags: ListenFlags) {
        const { output } = context;
        this.#server = server;
        this.#context = context;
        this.#flags = flags;
        this.#lines = new LineParser(flags);
        this.#respond = responderOf(flags);
        this.#firstConnect = new Promise((resolve) => server.once("connect", () => resolve()));
        this.firstDisconnect = new Promise((resolve) => {
            server.on("disconnect", (_socket, { stats }) => {
                if (stats.bytes_received > 0 || stats.messages_sent > 0) resolve();
            });
        });
        server.on("connect", (socket, session) => {
            const { label, from } = this.#addSource(socket, session);
            output.printEvent(`${label} connected${from === label ? "" : ` from ${from}`}`);
        });
        server.on("codec", (name, _socket, session) => {
            const source = this.#sources.get(session);
            if (source) output.printEvent(codecText(name, source.label));
        });
        server.on("interrupted", (error, _socket, session) => {
            const source = this.#sources.get(session);
            if (source) output.printEvent(`${source.label} ${interruptedText(error)}`);
        });
        server.on("resumed", (info, _socket, session) => {
            const source = this.#sources.get(session);
            if (source) output.printEvent(`${source.label} ${resumedText(info)}`);
        });
        server.on("disconnect", (_socket, session, reason) => {
            const source = this.#sources.get(session);
            if (source) output.printEvent(`${source.label} disconnected${source.errors.summary(reason)}`);
            this.#sources.delete(session);
        });
        server.on("error", (error, _socket, session) => {
            if (!server.server.listening) return; // the promise of listen() rejects
            const source = session && this.#sources.get(session);
            if (source) source.errors.print(error);
            else output.printError(error);
        });
        server.on("receive", (value, meta) => {
            printMessage(output, value, meta, this.#sourceOf(meta.session), meta.socket);
        });
        server.on("request", (request, response, { socket, session }): unknown =>
            printRequest(output, request, response, this.#sourceOf(session), socket),
        );
    }

    /** Sends typed or piped lines to all clients. Resolves at `/quit` or Ctrl-D, never at the end of piped input. */
    async run(): Promise<void> {
        const { output } = this.#context;
        // Without a client, piped lines would be lost.
        if (!isInteractive()) await this.#firstConnect;
        const commands: ReplCommands = {
            VALUE: { help: "sends a value to all clients: JSON, or a bare word or text" },
            "CLASS JSON": { help: "sends a value of this class" },
            ...this.#lines.commands(output),
            "/clients": { help: "lists the connected clients", run: () => output.printNote(this.#list()) },
            "/stats": {
                help: "prints the counters of the server",
                run: () => output.printNote(statsText(output, this.#server.stats)),
            },
        };
        const quit = await runRepl(this.#context, { commands, onLine: (line) => this.#send(line) });
        if (!quit && !isInteractive()) await new Promise(() => undefined);
    }

    async #send(line: string): Promise<void> {
        const value = this.#lines.parse(line);
        if (this.#sources.size === 0) throw new Error("No client is connected");
        await this.#server.sendall(value);
    }

    #list(): string {
        const lines = [...this.#sources.values()].map(({ label, from }) =>
            from === label ? label : `${label} ${from}`,
        );
        return lines.length === 0 ? "no client is connected" : lines.join("\n");
    }

    #addSource(socket: Socket, session: SockhopSession): Source {
        this.#count += 1;
        const label = `#${this.#count}`;
        const { remoteAddress: address, remotePort: port } = socket;
        const from = address === undefined || port === undefined ? label : formatEndpoint({ address, port });
        const errors = new ConnectionErrors(this.#context.output, label, this.#flags);
        const source = { from, label, respond: this.#respond, errors };
        this.#sources.set(session, source);
        return source;
    }

    /** Sender of a valid message. */
    #sourceOf(session: SockhopSession): MessageSource {
        const source = this.#sources.get(session);
        source?.errors.endRow();
        return source ?? { from: "", label: "", respond: undefined };
    }
}
