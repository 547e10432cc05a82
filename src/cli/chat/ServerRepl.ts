import type { Socket } from "node:net";
import type { SockhopServer } from "../../index";
import { nameOf } from "../arguments/endpoint";
import { parseValue } from "../arguments/values";
import { Failure } from "../errors";
import type { Context } from "../run/runCommand";
import { messageOf } from "../terminal/formatError";
import { isTyped } from "../terminal/input";
import { received, requested, type Source } from "./printMessage";
import { converse, type Words } from "./repl";

/** Those who have connected. */
export class ServerRepl {
    readonly firstHasCome: Promise<void>;
    readonly firstHasLeft: Promise<void>;
    readonly #server: SockhopServer;
    readonly #context: Context;
    readonly #sources = new Map<Socket, Required<Source>>();
    #count = 0;

    constructor(server: SockhopServer, context: Context, { echo = false }: { echo?: boolean }) {
        const { screen } = context;
        this.#server = server;
        this.#context = context;
        this.firstHasCome = new Promise((resolve) => server.once("connect", () => resolve()));
        this.firstHasLeft = new Promise((resolve) => server.once("disconnect", () => resolve()));
        server.on("connect", (socket) => {
            const source = this.#enter(socket, echo);
            screen.note(`${source.label} has connected${source.from === source.label ? "" : ` from ${source.from}`}`);
        });
        server.on("disconnect", (socket) => {
            screen.note(`${this.#sourceOf(socket).label} has left`);
            this.#sources.delete(socket);
        });
        server.on("error", (error, socket) => {
            if (!server.server.listening) return; // listen() tells
            const label = socket && this.#sources.get(socket)?.label;
            screen.fault(label ? new Failure(`${label}: ${messageOf(error)}`, undefined, error) : error);
        });
        server.on("receive", (value, meta) => {
            received(screen, value, meta, this.#sourceOf(meta.socket), meta.socket);
        });
        server.on("request", (question, response, { socket }): unknown =>
            requested(screen, question, response, this.#sourceOf(socket), socket),
        );
    }

    /** Sends what is typed or piped in to all. Never ends, unless somebody types that it shall. */
    async talk(): Promise<void> {
        const { screen } = this.#context;
        // What is piped in would be gone before somebody can have it.
        if (!isTyped()) await this.firstHasCome;
        const words: Words = {
            VALUE: { help: "JSON, or a bare word or text: is sent to all clients" },
            "/clients": { help: "who is connected", run: () => screen.note(this.#list()) },
            "/stats": {
                help: "what the server has done so far",
                run: () => screen.note(screen.show(this.#server.stats)),
            },
        };
        const quit = await converse(this.#context, { words, said: (line) => this.#tell(line) });
        if (!quit && !isTyped()) await new Promise(() => undefined);
    }

    async #tell(line: string): Promise<void> {
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

    #enter(socket: Socket, echo: boolean): Required<Source> {
        this.#count += 1;
        const label = `#${this.#count}`;
        const { remoteAddress: address, remotePort: port } = socket;
        const from = address === undefined || port === undefined ? label : nameOf({ address, port });
        const source = { from, label, echo };
        this.#sources.set(socket, source);
        return source;
    }

    #sourceOf(socket: Socket): Required<Source> {
        return this.#sources.get(socket) ?? { from: "", label: "", echo: false };
    }
}
