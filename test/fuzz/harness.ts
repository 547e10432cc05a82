import { strictEqual } from "node:assert";
import { readFileSync } from "node:fs";
import type net from "node:net";
import { join } from "node:path";
import { inspect } from "node:util";
import {
    type ClientOptions,
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

/** The codes of the union, read where they are written: at run time a type is nowhere else. */
export const CODES = new Set(readFileSync(join(__dirname, "../../src/SockhopError.ts"), "utf8").match(/ERR_\w+/g));

/** How a session begins, or ends. */
export type Manner = "at once" | "in a turn" | "throws" | "rejects" | "never";
export const MANNERS: Manner[] = ["at once", "in a turn", "throws", "rejects", "never"];

/** What the handlers of requests do. */
export const HANDLINGS = ["send", "stream", "fail", "late", "never", "half"] as const;

/** How the program of a lifecycle was set up. */
export interface Setting {
    tcp: boolean;
    /** What there is before the first step. */
    begin: "idle" | "listening" | "connected";
    auto_reconnect: boolean;
    /** Nobody listens to errors. */
    deaf: boolean;
    /** Nobody handles requests. */
    unhandled: boolean;
    /** The client keeps what is sent without a connection. */
    queue: ClientOptions["queue"];
    /** Limits so small that they are reached. */
    limits: SockhopOptions;
    max_connections: number;
}

const SETUP = new Error("as the session was told");
let harnesses = 0;

/** A server and a client, all that was done to them, and what they must have said of it. */
export class Harness {
    readonly server: SockhopServer;
    readonly client: SockhopClient;
    readonly place: { path: string } | { host: string; port: number };
    /** Nothing is refused at once because there is too much: then a promise may be left alone while connected. */
    readonly lenient: boolean;
    /** Called wherever code of the user runs, with the name of the place. */
    react: (place: string) => void = () => undefined;
    /** It does something there. */
    reacts = false;
    /** The client is in a handler of `connect`, where programs introduce themselves. */
    introduces = false;
    /** The newest of each, for steps that use them. */
    response: SockhopResponseWriteableStream | undefined;
    stream: SockhopResponseReadableStream | undefined;
    reply: Reply | undefined;
    start: Manner = "at once";
    end: Manner = "at once";
    /** Plain sockets and servers that take part. */
    readonly strangers = new Set<net.Socket>();
    rogue: net.Server | undefined;
    /** What has to have happened at the end: what it is, and whether it has. */
    readonly duties = new Map<string, () => boolean>();
    /** How many connections the server has announced. */
    connections = 0;
    readonly #pending = new Set<string>();
    readonly #faults: Error[] = [];
    /** The connections that the server has announced, and has not declared gone. */
    readonly #announced = new Map<net.Socket, SockhopSession>();
    /** The last number that came over each connection. */
    readonly #numbers = new WeakMap<net.Socket, number>();
    #connected: net.Socket | undefined;
    #count = 0;
    #number = 0;

    constructor({ tcp, auto_reconnect, deaf, unhandled, queue, limits, max_connections }: Setting) {
        // Each harness on TCP has an address of its own. Below the ports for outgoing connections nobody connects to himself.
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

    /** Takes a promise that has to settle, and to reject only as the documents say. */
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

    /** An error has to be one of ours with a code, or one of Node with a code. */
    legal(what: string, error: unknown): void {
        const { code } = (error ?? {}) as { code?: unknown };
        const fine =
            error instanceof SockhopError ? CODES.has(error.code) : error instanceof Error && typeof code === "string";
        if (!fine && error !== SETUP && !wasThrown(error)) this.fault(`${what}: an error without a proper code`, error);
    }

    /** A message with a number of its own; without one where what is sent goes before what waits in the queue. */
    numbered(): { number?: number } {
        return this.introduces ? {} : { number: (this.#number += 1) };
    }

    /** A call that has to be made so many times at the end. */
    duty(what: string, done: () => boolean): void {
        this.duties.set(`${(this.#count += 1)} ${what}`, done);
    }

    readonly fault = (what: string, cause?: unknown): void => {
        this.#faults.push(new Error(cause === undefined ? what : `${what}: ${inspect(cause)}`, { cause }));
    };

    /** Throws what has gone wrong so far; what the objects say of themselves has to match what they have told. */
    check(): void {
        const { client, server } = this;
        if (this.#faults[0]) throw this.#faults[0];
        strictEqual(client.connected, this.#connected !== undefined, "client.connected");
        if (this.#connected) strictEqual(client.socket, this.#connected, "client.socket");
        const { sockets, sessions } = server;
        strictEqual(sessions.length, sockets.length, "sockets and sessions");
        for (const [n, { sock }] of sessions.entries()) strictEqual(sock, sockets[n], "the socket of a session");
    }

    /** What is still to come. */
    get open(): string[] {
        const duties = [...this.duties].filter(([, done]) => !done()).map(([what]) => what);
        const gone = this.#announced.size === 0 ? [] : [`${this.#announced.size} disconnect events of the server`];
        return [...this.#pending, ...duties, ...gone];
    }

    /** A plain socket that takes part, and is destroyed at the end at the latest. */
    stranger(socket: net.Socket): net.Socket {
        this.strangers.add(socket);
        socket.once("close", () => this.strangers.delete(socket));
        return socket.on("error", () => undefined);
    }

    /** Ends the plain sockets and servers. */
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

    #handle(data: unknown, response: SockhopResponseWriteableStream): Promise<void> {
        this.response = response;
        response.signal.addEventListener("abort", () => this.react("response.signal"));
        const handled = handle(data, response);
        // Other user code may have ended it.
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
        // Another step may have ended the response meanwhile. (One that is not wanted any more is the library's concern.)
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
