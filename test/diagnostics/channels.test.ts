import { expect } from "chai";
import { AsyncLocalStorage } from "node:async_hooks";
import { spawn } from "node:child_process";
import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import type { ConnectionDiagnostics, ErrorDiagnostics, MessageDiagnostics, RequestDiagnostics } from "../../src";
import { later, pair, rejection } from "../support/pair";

/** The messages of a channel during the test. */
function heard<T>(name: string): T[] {
    const messages: T[] = [];
    const take = (message: unknown): void => {
        messages.push(message as T);
    };
    subscribe(name, take);
    later(() => unsubscribe(name, take));
    return messages;
}

/** The events of a TracingChannel during the test, each with its context. */
function traced(name: string): { event: string; context: RequestDiagnostics }[] {
    const events: { event: string; context: RequestDiagnostics }[] = [];
    for (const event of ["start", "end", "asyncStart", "asyncEnd", "error"]) {
        const channel = `tracing:${name}:${event}`;
        const take = (context: unknown): void => {
            events.push({ event, context: context as RequestDiagnostics });
        };
        subscribe(channel, take);
        later(() => unsubscribe(channel, take));
    }
    return events;
}

const names = (events: { event: string }[]): string[] => events.map(({ event }) => event);

describe("diagnostics_channel", () => {
    it("publishes connections, with the error that has closed them", async () => {
        const connects = heard<ConnectionDiagnostics>("sockhop:connect");
        const disconnects = heard<ConnectionDiagnostics>("sockhop:disconnect");
        const { s, c, socket } = await pair();
        const own = c.socket;
        expect(connects).to.have.deep.members([
            { endpoint: s, socket },
            { endpoint: c, socket: own },
        ]);
        const gone = once(s, "disconnect");
        const error = new Error("cut");
        c.on("error", () => undefined);
        own?.destroy(error);
        await gone;
        expect(disconnects).to.have.deep.members([
            { endpoint: s, socket, error: undefined, reason: { code: "PEER_ENDED" } },
            { endpoint: c, socket: own, error, reason: { code: "SOCKET_ERROR", error } },
        ]);
    });

    it("publishes messages, with their type and size, in both directions", async () => {
        const { s, c, socket } = await pair();
        const sent = heard<MessageDiagnostics>("sockhop:message:sent");
        const received = heard<MessageDiagnostics>("sockhop:message:received");
        s.on("receive", (_, { callback }) => callback?.([1]));
        await new Promise((resolve) => void c.send("é", resolve));
        const delivered = once(c, "receive");
        await s.sendall({ a: 1 });
        await delivered;
        const types = ["String", "Array", "Object"];
        expect(sent.map(({ type }) => type)).to.deep.equal(types);
        expect(received.map(({ type }) => type)).to.deep.equal(types);
        expect(sent.map(({ bytes }) => bytes)).to.deep.equal(received.map(({ bytes }) => bytes));
        expect(sent[2]).to.deep.equal({ endpoint: s, socket, type: "Object", bytes: 32 });
        expect(received[0]).to.include({ endpoint: s, socket });
    });

    it("publishes the types of sent values, which the sender does not decode", async () => {
        let decoded = 0;
        class Order {
            static fromJSON(): Order {
                decoded += 1;
                return new Order();
            }
        }
        const own = { name: "own", encode: () => Buffer.of(1), decode: () => null };
        const decode = (): void => void (decoded += 1);
        for (const [codec, peer] of [["binary", "binary"] as const, [{ ...own, decode }, own] as const]) {
            const { s, c } = await pair({ codec, classes: [Order] }, { codec: peer });
            if (c.codec === "json") await once(c, "codec");
            c.handle("Order", () => 1);
            const sent = heard<MessageDiagnostics>("sockhop:message:sent");
            const arrived = once(c, "receive");
            void s.sendall(new Order());
            void s.sessions[0]!.send(new Order());
            void s.sessions[0]!.request(new Order()).catch(() => undefined);
            await arrived;
            const types = sent.filter(({ endpoint }) => endpoint === s).map(({ type }) => type);
            expect(types).to.deep.equal(["Order", "Order", "SockhopRequest"]);
            expect(decoded).to.equal(0);
        }
    });

    it("publishes the errors that an endpoint reports, also without a listener", async () => {
        const errors = heard<ErrorDiagnostics>("sockhop:error");
        const { s, c, socket } = await pair();
        const failed = once(s, "error");
        c.socket!.write("no JSON\n");
        const [error] = (await failed) as [Error];
        expect(errors).to.have.length(1);
        expect(errors[0]).to.include({ endpoint: s, socket, error });
        const warned = once(process, "warning");
        socket.write("no JSON\n");
        await warned;
        expect(errors[1]?.endpoint).to.equal(c);
        expect(errors[1]?.error).to.include({ code: "ERR_OBJECTBUFFER_BAD_BUFFER_DATA" });
    });

    it("publishes the errors of handlers, also without a listener", async () => {
        const errors = heard<ErrorDiagnostics>("sockhop:error");
        const { s, c, socket } = await pair();
        const thrown = new Error("by a handler");
        s.handle("handled", () => {
            throw thrown;
        });
        s.on("request:listened", async () => Promise.reject(thrown));
        const warned = once(process, "warning");
        await rejection(c.ask({}, { type: "handled" }));
        await warned;
        s.on("error", () => undefined);
        await rejection(c.ask({}, { type: "handled" }));
        await rejection(c.ask({}, { type: "listened" }));
        expect(errors).to.have.length(3);
        for (const message of errors) expect(message).to.include({ endpoint: s, socket, error: thrown });
    });

    it("publishes the type of messages from json peers, and of values without an envelope", async () => {
        const { s, c } = await pair({ peer_type: "json", terminator: "é;" });
        const sent = heard<MessageDiagnostics>("sockhop:message:sent");
        const received = heard<MessageDiagnostics>("sockhop:message:received");
        const arrived = once(s, "receive");
        await c.send({ type: "of its own" });
        await arrived;
        expect([sent, received].map(([message]) => [message?.type, message?.bytes])).to.deep.equal([
            ["Object", 21],
            ["Object", 21],
        ]);
    });

    it("traces requests at both ends, from the call to the response", async () => {
        const { s, c, socket } = await pair();
        const requests = traced("sockhop:request");
        const responses = traced("sockhop:response");
        s.on("request", (_, response) => void response.send("answer"));
        await c.ask({ q: 1 });
        for (const events of [requests, responses]) {
            expect(names(events)).to.have.members(["start", "end", "asyncStart", "asyncEnd"]);
            expect(names(events)[0]).to.equal("start");
            expect(names(events).at(-1)).to.be.oneOf(["asyncEnd", "end"]);
            expect(new Set(events.map(({ context }) => context)).size).to.equal(1);
        }
        const [request, response] = [requests[0]?.context, responses[0]?.context];
        expect(request).to.include({ endpoint: c, socket: c.socket, type: "Object", result: "answer" });
        expect(request?.data).to.deep.equal({ q: 1 });
        expect(response).to.include({ endpoint: s, socket, type: "Object", uuid: request?.uuid });
    });

    it("traces failed requests once, at both ends", async () => {
        const { s, c } = await pair();
        const requests = traced("sockhop:request");
        const responses = traced("sockhop:response");
        s.on("request", (_, response) => void response.fail(new Error("no")));
        await c.ask(1).catch(() => undefined);
        expect(names(requests).toString()).to.equal("start,end,error,asyncStart,asyncEnd");
        expect(requests[0]?.context.error).to.have.property("code", "ERR_REQUEST_FAILED");
        expect(responses[0]?.context.error).to.have.property("message", "no");
        requests.length = responses.length = 0;

        await c.ask(1, { signal: AbortSignal.abort() }).catch(() => undefined);
        expect(names(requests).filter((name) => name === "error")).to.have.length(1);
        expect(requests[0]?.context.error).to.have.property("code", "ERR_ABORTED");
        requests.length = 0;

        s.removeAllListeners("request");
        const asked = new Promise((resolve) => s.once("request", resolve));
        const failed = c.ask(1).catch(() => undefined);
        await asked;
        await c.disconnect();
        await failed;
        expect(names(requests).toString()).to.equal("start,end,error,asyncStart,asyncEnd");
        expect(requests[0]?.context.error).to.have.property("code", "ERR_SOCKET_DESTROYED");
    });

    it("traces streams to their end", async () => {
        const { s, c } = await pair();
        const requests = traced("sockhop:request");
        s.on("request", async (_, response) => {
            await response.write(1);
            await response.end();
        });
        const stream = await c.request("q");
        expect(names(requests)).to.deep.equal(["start", "end"]);
        for await (const packet of stream) expect(packet.data).to.equal(1);
        expect(names(requests)).to.deep.equal(["start", "end", "asyncStart", "asyncEnd"]);
    });

    it("runs handlers in the context of the trace", async () => {
        const { s, c } = await pair();
        const store = new AsyncLocalStorage<string>();
        const { start } = tracingChannel("sockhop:response");
        start.bindStore(store, (context) => `span of ${(context as RequestDiagnostics).uuid}`);
        later(() => start.unbindStore(store));
        s.on("request", async ({ uuid }, response) => {
            await Promise.resolve();
            void response.send([store.getStore(), `span of ${uuid}`]);
        });
        const [there, expected] = (await c.ask(1)) as [string, string];
        expect(there).to.equal(expected);
    });

    it("prints to stderr only with NODE_DEBUG=sockhop", async () => {
        const program = `
            const { server, client } = require("sockhop");
            (async () => {
                const s = new server({ port: 0 });
                await s.listen();
                const c = new client({ port: s.get_bound_port() });
                s.on("receive", () => Promise.all([c.disconnect(), s.close()]));
                await c.connect();
                await c.send({ a: 1 });
            })();`;
        for (const NODE_DEBUG of ["sockhop", ""]) {
            const child = spawn(process.execPath, ["-e", program], {
                cwd: join(__dirname, "../.."),
                env: { ...process.env, NODE_DEBUG },
                stdio: ["ignore", "inherit", "pipe"],
            });
            const stderr = await text(child.stderr);
            if (NODE_DEBUG === "") expect(stderr).to.equal("");
            else {
                expect(stderr).to.match(/^SOCKHOP \d+: connect 127\.0\.0\.1:\d+$/m);
                expect(stderr).to.match(/^SOCKHOP \d+: sent Object, 32 bytes, 127\.0\.0\.1:\d+$/m);
                expect(stderr).to.match(/^SOCKHOP \d+: received Object, 32 bytes, /m);
                expect(stderr).to.match(/^SOCKHOP \d+: disconnect /m);
            }
        }
    });
});
