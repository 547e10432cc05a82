// Types with and without a protocol. Nothing here runs: `npm run types` checks it.
import { type EventEmitter, once as onceEmitted } from "node:events";
import type { Socket } from "node:net";
import { expectTypeOf } from "expect-type";
import Sockhop, {
    type Packet,
    type Protocol,
    type ReceiveMeta,
    type SockhopRequest,
    SockhopClient,
    type SockhopResponseReadableStream,
    type SockhopResponseWriteableStream,
    SockhopServer,
    SockhopSession,
    listen_or_connect,
} from "../../src";

class Say {
    constructor(readonly text: string) {}
}

class Sum {
    readonly numbers: number[] = [];
}

class History {
    readonly since = 0;
}

interface Chat {
    client: {
        messages: { Say: Say; Sum: Sum };
        replies: { Sum: number };
        requests: { History: { data: History; answer: { line: string } } };
    };
    server: {
        messages: { Said: { text: string; by: string } };
        requests: { Alive: { data: { at: number }; answer: boolean } };
    };
}

export function typedClient(client: SockhopClient<Chat>): void {
    void client.send(new Say("hi"));
    // @ts-expect-error -- no message of clients
    void client.send({ colour: "red" });

    void client.send(new Sum(), (answer, { type }) => {
        expectTypeOf(answer).toEqualTypeOf<number>();
        expectTypeOf(type).toBeString();
    });
    // @ts-expect-error -- the protocol has no reply to it
    void client.send(new Say("hi"), () => undefined);
    void client.send(new Say("hi"), null);

    void client.send(new Say("hi"), null, { type: "Say" });
    // @ts-expect-error -- a Say has another name
    void client.send(new Say("hi"), null, { type: "Sum" });
    void client.ask(new History(), { type: "History", timeout: 5 });
    // @ts-expect-error -- no request of clients
    void client.ask(new History(), { type: "Say" });
    void client.connect({ wait: true, timeout: 5000, signal: AbortSignal.timeout(5) });
    // @ts-expect-error -- no option of connect()
    void client.connect({ port: 5000 });
    // @ts-expect-error -- not an object
    void client.connect(5000);
    client.on("disconnect", (socket, { code, error }) => {
        expectTypeOf(socket).toEqualTypeOf<Socket>();
        expectTypeOf(error).toExtend<Error | undefined>();
        // @ts-expect-error -- no such reason
        if (code === "TIMEOUT") client.ping(0);
    });

    expectTypeOf(client.ask(new History())).resolves.toEqualTypeOf<{ line: string }>();
    expectTypeOf(client.request(new History())).resolves.toEqualTypeOf<
        SockhopResponseReadableStream<{ line: string }>
    >();
    // @ts-expect-error -- no request of clients
    void client.ask(new Say("hi"));

    client.on("receive", (value, meta) => {
        expectTypeOf(value).toEqualTypeOf<{ text: string; by: string }>();
        expectTypeOf(meta.type).toEqualTypeOf<"Said">();
    });
    client.on("receive:Said", (said, { type, callback }) => {
        expectTypeOf(said.by).toBeString();
        expectTypeOf(type).toEqualTypeOf<"Said">();
        expectTypeOf(callback).parameter(0).toBeUnknown();
    });
    client.once("request:Alive", (request, response) => {
        expectTypeOf(request.data).toEqualTypeOf<{ at: number }>();
        expectTypeOf(request.type).toEqualTypeOf<"Alive">();
        void response.send(true);
        // @ts-expect-error -- the answer is a boolean
        void response.send("yes");
    });
    client.on("connect", (socket) => {
        expectTypeOf(socket).toEqualTypeOf<Socket>();
    });
    client.on("reconnecting", (attempt, delay, error) => {
        expectTypeOf({ attempt, delay, code: error?.code }).toEqualTypeOf<{
            attempt: number;
            delay: number;
            code: string | undefined;
        }>();
        expectTypeOf(error).toExtend<Error | undefined>();
    });
    client.on("newListener", () => undefined);
    client.on(Symbol("an event of your own"), (...args) => {
        expectTypeOf(args).toEqualTypeOf<any[]>(); // eslint-disable-line @typescript-eslint/no-explicit-any
    });
    (client as EventEmitter).on("an event of your own", () => undefined);
    // @ts-expect-error -- misspelt
    client.on("recieve", () => undefined);
    // @ts-expect-error -- misspelt
    client.once("receive:Siad", () => undefined);
    // @ts-expect-error -- misspelt
    client.emit("receive:Siad");
    // @ts-expect-error -- misspelt
    client.off("request:Alvie", () => undefined);
}

export async function typedStream(client: SockhopClient<Chat>): Promise<void> {
    const stream = await client.request(new History());
    stream.on("data", (data) => {
        expectTypeOf(data).toEqualTypeOf<{ line: string }>();
    });
    expectTypeOf(await stream.next()).toEqualTypeOf<Packet<{ line: string }>>();
    for await (const { data } of stream) expectTypeOf(data.line).toBeString();
}

export function typedServer(server: SockhopServer<Chat>, socket: Socket): void {
    void server.sendall({ text: "hi", by: "me" });
    // @ts-expect-error -- a message of clients
    void server.sendall(new Sum());
    void server.send(socket, { text: "hi", by: "me" });
    expectTypeOf(server.ask(socket, { at: 1 })).resolves.toBeBoolean();

    server.on("receive", (value, meta) => {
        expectTypeOf(value).toEqualTypeOf<Say | Sum>();
        expectTypeOf(meta.type).toEqualTypeOf<"Say" | "Sum">();
        expectTypeOf(meta.session).toEqualTypeOf<SockhopSession<Chat>>();
    });
    server.on("receive:Sum", ({ numbers }, { callback, session }) => {
        expectTypeOf(numbers).toEqualTypeOf<number[]>();
        callback?.(1);
        // @ts-expect-error -- the answer is a number
        callback?.("1");
        void session.send({ text: "hi", by: "me" });
        // @ts-expect-error -- a message of clients
        void session.send(new Sum());
    });
    server.on("request", (request, response, { session }) => {
        expectTypeOf(request.type).toEqualTypeOf<"History">();
        expectTypeOf(request.data.since).toBeNumber();
        expectTypeOf(response).toEqualTypeOf<SockhopResponseWriteableStream<{ line: string }>>();
        expectTypeOf(session.ask({ at: 1 })).resolves.toBeBoolean();
    });
    server.on("request:History", async (request, response, { socket: from }) => {
        expectTypeOf(from).toEqualTypeOf<Socket>();
        await response.write({ line: String(request.data.since) });
        await response.end();
    });
}

interface Several {
    client: {
        messages: { Say: Say; Sum: Sum };
        replies: { Sum: number };
        requests: { History: { data: History; answer: string }; Say: { data: Say; answer: number } };
    };
    server: Several["client"];
}

/** Listeners may have fewer parameters than the event has arguments, also if a protocol has several types. */
export function several(client: SockhopClient<Several>, server: SockhopServer<Several>): void {
    client.on("receive", () => undefined);
    client.once("receive", (value) => {
        expectTypeOf(value).toEqualTypeOf<Say | Sum>();
    });
    client.on("request", ({ type }) => {
        expectTypeOf(type).toEqualTypeOf<"History" | "Say">();
    });
    server.on("receive", (value) => {
        expectTypeOf(value).toEqualTypeOf<Say | Sum>();
    });
    server.off("receive", (value: unknown) => value);
    server.on("request", (request, response) => {
        if (request.type === "Say") expectTypeOf(request.data).toEqualTypeOf<Say>();
        expectTypeOf(response).toEqualTypeOf<
            SockhopResponseWriteableStream<string> | SockhopResponseWriteableStream<number>
        >();
    });
    // @ts-expect-error -- no string is received
    server.on("receive", (value: string) => value);
}

/** A client with a protocol is an emitter for Node. */
export function emitter(client: SockhopClient<Chat>): EventEmitter {
    void onceEmitted(client, "connect");
    return client;
}

/** Events whose names do not depend on the protocol have types in generic code. */
export function generic<P extends Protocol>(client: SockhopClient<P>): void {
    client.on("connect", (socket) => {
        expectTypeOf(socket).toEqualTypeOf<Socket>();
    });
    client.once("receive", (_value, { type }) => {
        type.trim();
    });
}

/** A protocol with one entry: other values are compile errors. */
export function partly(client: SockhopClient<{ server: { messages: { Tick: number } } }>): void {
    // @ts-expect-error -- clients send nothing
    void client.send("anything");
    client.on("receive:Tick", (tick) => {
        expectTypeOf(tick).toBeNumber();
    });
}

export async function once(): Promise<void> {
    const { server, client } = await listen_or_connect<Chat>({ name: "chat" });
    if (server) expectTypeOf(server).toEqualTypeOf<SockhopServer<Chat>>();
    else expectTypeOf(client).toEqualTypeOf<SockhopClient<Chat>>();
}

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access
   -- that all is loose without a protocol is what this shows */

/** A protocol whose tables are optional has them. */
interface Optional {
    client?: {
        messages?: { Say: Say; Sum: Sum };
        replies?: { Sum: number };
        requests?: { History: { data: History; answer: string } };
    };
    server?: { messages?: { Tick: number } };
}

export function optional(client: SockhopClient<Optional>, server: SockhopServer<Optional>): void {
    void client.send(new Say("hi"));
    void client.send(new Sum(), (answer) => {
        expectTypeOf(answer).toEqualTypeOf<number>();
    });
    // @ts-expect-error -- no message of clients
    void client.send({ colour: "red" });
    expectTypeOf(client.ask(new History())).resolves.toEqualTypeOf<string>();
    client.on("receive:Tick", (value) => {
        expectTypeOf(value).toEqualTypeOf<number>();
    });
    server.on("receive", (value) => {
        expectTypeOf(value).toEqualTypeOf<Say | Sum>();
    });
}

export function untyped(socket: Socket): void {
    const client = new Sockhop.client({ port: 0 });
    const server = new Sockhop.server();
    void client.send("anything", (answer) => {
        answer.whatever();
    });
    void client.send(null);
    void client.send(new Say("hi"), (answer: number) => answer.toFixed());
    void server.send(socket, [1], null, { timeout: 1 });
    void server.sendall({});
    expectTypeOf(client.ask("anything")).resolves.toBeAny();
    client.on("receive", (value, meta) => {
        value.anything();
        expectTypeOf(value).toBeAny();
        expectTypeOf(meta).toEqualTypeOf<ReceiveMeta>();
        meta.callback?.("anything");
    });
    client.on("an event of your own", (...args) => {
        expectTypeOf(args).toEqualTypeOf<any[]>();
    });
    client.on("receive:Say", (say: Say, { type }) => {
        expectTypeOf(say).toEqualTypeOf<Say>();
        expectTypeOf(type).toBeString();
    });
    server.on("receive:Say", (say, { session }) => {
        expectTypeOf(say).toBeAny();
        void session.send("anything");
    });
    server.on("request", (request, response, { session }) => {
        expectTypeOf(request).toEqualTypeOf<SockhopRequest<any>>();
        void response.send("anything");
        void session.ask("anything");
    });
}

/** User-defined sessions, with a protocol and without. */
class Loose extends SockhopSession {
    override async start(): Promise<void> {
        await this.send("anything");
    }
}

class Strict extends SockhopSession<Chat> {
    override async start(): Promise<void> {
        await this.send({ text: "hi", by: "me" });
        // @ts-expect-error -- a message of clients
        await this.send(new Sum());
    }
}

export const servers = [
    new SockhopServer({ session_type: Loose }),
    new SockhopServer<Chat>({ session_type: Strict }),
    new SockhopServer<Chat>({ session_type: Loose }),
];

/** A parameter for any client accepts a client with a protocol. */
export const clients: SockhopClient[] = [new SockhopClient<Chat>(), new SockhopClient()];
