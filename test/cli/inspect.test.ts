import { expect } from "chai";
import { EventEmitter, once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import net from "node:net";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import type { ClientOptions, SockhopServer } from "../../src";
import { RemoteSource } from "../../src/cli/inspect/RemoteSource";
import { authority, identity } from "../support/certificates";
import { fakeTime } from "../support/fakeTime";
import { client, rawServer, received, server, socketPath } from "../support/pair";
import { next } from "../support/resume";
import { type Running, files, json, plain, run, start } from "./command";
import { InspectorEvents } from "./InspectorEvents";

class Widget {
    readonly color = "red";
}

/** Starts `inspect`, and opens its event stream. */
async function inspected(...args: (string | number)[]): Promise<{ command: Running; events: InspectorEvents }> {
    const command = start("inspect", ...args);
    const url = await command.line();
    return { command, events: await InspectorEvents.open(url) };
}

/** Starts a server, and `inspect` in front of it. */
async function inFrontOf(
    s: SockhopServer,
    ...args: string[]
): Promise<{ command: Running; events: InspectorEvents; options: ClientOptions }> {
    await s.listen();
    const { command, events } = await inspected(0, s.path ?? s.get_bound_port()!, ...args);
    return { command, events, options: { port: await command.port() } };
}

describe("sockhop inspect", () => {
    it("shows the connections and messages of both ends, and records them as tap does", async () => {
        const s = server();
        s.on("receive", (value, { callback }) => callback?.([value]));
        const file = join(dirname(socketPath()), "inspect.jsonl");
        const { command, events, options } = await inFrontOf(s, "--record", file);
        expect(events.hello).to.deep.include({ form: "tap", canSend: false, title: `127.0.0.1:${s.get_bound_port()}` });
        const c = client(options);
        await c.connect();
        await c.send(new Widget());
        await new Promise((resolve) => void c.send("q", resolve));
        await c.disconnect();
        await events.until(() => events.connections.get(1)?.state === "closed");
        expect(events.shown).to.deep.equal([
            '["client","message","Widget",{"color":"red"}]',
            '["client","question","String","q"]',
            '["server","answer","Array",["q"]]',
        ]);
        expect(events.messages[2]).to.include({ asked: "String", id: events.messages[1]!.id });
        expect(events.messages[2]!.took).to.be.a("number");
        expect(events.connections.get(1)).to.deep.include({ messages: [2, 1], role: "tap", pending: 0 });
        expect(events.connections.get(1)!.bytes).to.deep.equal([c.stats.bytes_sent, c.stats.bytes_received]);
        expect(await command.interrupt()).to.include({ code: 0 });
        const lines = json(readFileSync(file, "utf8"));
        expect(lines.map(({ kind, type }) => [kind, type])).to.deep.equal([
            ["message", "Widget"],
            ["question", "String"],
            ["answer", "Array"],
        ]);
        expect(statSync(file).mode & 0o777).to.equal(0o600);
    });

    it("forwards between names and Unix domain sockets", async () => {
        const listening = start("listen", "--name", "looked-at");
        await listening.note(/^listening/);
        const { command, events } = await inspected("name:looker", "name:looked-at");
        await run(["send", "name:looker", '"named"']);
        await events.until(() => events.messages.length > 0);
        expect(events.shown).to.deep.equal(['["client","message","String","named"]']);
        expect(events.connections.get(1)).to.include({ endpoint: "name:looked-at", peer: "local socket" });
        expect(await command.interrupt()).to.include({ code: 0 });

        const s = server({ path: socketPath() });
        const values = received(s, 1);
        await s.listen();
        const path = socketPath();
        const { events: ofPath } = await inspected(path, s.path!);
        await run(["send", path, '"a path"']);
        await ofPath.until(() => ofPath.messages.length > 0);
        expect(await values).to.deep.equal(["a path"]);
    });

    it("reads TLS connections of clients and of the target, and sends by hand through them", async () => {
        const trusted = await authority();
        const own = await identity("server", undefined, trusted);
        const path = files({ ca: trusted.cert, cert: own.cert, key: own.key });
        const s = server({ ssl_options: { ...own } });
        const values = received(s, 2);
        const tls = ["--ca", path.ca, "--cert", path.cert, "--key", path.key];
        const { events, options } = await inFrontOf(s, ...tls, "--allow-send");
        await run(["send", options.port!, "secret", "--ca", path.ca]);
        await events.until(() => events.messages.length === 1);
        expect((await events.send({ kind: "message", data: "by hand" })).status).to.equal(200);
        expect(await values).to.deep.equal(["secret", "by hand"]);
        await events.until(() => events.shown.includes('["client","message","String","by hand"]'));
    });

    it("shows lines of JSON of any peer, and sends them by hand", async () => {
        const s = server({ peer_type: "json", allow_non_objects: true });
        const values = received(s, 2);
        const { events, options } = await inFrontOf(s, "--json", "--allow-send");
        plain(options.port!).write('{"temperature":21}\n');
        await events.until(() => events.messages.length === 1);
        expect(events.shown).to.deep.equal(['["client","message","Object",{"temperature":21}]']);
        expect(await events.send({ kind: "message", data: [1] })).to.deep.equal({
            status: 200,
            body: { result: null },
        });
        expect(await values).to.deep.equal([{ temperature: 21 }, [1]]);
        for (const [body, error] of [
            [{ kind: "call", data: 1 }, "a --json peer has no calls and requests"],
            [{ kind: "message", type: "Widget", data: {} }, "a --json peer has no types"],
        ] as const)
            expect(await events.send(body)).to.deep.equal({ status: 400, body: { error } });
    });

    it("shows values of the codec for bytes, the round trip and pending replies", async () => {
        const s = server({ codec: "binary" });
        const { events, options } = await inFrontOf(s);
        const c = client({ ...options, codec: "binary", codec_required: true });
        await c.connect();
        await c.send({ at: new Date(0) });
        void c.send("nobody replies", () => undefined);
        c.ping(20);
        const row = (): { codec?: string; roundTrip?: number; pending: number } => events.connections.get(1)!;
        await events.until(() => events.messages.length > 2 && row().pending === 1 && row().roundTrip !== undefined);
        expect(row().codec).to.equal("binary");
        expect(events.shown).to.include('["client","message","Object",{"at":{"$date":"1970-01-01T00:00:00.000Z"}}]');
    });

    it("shows resumed connections, and no tokens", async () => {
        const s = server({ resume: true });
        const { events, options } = await inFrontOf(s);
        const c = client({ ...options, resume: true, auto_reconnect_interval: 20 });
        await c.connect();
        await c.send("one");
        await c.flush();
        const resumed = next(c, "resumed");
        c.socket!.resetAndDestroy();
        await resumed;
        await events.until(() => events.connections.get(2)?.resumes === 1);
        await events.until(() => events.connections.get(1)?.state === "closed");
        const kinds = events.messages.map(({ connection, kind }) => `${connection} ${kind}`);
        expect(kinds).to.include.members(["1 hello", "1 message", "2 resume"]);
        expect(JSON.stringify(events.messages))
            .to.match(/"token":"[\da-f]{8}…"/)
            .and.not.match(/[\da-f]{32}/);
    });

    it("lists bad frames with their bytes, and errors of the target", async () => {
        const { port } = await rawServer();
        const { events, command } = await inspected(0, port);
        plain(await command.port()).write("GET / HTTP/1.1\n");
        await events.until(() => events.problems.length === 1);
        expect(events.problems[0]).to.include({ connection: 1, from: "client", code: "invalid" });
        expect(Buffer.from(events.problems[0]!.hex!, "hex").toString()).to.equal("GET / HTTP/1.1");

        const s = server();
        const { events: other, options } = await inFrontOf(s);
        await s.close();
        plain(options.port!).on("error", () => undefined);
        await other.until(() => other.problems.length === 1);
        expect(other.problems[0]).to.deep.include({ code: "ECONNREFUSED", connection: 1 });
    });

    it("sends messages, calls and requests by hand, over one connection, with --allow-send", async () => {
        const s = server();
        s.on("receive", (value, { callback }) => callback?.([value]));
        s.on("request", (request, response) => response.send({ type: request.type }));
        const { events } = await inFrontOf(s, "--allow-send");
        expect(events.hello?.canSend).to.equal(true);
        const sent = await Promise.all([
            events.send({ kind: "message", data: 1 }),
            events.send({ kind: "call", type: "Widget", data: { n: 2 } }),
            events.send({ kind: "request", type: "Order", data: {} }),
        ]);
        expect(sent.map(({ body }) => body)).to.deep.equal([
            { result: null },
            { result: [{ n: 2 }] },
            { result: [{ type: "Order" }] },
        ]);
        expect(s.sockets).to.have.length(1);
        for (const body of [null, 5, {}, { kind: "toString" }, { kind: ["call"] }])
            expect((await events.send(body)).status, JSON.stringify(body)).to.equal(400);
        const disconnected = once(s, "disconnect");
        for (const socket of s.sockets) socket.destroy();
        await disconnected;
        expect((await events.send({ kind: "call", data: "again" })).body).to.deep.equal({ result: ["again"] });
    });

    it("sends by hand to a server that requires the codec, and reports one that refuses", async () => {
        const s = server({ codec: "binary", codec_required: true });
        s.on("request", (request, response) => void response.send(request.data));
        const values = received(s, 1);
        const { events } = await inFrontOf(s, "--allow-send");
        expect((await events.send({ kind: "message", data: "hello" })).body).to.deep.equal({ result: null });
        expect(await values).to.deep.equal(["hello"]);
        expect((await events.send({ kind: "request", data: [1, 2] })).body).to.deep.equal({ result: [[1, 2]] });

        const own = { name: "own", encode: () => Buffer.alloc(0), decode: () => undefined };
        const other = server({ codec: own, codec_required: true });
        other.on("error", () => undefined);
        const refusing = await inFrontOf(other, "--allow-send");
        expect(await refusing.events.send({ kind: "message", data: "hello" })).to.deep.equal({
            status: 400,
            body: { error: "The connection closed before the peer had received all" },
        });
    });

    it("sends nothing by hand without --allow-send", async () => {
        const { events } = await inFrontOf(server());
        expect(events.hello?.canSend).to.equal(false);
        expect((await events.send({ kind: "message", data: 1 })).status).to.equal(403);
    });

    it("serves its page on 127.0.0.1 only, on a given port", async () => {
        const { port } = await rawServer();
        const first = await inspected(0, port);
        const url = new URL(first.command.stdout.trim());
        expect(url.hostname).to.equal("127.0.0.1");
        const addresses = Object.values(networkInterfaces())
            .flat()
            .filter((address) => address && !address.internal && address.family === "IPv4");
        for (const { address } of [...addresses.map((each) => each!), { address: "127.0.0.2" }]) {
            const socket = net.connect(Number(url.port), address);
            const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
            expect(error.code, address).to.equal("ECONNREFUSED");
        }
        await first.command.interrupt();
        const second = await inspected(0, port, "--port", url.port);
        expect(new URL(second.command.stdout.trim()).port).to.equal(url.port);
        const taken = await start("inspect", 0, port, "--port", url.port).result();
        expect(taken).to.include({ code: 1, stdout: "" });
        expect(taken.stderr).to.match(/\(EADDRINUSE\)/);
    });

    it("refuses what makes no sense, with the exit code of wrong usage", async () => {
        const s = server();
        s.on("error", () => undefined); // a request of HTTP
        await s.listen();
        for (const [args, message] of [
            [[], "give two addresses, or --from with the URL or the name of a program"],
            [["50001"], "give two addresses, or --from with the URL or the name of a program"],
            [["50001", "50000", "--from", "x"], "give either --from or addresses, not both"],
            [["--from", "x", "--allow-send"], "--allow-send and --record need addresses"],
            [["--from", "x", "--record", "y"], "--allow-send and --record need addresses"],
            [["--from", "http://example.com/x/"], "is no URL of an inspector"],
            [["--from", `http://127.0.0.1:${s.get_bound_port()}/`], "is not the address of an inspector"],
            [["1", "2", "--port", "70000"], "Give a port number."],
        ] as const) {
            const { code, stderr } = await run(["inspect", ...args]);
            expect(code, stderr).to.equal(2);
            expect(stderr).to.include(message);
        }
    });

    it("is interrupted also while it waits for a program that does not reply", async () => {
        const sockets = new EventEmitter();
        const { port } = await rawServer(() => sockets.emit("accepted"));
        const accepted = once(sockets, "accepted");
        const command = start("inspect", "--from", `http://127.0.0.1:${port}/`);
        await accepted;
        expect(await command.interrupt()).to.include({ code: 0 });
    });

    it("waits ten seconds for a program that does not reply", async () => {
        const time = fakeTime();
        const { port } = await rawServer();
        const checked = new RemoteSource(`http://127.0.0.1:${port}/`).check(new AbortController().signal);
        time.tick(10_000);
        const error = await checked.catch((reason: unknown) => reason);
        expect((error as Error).message).to.equal(`http://127.0.0.1:${port}/ does not reply`);
    });

    it("names the file that cannot be written", async () => {
        const file = join(dirname(socketPath()), "missing", "file");
        const { code, stderr } = await run(["inspect", "0", "1", "--record", file]);
        expect(code).to.equal(1);
        expect(stderr).to.include(`open '${file}'`);
    });
});
