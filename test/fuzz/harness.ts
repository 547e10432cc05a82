import { strictEqual } from "node:assert";
import { readFileSync } from "node:fs";
import type net from "node:net";
import { join } from "node:path";
import { inspect } from "node:util";
import {
    type ClientOptions,
    type HandlerContext,
    SockhopClient,
    SockhopError,
    type SockhopOptions,
    SockhopServer,
    SockhopSession,
} from "../../src";
import type { Reply, SockhopResponseReadableStream, SockhopResponseWriteableStream } from "../../src";
import { turn } from "./guard";
import { freshPath } from "./setups";
import { wasThrown } from "./values";

/** The error codes, read from the source, because types do not exist at run time. */
export const CODES = new Set(readFileSync(join(__dirname, "../../src/SockhopError.ts"), "utf8").match(/ERR_\w+/g));

/** Behavior of a session at its start or end. */
export type Manner = "at once" | "in a turn" | "throws" | "rejects" | "never";
export const MANNERS: Manner[] = ["at once", "in a turn", "throws", "rejects", "never"];

/** Behavior of request handlers. */
export const HANDLINGS = ["send", "stream", "fail", "late", "never", "half"] as const;

/** How the program of a lifecycle was set up. */
export interface Setting {
    tcp: boolean;
    /** State before the first step. */
    begin: "idle" | "listening" | "connected";
    auto_reconnect: boolean;
    /** No error listeners. */
    deaf: boolean;
    /** No request handlers. */
    unhandled: boolean;
    /** The client has a queue. */
    queue: ClientOptions["queue"];
    /** Limits that are small enough to be reached. */
    limits: SockhopOptions;
    max_connections: number;
}

const SETUP = new Error("as the session was told");
let harnesses = 0;

/** A server and a client, the log of all steps, and the events expected for them. */
export class Harness {
    readonly server: SockhopServer;
    readonly client: SockhopClient;
    readonly place: { path: string } | { host: string; port: number };
    /** No call is rejected at once by a limit: then a promise may be ignored while connected. */
    readonly lenient: boolean;
    /** Called at every place where user code runs, with the name of the place. */
    react: (place: string) => void = () => undefined;
    /** True if user code takes steps there. */
    reacts = false;
    /** True while the client runs a connect handler, which may send first messages. */
    introduces = false;
    /** The newest object of each kind, for steps that use them. */
    response: SockhopResponseWriteableStream | undefined;
    stream: SockhopResponseReadableStream | undefined;
    reply: Reply | undefined;
    start: Manner = "at once";
    end: Manner = "at once";
    /** Plain sockets and servers of this run. */
    readonly strangers = new Set<net.Socket>();
    rogue: net.Server | undefined;
    /** Conditions that must be true at the end, with descriptions. */
    readonly duties = new Map<string, () => boolean>();
    /** Number of connect events of the server. */
    connections = 0;
    readonly #pending = new Set<string>();
    readonly #faults: Error[] = [];
    /** Connections between their connect and disconnect events on the server. */
    readonly #announced = new Map<net.Socket, SockhopSession>();
    /** The last number received over each connection. */
    readonly #numbers = new WeakMap<net.Socket, number>();
    #connected: net.Socket | undefined;
    #count = 0;
    #number = 0;

    constructor({ tcp, auto_reconnect, deaf, unhandled, queue, limits, max_connections }: Setting) {
        // Each harness on TCP has its own address. Ports below the range for outgoing connections avoid self-connections.
        const n = (harnesses += 1);
        const host = `127.${77 + ((n >> 14) % 99)}.${(n >> 7) % 128}.${1 + (n % 128)}`;
        this.place = tcp ? { host, port: 20_000 + (process.pid % 9999) } : { path: freshPath() };
        const place = tcp ? { address: host, ...this.place } : this.place;
        const common = { ...place, ...limits, response_timeout: 4 };
        const rejects = typeof queue === "object" && queue.overflow === undefined;
        this.lenient = limits.max_pending === undefined && !rejects;
        const session = { session_type: this.#sessionClass(), session_timeout: 3 };
        this.server = new SockhopServer({ ...common, ...session, max_connections });
        this.client = new SockhopClient({ ...common, queue, connect_timeout: 50, auto_reconnect_interval: 1 });
        this.#watch(deaf, unhandled);
        this.client.auto_reconnect = auto_reconnect;
    }

    /** Adds a promise that must settle, and may reject only with documented errors. */
    settles(what: string, promise: unknown, never = false): void {
        if (!(promise instanceof Promise)) return;
        const name = `${(this.#count += 1)} ${what}`;
        this.#pending.add(name);
        promise
            .catch((error: unknown) => {
                if (never) this.fault(`${what} has rejected`, error);
                this.legal(what, error);
            })
            .finally(() => this.#pending.delete(name));
    }

    /** An error must have a code, of sockhop or of Node. */
    legal(what: string, error: unknown): void {
        const { code } = (error ?? {}) as { code?: unknown };
        const fine =
            error instanceof SockhopError ? CODES.has(error.code) : error instanceof Error && typeof code === "string";
        if (!fine && error !== SETUP && !wasThrown(error)) this.fault(`${what}: an error without a proper code`, error);
    }

    /** A message with its own number; without one if it is sent before messages of the queue. */
    numbered(): { number?: number } {
        return this.introduces ? {} : { number: (this.#number += 1) };
    }

    /** A callback that must be called a given number of times until the end. */
    duty(what: string, done: () => boolean): void {
        this.duties.set(`${(this.#count += 1)} ${what}`, done);
    }

    readonly fault = (what: string, cause?: unknown): void => {
        this.#faults.push(new Error(cause === undefined ? what : `${what}: ${inspect(cause)}`, { cause }));
    };

    /** Throws the first error so far. The state of the objects must match their events. */
    check(): void {
        const { client, server } = this;
        if (this.#faults[0]) throw this.#faults[0];
        strictEqual(client.connected, this.#connected !== undefined, "client.connected");
        if (this.#connected) strictEqual(client.socket, this.#connected, "client.socket");
        const { sockets, sessions } = server;
        strictEqual(sessions.length, sockets.length, "sockets and sessions");
        for (const [n, { sock }] of sessions.entries()) strictEqual(sock, sockets[n], "the socket of a session");
    }

    /** Conditions that are not yet true. */
    get open(): string[] {
        const duties = [...this.duties].filter(([, done]) => !done()).map(([what]) => what);
        const gone = this.#announced.size === 0 ? [] : [`${this.#announced.size} disconnect events of the server`];
        return [...this.#pending, ...duties, ...gone];
    }

    /** A plain socket of this run, which is destroyed at the end at the latest. */
    stranger(socket: net.Socket): net.Socket {
        this.strangers.add(socket);
        socket.once("close", () => this.strangers.delete(socket));
        return socket.on("error", () => undefined);
    }

    /** Closes the plain sockets and servers. */
    clear(): void {
        for (const socket of this.strangers) socket.destroy();
        this.rogue?.close();
        this.rogue = undefined;
    }

    #sessionClass(): new () => SockhopSession {
        // eslint-disable-next-line @typescript-eslint/no-this-alias -- the sessions look at it later
        const harness = this;
        return class extends SockhopSession {
            constructor() {
                super();
                harness.react("session constructor");
            }

            override start(): unknown {
                harness.react("session start");
                return behave(harness.start);
            }

            override end(): unknown {
                harness.react("session end");
                return behave(harness.end);
            }
        };
    }

    #watch(deaf: boolean, unhandled: boolean): void {
        const { client, server } = this;
        client.on("connect", (socket) => {
            if (this.#connected || !client.connected) this.fault("client: connect does not match");
            this.#connected = socket;
        });
        client.on("disconnect", (socket) => {
            if (this.#connected !== socket || client.connected) this.fault("client: disconnect does not match");
            this.#connected = undefined;
        });
        server.on("connect", (socket, session) => {
            if (this.#announced.has(socket) || !server.sockets.includes(socket))
                this.fault("server: connect does not match");
            if (session.sock !== socket) this.fault("server: connect with the session of another");
            this.connections += 1;
            this.#announced.set(socket, session);
        });
        server.on("disconnect", (socket, session) => {
            if (this.#announced.get(socket) !== session || server.sockets.includes(socket))
                this.fault("server: disconnect does not match");
            this.#announced.delete(socket);
        });
        client.on("receive", (value, { callback }) => {
            if (client.socket) this.#inOrder(value, client.socket);
            if (!client.connected && !client.socket) this.fault("client: receives without a connection");
            this.reply = callback ?? this.reply;
            callback?.("answer");
        });
        server.on("receive", (value, { socket, callback }) => {
            if (!this.#announced.has(socket) || !server.sockets.includes(socket))
                this.fault("server: receives without a connection");
            this.#inOrder(value, socket);
            this.reply = callback ?? this.reply;
            if (value !== "mute") callback?.("answer");
        });
        if (!deaf) {
            client.on("error", (error) => this.legal("error of the client", error));
            server.on("error", (error) => this.legal("error of the server", error));
        }
        if (unhandled) return;
        client.on("request", ({ data }, response) => this.#handle(data, response));
        server.on("request", ({ data }, response) => this.#handle(data, response));
    }

    /** Handles strings at one end with a function whose result is the response. */
    handleStrings(end: SockhopServer | SockhopClient): void {
        const handler = (data: unknown, { signal }: HandlerContext): unknown => {
            signal.addEventListener("abort", () => this.react("handler signal"));
            this.react("handler");
            return result(data, signal);
        };
        if (end instanceof SockhopServer) end.handle("String", handler);
        else end.handle("String", handler);
    }

    #handle(data: unknown, response: SockhopResponseWriteableStream): Promise<void> {
        this.response = response;
        response.signal.addEventListener("abort", () => this.react("response.signal"));
        const handled = handle(data, response);
        // Other user code may have closed it.
        return this.reacts ? handled.catch((error: unknown) => this.legal("a handler", error)) : handled;
    }

    /** A number in a message must be higher than all before on the same connection. */
    #inOrder(value: unknown, socket: net.Socket): void {
        const { number } = (value ?? {}) as { number?: number };
        if (number === undefined) return;
        const last = this.#numbers.get(socket) ?? 0;
        if (number <= last) this.fault(`message ${number} comes after ${last}`);
        this.#numbers.set(socket, number);
    }
}

function behave(manner: Manner): unknown {
    if (manner === "throws") throw SETUP;
    if (manner === "rejects") return Promise.reject(SETUP);
    if (manner === "never") return new Promise(() => undefined);
    return manner === "in a turn" ? turn() : undefined;
}

async function handle(data: unknown, response: SockhopResponseWriteableStream): Promise<void> {
    try {
        await respond(data, response);
    } catch (error) {
        // Another step may have ended the response meanwhile. (The library must handle an aborted one.)
        if ((error as { code?: unknown }).code !== "ERR_RESPONSE_SEND" || response.isAborted) throw error;
    }
}

async function respond(data: unknown, response: SockhopResponseWriteableStream): Promise<void> {
    if (data === "fail") void response.fail(new Error("told to"));
    if (data === "late") await turn();
    if (data === "stream" || data === "half") for (let n = 0; n < 5; n += 1) await response.write(n);
    if (data === "stream") await response.end();
    if (data === "send" || data === "late") await response.send("answer");
}

/** Result of a handler: a value, a promise or an async iterable. */
function result(data: unknown, signal: AbortSignal): unknown {
    if (data === "fail") throw Object.assign(new Error("told to"), { code: "E_TOLD", data: { a: 1 } });
    if (data === "late") return turn().then(() => "answer");
    if (data === "never") return aborted(signal);
    if (data === "stream" || data === "half") return values(data, signal);
    return "answer";
}

async function* values(data: string, signal: AbortSignal): AsyncGenerator<number> {
    for (let n = 0; n < 5; n += 1) yield n;
    if (data === "half") await aborted(signal);
}

function aborted(signal: AbortSignal): Promise<unknown> {
    return new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
        if (signal.aborted) resolve(undefined);
    });
}
