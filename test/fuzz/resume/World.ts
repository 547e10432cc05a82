import type FakeTimers from "@sinonjs/fake-timers";
import { inspect } from "node:util";
import {
    type ClientOptions,
    type ServerOptions,
    SockhopClient,
    SockhopError,
    SockhopServer,
    SockhopSession,
} from "../../../src";
import { CODES } from "../harness";
import { wasThrown } from "../values";
import { type Item, Ledger } from "./Ledger";
import { Gate, Loop } from "./Loop";
import { Network } from "./Network";
import { type Large, type Value, assertContent, assertWhole, contentOf, valueOf } from "./values";

/** Options of both ends, and the state before the first step. */
export interface Setting {
    codecs: [client: string | undefined, server: string | undefined];
    resume: { max_bytes?: number; max_messages?: number };
    limits: { max_buffered?: number; slow_consumer?: "wait" | "drop" | "disconnect" };
    auto_reconnect: boolean;
    queue: boolean;
    ping: boolean;
    /** Loops over `messages()` at both ends: none, or those that await nothing or a turn of the event loop. */
    loops: "none" | "fast" | "slow";
    /** True if both ends have agreed before the first step. */
    agreed: boolean;
    /** Bytes that arrive at a time. */
    piece: number;
}

/** Behavior of `resume()` of sessions. */
export type Manner = "allow" | "refuse" | "throw" | "late" | "never";

/** Longest interruption in virtual milliseconds. */
export const TIMEOUT = 400;

/** Bytes of one flush that the limits of a journal may be exceeded by. */
const MAX_FLUSH = 70_000;

/** Bytes of a large content of some characters, at most: Buffers as JSON. */
const MAX_FACTOR = 4;

interface Meta {
    callback?: (value: unknown) => void;
}

/** A client and a server over a simulated network, with all that they have sent and received. */
export class World {
    readonly network = new Network();
    readonly client: SockhopClient;
    server: SockhopServer;
    readonly servers: SockhopServer[] = [];
    manner: Manner = "allow";
    /** Called where code of the program runs. */
    react: (place: string) => void = () => undefined;
    /** Number of the connection of the client, and true between `connect` and `disconnect`. */
    epoch = 0;
    isOpen = false;
    readonly toServer = new Ledger("to the server");
    readonly toClient = new Ledger("to the client");
    readonly gate = new Gate();
    /** Loops of the client, and of the servers. */
    readonly #clientLoops: { loop: Loop; epoch: number }[] = [];
    /** Bytes of the largest content. */
    #largest = 0;
    /** Large contents that were received: they do not change. */
    readonly #received: [n: number, large: Large, content: unknown][] = [];
    resumed = 0;
    #sessions = 0;
    #isInterrupted = false;
    /** True while messages of the client wait in its queue, as the connection is interrupted. */
    #isQueueing = false;
    /** True while handlers of `connect` of the client run. */
    #isConnecting = false;
    readonly #pending = new Set<string>();
    #count = 0;
    readonly #faults: Error[] = [];
    /** Checks at the end: the number of unacknowledged messages. */
    readonly #claims: (() => void)[] = [];

    constructor(
        readonly setting: Setting,
        readonly clock: FakeTimers.Clock,
    ) {
        const { codecs, resume, limits, queue } = setting;
        this.server = this.startServer();
        const options: ClientOptions = {
            resume: { timeout: TIMEOUT, ...resume },
            auto_reconnect_interval: 10,
            connect_timeout: 150,
            response_timeout: 5000,
            queue,
            ...limits,
            ...(codecs[0] !== undefined && { codec: codecs[0] }),
        } as ClientOptions;
        this.client = new SockhopClient(options);
        this.#watchClient();
    }

    /** Starts a server, which accepts all clients from now on. */
    startServer(): SockhopServer {
        const { codecs, resume, limits } = this.setting;
        const server = new SockhopServer({
            port: 0,
            resume: { timeout: TIMEOUT, ...resume },
            session_type: this.#sessionType(),
            session_timeout: 200,
            response_timeout: 5000,
            ...limits,
            ...(codecs[1] !== undefined && { codec: codecs[1] }),
        } as ServerOptions);
        this.servers.push(server);
        this.network.onAccept = (socket) => server.server.emit("connection", socket);
        this.#watchServer(server);
        if (this.setting.ping) server.ping(100);
        this.server = server;
        return server;
    }

    /** Throws the first fault. */
    check(): void {
        if (this.#faults[0]) throw this.#faults[0];
        for (const end of [this.client, ...this.servers]) {
            for (const { resumption, state } of end["_connections"]) {
                if (!resumption || resumption.isOver || state === "closed") continue;
                const { journal } = resumption;
                const written = journal.bytes - journal.waiting;
                const limit = end._limits.resume!.maxBytes + MAX_FLUSH + MAX_FACTOR * this.#largest;
                if (written > limit) throw new Error(`${written} bytes are written, and ${limit} may be`);
                if (journal.acknowledged > journal.sent || journal.sent > journal.added)
                    throw new Error("journal counts");
            }
        }
    }

    /** Promises that have not settled. */
    get pending(): string[] {
        return [...this.#pending];
    }

    checkAll(): void {
        this.check();
        this.toServer.check();
        this.toClient.check();
        for (const claim of this.#claims) claim();
        for (const received of this.#received) assertContent(...received);
    }

    readonly fault = (what: string, cause?: unknown): void => {
        this.#faults.push(new Error(cause === undefined ? what : `${what}: ${inspect(cause)}`, { cause }));
    };

    /** Runs code where faults are collected. */
    guard(run: () => void): void {
        try {
            run();
        } catch (error) {
            this.#faults.push(error as Error);
        }
    }

    track(what: string, promise: Promise<unknown>, item?: Item, claims?: (error: unknown) => void): void {
        const name = `${(this.#count += 1)} ${what}`;
        this.#pending.add(name);
        promise
            .then(
                () => {
                    if (item) item.outcome ??= "sent";
                },
                (error: unknown) => {
                    if (item) this.toServer.reject(item, error as object);
                    this.legal(what, error);
                    claims?.(error);
                },
            )
            .finally(() => this.#pending.delete(name));
    }

    legal(what: string, error: unknown): void {
        const { code } = (error ?? {}) as { code?: unknown };
        const isLegal = error instanceof SockhopError ? CODES.has(error.code) : typeof code === "string";
        if (!isLegal && !wasThrown(error)) this.fault(`${what}: an error without a proper code`, error);
    }

    /** A message of the client, or of a session, with its number. */
    valueOf(end: "c" | SockhopSession, size: number, large?: Large): [Value, Item] {
        // What is sent before the agreement is not counted.
        const item =
            end === "c" ? this.toServer.send(this.#origin) : this.toClient.send(end.resumable ? idOf(end) : undefined);
        item.isFirst = end === "c" && this.#isConnecting && this.setting.queue;
        this.#largest = Math.max(this.#largest, large?.size ?? 0);
        return [valueOf(item.n, size, large), item];
    }

    /** Connection that a message of the client is sent over. Messages of a queue may wait for a later one. */
    get #origin(): number | undefined {
        const { client, setting, isOpen, epoch } = this;
        const isDirect = client.resumable && setting.limits.slow_consumer === undefined && !this.#isQueueing;
        const waits = setting.queue && !isDirect;
        return isOpen && client.connected && !waits ? epoch : undefined;
    }

    /** Awaits the reply to a call, once. */
    reply(what: string, { n, large }: Value): [callback: (value: unknown) => void, failed: (error: unknown) => void] {
        const name = `${(this.#count += 1)} ${what}`;
        this.#pending.add(name);
        const end = (): void => {
            if (!this.#pending.delete(name)) this.fault(`${what} has settled twice`);
        };
        return [
            (value) => {
                end();
                this.answered(what, value, n, large);
                this.react("reply");
            },
            (error) => {
                end();
                this.legal(what, error);
                this.react("failed");
            },
        ];
    }

    /** Checks a reply or response. */
    answered(what: string, value: unknown, n: number, large: Large | undefined): void {
        const { re, content } = value as { re?: number; content?: unknown };
        if (re !== n) this.fault(`${what}: the reply to another call`, value);
        else if (large) this.guard(() => this.#assertContent(n, large, content));
    }

    #assertContent(n: number, large: Large, content: unknown): void {
        assertContent(n, large, content);
        this.#received.push([n, large, content]);
    }

    /** Runs a loop until the end of its messages. */
    #loop(end: SockhopClient | SockhopServer, name: string): Loop {
        const loop = new Loop(name);
        const messages = end.messages() as AsyncIterable<{ value: unknown }>;
        const isSlow = this.setting.loops === "slow";
        this.track(
            name,
            loop.run(messages, this.gate, isSlow).catch((error: unknown) => this.fault(name, error)),
        );
        return loop;
    }

    /** Checks a received value. */
    #receive(ledger: Ledger, connection: number, value: Value): void {
        this.guard(() => {
            ledger.receive(connection, value.n);
            assertWhole(value);
            if (value.large) this.#received.push([value.n, value.large, value.content]);
        });
    }

    /** Compares a number of unacknowledged messages with those that were lost in the end. */
    claim(ledger: Ledger, origin: number, error: unknown): void {
        const { unacknowledged } = (error ?? {}) as { unacknowledged?: number };
        if (unacknowledged === undefined) return;
        const items = ledger.items.length;
        this.#claims.push(() => {
            if (ledger.items.length < items) return;
            const lost = ledger.lost(origin);
            if (lost > unacknowledged)
                throw new Error(`${ledger.name}: ${lost} of ${origin} are lost, and ${unacknowledged} unacknowledged`);
        });
    }

    #sessionType(): typeof SockhopSession {
        // eslint-disable-next-line @typescript-eslint/no-this-alias -- the sessions look at it later
        const world = this;
        return class extends SockhopSession {
            readonly id = (world.#sessions += 1);
            isOpen = false;
            isInterrupted = false;

            override resume(): unknown {
                world.react("resume()");
                switch (world.manner) {
                    case "allow":
                        return undefined;
                    case "refuse":
                        return false;
                    case "throw":
                        throw Object.assign(new Error("refused"), { code: "REFUSED" });
                    case "late":
                        return new Promise((resolve) => setTimeout(resolve, 60));
                    default:
                        return new Promise(() => undefined);
                }
            }
        };
    }

    #watchClient(): void {
        const { client } = this;
        client.on("connect", () => {
            if (this.isOpen) this.fault("client: connect twice");
            this.epoch += 1;
            this.isOpen = true;
            this.#isInterrupted = this.#isQueueing = false;
            if (this.setting.ping) client.ping(100);
            if (this.setting.loops !== "none")
                this.#clientLoops.push({
                    loop: this.#loop(client, `loop of the client (${this.epoch})`),
                    epoch: this.epoch,
                });
            this.#isConnecting = true;
            try {
                this.react("connect");
            } finally {
                this.#isConnecting = false;
            }
        });
        client.on("disconnect", (_socket, reason) => {
            if (!this.isOpen) this.fault("client: disconnect without connect");
            this.isOpen = false;
            this.#isInterrupted = this.#isQueueing = false;
            if (
                reason.code === "NOT_RESUMED" &&
                (reason.error as { unacknowledged?: number }).unacknowledged === undefined
            )
                this.fault("NOT_RESUMED without a number");
            this.claim(this.toServer, this.epoch, reason.error);
            this.react("disconnect");
        });
        client.on("interrupted", () => {
            if (!this.isOpen || this.#isInterrupted) this.fault("client: interrupted does not match");
            if (!client.connected) this.fault("client: interrupted and not connected");
            this.#isInterrupted = this.#isQueueing = true;
            this.react("interrupted");
        });
        client.on("resumed", ({ missed, replayed, duration }) => {
            if (!this.isOpen || !this.#isInterrupted) this.fault("client: resumed does not match");
            if (!(missed >= 0 && replayed >= 0 && duration >= 0)) this.fault("client: resumed with bad counts");
            this.#isInterrupted = false;
            this.resumed += 1;
            try {
                this.react("resumed");
            } finally {
                this.#isQueueing = this.#isInterrupted;
            }
        });
        client.on("error", (error) => this.legal("error of the client", error));
        const arrived = (value: unknown): void => {
            if (!this.isOpen) this.fault("client: receives without a connection");
            this.#receive(this.toClient, this.epoch, value as Value);
        };
        const looped = (n: number): void => {
            // It may have ended with its connection, if the client does not reconnect.
            for (const { loop, epoch } of this.#clientLoops) loop.expect(n, epoch === this.epoch);
        };
        this.#answer(client, arrived, () => 0, looped);
    }

    #watchServer(server: SockhopServer): void {
        const loop = this.setting.loops === "none" ? undefined : this.#loop(server, "loop of a server");
        server.on("connect", (_socket, session) => {
            const { isOpen } = stateOf(session);
            if (isOpen) this.fault("server: connect twice");
            stateOf(session).isOpen = true;
            this.react("connect");
        });
        server.on("disconnect", (_socket, session, reason) => {
            const state = stateOf(session);
            if (!state.isOpen) this.fault("server: disconnect without connect");
            state.isOpen = state.isInterrupted = false;
            this.claim(this.toClient, state.id, reason.error);
            this.react("disconnect");
        });
        server.on("interrupted", (_error, socket, session) => {
            const state = stateOf(session);
            if (!state.isOpen || state.isInterrupted) this.fault("server: interrupted does not match");
            if (session.sock !== socket) this.fault("server: interrupted with another socket");
            state.isInterrupted = true;
            this.react("interrupted");
        });
        server.on("resumed", (_info, socket, session) => {
            const state = stateOf(session);
            if (!state.isOpen || !state.isInterrupted) this.fault("server: resumed does not match");
            if (session.sock !== socket) this.fault("server: resumed with another socket");
            state.isInterrupted = false;
            this.react("resumed");
        });
        server.on("error", (error) => this.legal("error of the server", error));
        const arrived = (value: unknown, session: unknown): void => {
            const { isOpen, id } = stateOf(session as SockhopSession);
            if (!isOpen) this.fault("server: receives after disconnect");
            this.#receive(this.toServer, id, value as Value);
        };
        const looped = (n: number): void => loop?.expect(n, true);
        this.#answer(server, arrived, (args) => (args.at(-1) as { session: SockhopSession }).session, looped);
    }

    /** Replies to calls and requests. */
    #answer(
        end: SockhopClient | SockhopServer,
        arrived: (value: unknown, session: unknown) => void,
        sessionOf: (args: unknown[]) => unknown,
        looped: (n: number) => void,
    ): void {
        end.on("receive", (...args: unknown[]) => {
            const [value, meta] = args as [Value, Meta];
            looped(value.n);
            arrived(value, sessionOf(args));
            meta.callback?.(answerTo(value));
            this.react("receive");
        });
        end.on("request", (...args: unknown[]) => {
            const [{ data }, response] = args as [
                { data: Value },
                { send(v: unknown): unknown; write(v: unknown): unknown },
            ];
            arrived(data, sessionOf(args));
            const settle = (promise: unknown): void => {
                this.track("response", promise as Promise<unknown>);
            };
            if (!data.text.startsWith("x"))
                for (let i = 0; i < 3; i++) settle(response.write({ ...answerTo(data), i }));
            settle(response.send({ ...answerTo(data), i: data.text.startsWith("x") ? 0 : 3 }));
            this.react("request");
        });
    }
}

/** What the sessions of a {@link World} know. */
interface SessionState {
    readonly id: number;
    isOpen: boolean;
    isInterrupted: boolean;
}

/** The reply to a value. It is as large. */
function answerTo({ n, large }: Value): object {
    return { re: n, ...(large && { content: contentOf(n, large) }) };
}

function stateOf(session: SockhopSession): SessionState {
    return session as unknown as SessionState;
}

export function idOf(session: SockhopSession): number {
    return stateOf(session).id;
}
