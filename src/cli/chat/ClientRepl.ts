import { setTimeout as sleep } from "node:timers/promises";
import type { SockhopClient } from "../../index";
import type { ConnectionFlags } from "../arguments/connectionOptions";
import { parseValue } from "../arguments/values";
import { explainError } from "../errors";
import { Pinger } from "../measure/Pinger";
import { abortable } from "../run/abortable";
import type { CommandContext } from "../run/runCommand";
import { disconnected } from "../run/withClient";
import { formatNumber } from "../terminal/format";
import { errorMessage } from "../terminal/formatError";
import { isInteractive } from "../terminal/input";
import type { OutputFlags } from "../terminal/Output";
import { sendCall, sendRequest } from "./calls";
import { printMessage, printRequest } from "./printMessage";
import { type ReplCommands, runRepl } from "./repl";

/** Questions without an answer. When there are more, the next line is not read. */
const MAX_PENDING = 1000;

/** The options of a {@link ClientRepl}. */
export interface ConnectFlags extends ConnectionFlags, OutputFlags {
    echo?: true;
    reconnect?: true;
    timeout: number;
    wait?: number;
}

/** What is said over one client. */
export class ClientRepl {
    readonly #context: CommandContext;
    readonly #flags: ConnectFlags;
    readonly #endpoint: string;
    readonly #pending = new Set<Promise<void>>();
    #onReply: (() => void) | undefined;
    #calls = 0;
    #failed = false;
    /** Nobody wants to hear any more. */
    #finished = false;

    constructor(context: CommandContext, flags: ConnectFlags, endpoint: string) {
        this.#context = context;
        this.#flags = flags;
        this.#endpoint = endpoint;
    }

    /** Tells what comes in, and what becomes of the connection. */
    attach(client: SockhopClient): void {
        const { output } = this.#context;
        const source = { from: this.#endpoint, echo: this.#flags.echo === true };
        client.on("connect", () => {
            this.#note(`connected to ${this.#endpoint}`);
        });
        client.on("disconnect", () => {
            if (!this.#finished) this.#note("the connection has ended");
        });
        client.on("reconnecting", (attempt, delay, error) => {
            const reason = error ? `${errorMessage(explainError(error, this.#endpoint))}; ` : "";
            output.printNote(`${reason}attempt ${attempt} in ${formatNumber(delay / 1000)} s`);
        });
        client.on("receive", (value, meta) => {
            printMessage(output, value, meta, source, client.socket ?? null);
        });
        client.on("request", (question, response): unknown =>
            printRequest(output, question, response, source, client.socket ?? null),
        );
    }

    /** What people want to know, and programs see by the exit code. */
    #note(text: string): void {
        const { output } = this.#context;
        if (output.pretty || isInteractive() || this.#flags.reconnect) output.printNote(text);
    }

    /** Says what is typed or piped in, until that ends or the server does not want any more. */
    async run(client: SockhopClient): Promise<number> {
        const { signal } = this.#context;
        try {
            const left = this.#flags.reconnect ? new Promise<never>(() => undefined) : disconnected(client);
            await abortable(signal, Promise.race([left, this.#runRepl(client)]));
            // Those of a connection that has ended have failed.
            if (!this.#finished) await Promise.all(this.#pending);
        } finally {
            this.#finished = true;
        }
        return this.#failed ? 1 : 0;
    }

    async #runRepl(client: SockhopClient): Promise<void> {
        const quit = await runRepl(this.#context, {
            commands: this.#commands(client),
            onLine: (line) => this.#onLine(client, line),
            onError: () => {
                this.#onFailure();
            },
        });
        this.#finished = quit || isInteractive();
        if (this.#finished) return;
        await Promise.all(this.#pending);
        const { wait = 0 } = this.#flags;
        if (wait === Infinity) await new Promise(() => undefined);
        else await sleep(wait, undefined, { ref: false });
    }

    /** Who types sees it, and can do better. */
    #onFailure(): void {
        if (!isInteractive()) this.#failed = true;
    }

    #commands(client: SockhopClient): ReplCommands {
        const { output } = this.#context;
        return {
            VALUE: { help: "JSON, or a bare word or text: is sent" },
            "? VALUE": { help: "sends a request, and prints what it is answered with" },
            "! VALUE": { help: "sends a message with a callback, and prints the answer" },
            "/ping": { help: "how long the other end takes to answer", run: () => this.#ping(client) },
            "/stats": {
                help: "what the client has done so far",
                run: () => output.printNote(output.inspect(client.stats)),
            },
        };
    }

    async #onLine(client: SockhopClient, line: string): Promise<void> {
        const kind = line.charAt(0);
        if (kind !== "?" && kind !== "!") {
            await client.send(parseValue(line));
            return;
        }
        const value = parseValue(line.slice(1));
        this.#calls += 1;
        const answer = this.#call(client, kind, value, this.#calls);
        this.#pending.add(answer);
        void answer.then(() => {
            this.#pending.delete(answer);
            this.#onReply?.();
        });
        while (this.#pending.size >= MAX_PENDING) await new Promise<void>((resolve) => (this.#onReply = resolve));
    }

    /** Never rejects. */
    async #call(client: SockhopClient, kind: "?" | "!", value: unknown, answer: number): Promise<void> {
        const { output } = this.#context;
        const { timeout } = this.#flags;
        const take = ({ data, type }: { data: unknown; type: string }): Promise<void> => {
            output.printMessage({ type, data, from: this.#endpoint, answer });
            return output.drained();
        };
        try {
            if (kind === "?") await sendRequest(client, value, timeout, take);
            else await take(await sendCall(client, value, timeout));
        } catch (error) {
            if (this.#finished) return;
            this.#onFailure();
            output.printError(new Error(`question ${answer}: ${errorMessage(error)}`, { cause: error }));
        }
    }

    async #ping(client: SockhopClient): Promise<void> {
        if (this.#flags.json) throw new Error("A --json peer answers no pings");
        if (!client.connected || !client.socket) throw new Error("There is no connection");
        const pinger = new Pinger(client.socket, this.#flags.terminator);
        const time = await pinger.ping(5000);
        pinger.close();
        if (time === undefined) throw new Error("No pong within 5 seconds");
        this.#context.output.printNote(`pong after ${formatNumber(time)} ms`);
    }
}
