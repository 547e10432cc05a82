import { setTimeout as sleep } from "node:timers/promises";
import type { SockhopClient } from "../../index";
import type { ConnectionFlags } from "../arguments/connectionOptions";
import { parseValue } from "../arguments/values";
import { explain } from "../errors";
import { Pinger } from "../measure/Pinger";
import { unless } from "../run/abortable";
import type { Context } from "../run/runCommand";
import { departure } from "../run/withClient";
import { rounded } from "../terminal/format";
import { messageOf } from "../terminal/formatError";
import { isTyped } from "../terminal/input";
import type { OutputFlags } from "../terminal/Output";
import { call, request } from "./calls";
import { received, requested } from "./printMessage";
import { converse, type Words } from "./repl";

/** Questions without an answer. When there are more, the next line is not read. */
const MAX_PENDING = 1000;

/** The options of a {@link ClientRepl}. */
export interface TalkFlags extends ConnectionFlags, OutputFlags {
    echo?: true;
    reconnect?: true;
    timeout: number;
    wait?: number;
}

/** What is said over one client. */
export class ClientRepl {
    readonly #context: Context;
    readonly #flags: TalkFlags;
    readonly #where: string;
    readonly #answers = new Set<Promise<void>>();
    #answered: (() => void) | undefined;
    #questions = 0;
    #failed = false;
    /** Nobody wants to hear any more. */
    #over = false;

    constructor(context: Context, flags: TalkFlags, where: string) {
        this.#context = context;
        this.#flags = flags;
        this.#where = where;
    }

    /** Tells what comes in, and what becomes of the connection. */
    hear(client: SockhopClient): void {
        const { screen } = this.#context;
        const source = { from: this.#where, echo: this.#flags.echo === true };
        client.on("connect", () => {
            this.#note(`connected to ${this.#where}`);
        });
        client.on("disconnect", () => {
            if (!this.#over) this.#note("the connection has ended");
        });
        client.on("reconnecting", (attempt, delay, error) => {
            const reason = error ? `${messageOf(explain(error, this.#where))}; ` : "";
            screen.note(`${reason}attempt ${attempt} in ${rounded(delay / 1000)} s`);
        });
        client.on("receive", (value, meta) => {
            received(screen, value, meta, source, client.socket ?? null);
        });
        client.on("request", (question, response): unknown =>
            requested(screen, question, response, source, client.socket ?? null),
        );
    }

    /** What people want to know, and programs see by the exit code. */
    #note(text: string): void {
        const { screen } = this.#context;
        if (screen.pretty || isTyped() || this.#flags.reconnect) screen.note(text);
    }

    /** Says what is typed or piped in, until that ends or the server does not want any more. */
    async with(client: SockhopClient): Promise<number> {
        const { signal } = this.#context;
        try {
            const left = this.#flags.reconnect ? new Promise<never>(() => undefined) : departure(client);
            await unless(signal, Promise.race([left, this.#converse(client)]));
            // Those of a connection that has ended have failed.
            if (!this.#over) await Promise.all(this.#answers);
        } finally {
            this.#over = true;
        }
        return this.#failed ? 1 : 0;
    }

    async #converse(client: SockhopClient): Promise<void> {
        const quit = await converse(this.#context, {
            words: this.#words(client),
            said: (line) => this.#say(client, line),
            failed: () => {
                this.#fail();
            },
        });
        this.#over = quit || isTyped();
        if (this.#over) return;
        await Promise.all(this.#answers);
        const { wait = 0 } = this.#flags;
        if (wait === Infinity) await new Promise(() => undefined);
        else await sleep(wait, undefined, { ref: false });
    }

    /** Who types sees it, and can do better. */
    #fail(): void {
        if (!isTyped()) this.#failed = true;
    }

    #words(client: SockhopClient): Words {
        const { screen } = this.#context;
        return {
            VALUE: { help: "JSON, or a bare word or text: is sent" },
            "? VALUE": { help: "sends a request, and prints what it is answered with" },
            "! VALUE": { help: "sends a message with a callback, and prints the answer" },
            "/ping": { help: "how long the other end takes to answer", run: () => this.#ping(client) },
            "/stats": { help: "what the client has done so far", run: () => screen.note(screen.show(client.stats)) },
        };
    }

    async #say(client: SockhopClient, line: string): Promise<void> {
        const kind = line.charAt(0);
        if (kind !== "?" && kind !== "!") {
            await client.send(parseValue(line));
            return;
        }
        const value = parseValue(line.slice(1));
        this.#questions += 1;
        const answer = this.#ask(client, kind, value, this.#questions);
        this.#answers.add(answer);
        void answer.then(() => {
            this.#answers.delete(answer);
            this.#answered?.();
        });
        while (this.#answers.size >= MAX_PENDING) await new Promise<void>((resolve) => (this.#answered = resolve));
    }

    /** Never rejects. */
    async #ask(client: SockhopClient, kind: "?" | "!", value: unknown, answer: number): Promise<void> {
        const { screen } = this.#context;
        const { timeout } = this.#flags;
        const take = ({ data, type }: { data: unknown; type: string }): Promise<void> => {
            screen.arrived({ type, data, from: this.#where, answer });
            return screen.ready();
        };
        try {
            if (kind === "?") await request(client, value, timeout, take);
            else await take(await call(client, value, timeout));
        } catch (error) {
            if (this.#over) return;
            this.#fail();
            screen.fault(new Error(`question ${answer}: ${messageOf(error)}`, { cause: error }));
        }
    }

    async #ping(client: SockhopClient): Promise<void> {
        if (this.#flags.json) throw new Error("A --json peer answers no pings");
        if (!client.connected || !client.socket) throw new Error("There is no connection");
        const pinger = new Pinger(client.socket, this.#flags.terminator);
        const time = await pinger.ping(5000);
        pinger.close();
        if (time === undefined) throw new Error("No pong within 5 seconds");
        this.#context.screen.note(`pong after ${rounded(time)} ms`);
    }
}
