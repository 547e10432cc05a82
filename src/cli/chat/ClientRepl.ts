import { setTimeout as sleep } from "node:timers/promises";
import type { SockhopClient } from "../../index";
import type { ConnectionFlags } from "../arguments/connectionOptions";
import { explainError } from "../errors";
import { Pinger } from "../measure/Pinger";
import { abortable } from "../run/abortable";
import type { CommandContext } from "../run/runCommand";
import { disconnected, failsConnect } from "../run/withClient";
import { formatNumber } from "../terminal/format";
import { errorMessage } from "../terminal/formatError";
import { isInteractive } from "../terminal/input";
import type { OutputFlags } from "../terminal/Output";
import { sendCall, sendRequest } from "./calls";
import { codecText } from "./codecText";
import { ConnectionErrors } from "./ConnectionErrors";
import { type LineFlags, LineParser } from "./LineParser";
import { printMessage, printRequest } from "./printMessage";
import { interruptedText, resumedText } from "./resumeText";
import { type ReplCommands, runRepl } from "./repl";
import { type ReplyFlags, responderOf } from "./replies";
import { statsText } from "./statsText";

/** Limit for pending replies. Above it, the next line is not read. */
const MAX_PENDING = 1000;

const PING_TIMEOUT_MS = 5000;

/** Options of the command `connect`. */
export interface ConnectFlags extends ConnectionFlags, OutputFlags, LineFlags, ReplyFlags {
    reconnect?: true;
    timeout: number;
    wait?: number;
}

/** Prints the messages that a client receives, and sends typed or piped lines. */
export class ClientRepl {
    readonly #context: CommandContext;
    readonly #flags: ConnectFlags;
    readonly #endpoint: string;
    readonly #lines: LineParser;
    readonly #pending = new Set<Promise<void>>();
    #onSettled: (() => void) | undefined;
    #count = 0;
    #failed = false;
    /** True when later errors and the end of the connection are expected. */
    #finished = false;

    constructor(context: CommandContext, flags: ConnectFlags, endpoint: string) {
        this.#context = context;
        this.#flags = flags;
        this.#endpoint = endpoint;
        this.#lines = new LineParser(flags);
    }

    /** Prints the messages and events of a client. To be called before it connects. */
    attach(client: SockhopClient): void {
        const { output } = this.#context;
        const source = { from: this.#endpoint, respond: responderOf(this.#flags) };
        const errors = new ConnectionErrors(output, "", this.#flags);
        client.on("error", (error) => {
            if (!failsConnect(error)) errors.print(error);
        });
        client.on("connect", () => {
            this.#printStatus(`connected to ${this.#endpoint}`);
        });
        client.on("codec", (name) => {
            this.#printStatus(codecText(name, this.#endpoint));
        });
        client.on("interrupted", (error) => {
            this.#printStatus(interruptedText(error));
        });
        client.on("resumed", (info) => {
            this.#printStatus(resumedText(info));
        });
        client.on("disconnect", (_socket, reason) => {
            const summary = errors.summary(reason);
            if (reason.error?.unacknowledged) this.#failed = true; // lines may be lost
            if (!this.#finished) this.#printStatus(`connection closed${summary}`);
        });
        client.on("reconnecting", (attempt, delay, error) => {
            const reason = error ? `${errorMessage(explainError(error, this.#endpoint))}; ` : "";
            output.printEvent(`${reason}attempt ${attempt} in ${formatNumber(delay / 1000)} s`);
        });
        client.on("receive", (value, meta) => {
            errors.endRow();
            printMessage(output, value, meta, source, client.socket ?? null);
        });
        client.on("request", (request, response): unknown => {
            errors.endRow();
            return printRequest(output, request, response, source, client.socket ?? null);
        });
    }

    /**
     * Sends typed or piped lines until the input ends, or the server closes the connection.
     *
     * @returns the exit code: 1 if a piped line could not be sent, or has no reply
     */
    async run(client: SockhopClient): Promise<number> {
        const closed = this.#flags.reconnect ? new Promise<never>(() => undefined) : disconnected(client);
        try {
            await abortable(this.#context.signal, this.#sendLines(client, closed));
        } finally {
            this.#finished = true;
        }
        return this.#failed ? 1 : 0;
    }

    /** @param closed - resolves when the connection is closed, and there is no other */
    async #sendLines(client: SockhopClient, closed: Promise<void>): Promise<void> {
        const end = new AbortController();
        void closed.then(() => {
            end.abort();
        });
        const quit = await runRepl(this.#context, {
            commands: this.#commands(client),
            onLine: (line) => this.#sendLine(client, line),
            onError: () => {
                this.#onError();
            },
            closed: end.signal,
        });
        if (isInteractive() && !end.signal.aborted) return; // a user who leaves does not wait for replies
        await Promise.all(this.#pending);
        const { wait = 0 } = this.#flags;
        const waited = wait === Infinity ? new Promise(() => undefined) : sleep(wait, undefined, { ref: false });
        if (!quit) await Promise.race([closed, waited]);
    }

    #commands(client: SockhopClient): ReplCommands {
        const { output } = this.#context;
        return {
            VALUE: { help: "sends a value: JSON, or a bare word or text" },
            "CLASS JSON": { help: "sends a value of this class, also after ? and !" },
            "? VALUE": { help: "sends a request, and prints the response" },
            "! VALUE": { help: "sends a message with a callback, and prints the reply" },
            ...this.#lines.commands(output),
            "/ping": { help: "measures the round-trip time", run: () => this.#ping(client) },
            "/stats": {
                help: "prints the counters of the client",
                run: () => output.printNote(statsText(output, client.stats)),
            },
        };
    }

    async #sendLine(client: SockhopClient, line: string): Promise<void> {
        const prefix = line.charAt(0);
        const isCall = prefix === "?" || prefix === "!";
        const value = this.#lines.parse(isCall ? line.slice(1) : line);
        const isClosed = !client.connected && !this.#flags.reconnect;
        if (!isCall || isClosed) {
            await client.send(value); // rejects if the connection is closed
            return;
        }
        this.#count += 1;
        const reply = this.#call(client, prefix === "?" ? "request" : "callback", value, this.#count);
        this.#pending.add(reply);
        void reply.then(() => {
            this.#pending.delete(reply);
            this.#onSettled?.();
        });
        while (this.#pending.size >= MAX_PENDING) await new Promise<void>((resolve) => (this.#onSettled = resolve));
    }

    /** Sends a value, and prints its reply or the error. Never rejects. */
    async #call(client: SockhopClient, kind: "request" | "callback", value: unknown, number: number): Promise<void> {
        const { output } = this.#context;
        const { timeout } = this.#flags;
        const printReply = ({ data, type }: { data: unknown; type: string }): Promise<void> => {
            output.printMessage({ type, data, from: this.#endpoint, answer: number });
            return output.drained();
        };
        try {
            if (kind === "request") await sendRequest(client, value, timeout, printReply);
            else await printReply(await sendCall(client, value, timeout));
        } catch (error) {
            if (this.#finished) return;
            this.#onError();
            output.printError(new Error(`${kind} ${number}: ${errorMessage(error)}`, { cause: error }));
        }
    }

    async #ping(client: SockhopClient): Promise<void> {
        if (this.#flags.json) throw new Error("A --json peer does not reply to pings");
        if (!client.connected || !client.socket) throw new Error("Not connected");
        const pinger = new Pinger(client.socket, this.#flags);
        const time = await pinger.ping(PING_TIMEOUT_MS);
        pinger.close();
        if (time === undefined) throw new Error(`No pong within ${PING_TIMEOUT_MS / 1000} seconds`);
        this.#context.output.printNote(`pong after ${formatNumber(time)} ms`);
    }

    /** An error sets the exit code only for piped input: a typing user sees it. */
    #onError(): void {
        if (!isInteractive()) this.#failed = true;
    }

    /** Prints a change of the connection. Not in a pipe, where the exit code is enough. */
    #printStatus(text: string): void {
        const { output } = this.#context;
        const { reconnect, resume } = this.#flags;
        if (output.pretty || isInteractive() || reconnect || resume) output.printEvent(text);
    }
}
