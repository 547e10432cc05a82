import { expect } from "chai";
import { once } from "node:events";
import { spawn } from "node:child_process";
import net from "node:net";
import { join } from "node:path";
import type { SockhopSession } from "../../../src";
import { fakeTime, timeOf } from "../../support/fakeTime";
import { client, later, pair, placeOf, rejection, server } from "../../support/pair";
import { VERSIONS, secureClient, secureServer } from "../../support/tls";

const HELLO = (token: string, codecs: unknown = ["binary"]): string =>
    `${JSON.stringify({
        type: "SockhopPong",
        data: {
            _id: "sockhop",
            _created: null,
            _returned: null,
            _finished: null,
            hello: { version: 1, codecs, token },
        },
    })}\n`;

const TOKEN = "0123456789abcdef";

/** Server of raw bytes. `onLine` gets each line of a client. */
async function rawServer(
    onLine: (line: string, socket: net.Socket) => void,
): Promise<{ port: number; lines: string[] }> {
    const lines: string[] = [];
    const raw = net.createServer((socket) => {
        let text = "";
        socket.on("error", () => undefined);
        socket.on("data", (chunk) => {
            text += chunk.toString("latin1");
            const parts = text.split("\n");
            text = parts.pop() ?? "";
            for (const line of parts) {
                lines.push(line);
                onLine(line, socket);
            }
        });
        later(() => socket.destroy());
    });
    raw.listen(0, "127.0.0.1");
    await once(raw, "listening");
    later(() => raw.close());
    return { port: (raw.address() as net.AddressInfo).port, lines };
}

/** Waits until a raw server has received lines. */
async function haveLines(lines: string[], count: number): Promise<void> {
    while (lines.length < count) await new Promise(setImmediate);
}

/** Connects a raw client. `text()` returns what it has received. */
async function rawClient(port: number | undefined): Promise<{ socket: net.Socket; text: () => string }> {
    const socket = net.connect({ port: port as number });
    let received = "";
    socket.on("data", (chunk) => (received += chunk.toString("latin1"))).on("error", () => undefined);
    later(() => socket.destroy());
    await once(socket, "connect");
    return { socket, text: () => received };
}

/** Replies to pings, as sockhop of any version. */
function pong(line: string, socket: net.Socket): void {
    if (!line.startsWith('{"type":"SockhopPing"')) return;
    const { _id } = (JSON.parse(line) as { data: { _id: string } }).data;
    socket.write(`${JSON.stringify({ type: "SockhopPong", data: { _id, _returned: new Date() } })}\n`);
}

describe("The option codec", () => {
    it("makes both ends use the codec that both have", async () => {
        const { s, c } = await pair({ codec: "binary" });
        expect(c.codec).to.equal("json");
        const [name] = (await once(c, "codec")) as [string];
        expect([name, c.codec, s.sessions[0]?.codec]).to.deep.equal(["binary", "binary", "binary"]);
    });

    it("is reported by the event codec of a server after connect", async () => {
        const s = server({ codec: "binary" });
        await s.listen();
        const order: unknown[] = [];
        s.on("connect", (_socket, session: SockhopSession) => order.push(["connect", session.codec]));
        const agreed = once(s, "codec");
        await client({ codec: "binary", ...placeOf(s) }).connect();
        const [name, socket, session] = (await agreed) as [string, net.Socket, SockhopSession];
        expect(order).to.deep.equal([["connect", "binary"]]);
        expect([name, socket, session]).to.deep.equal(["binary", s.sockets[0], s.sessions[0]]);
    });

    it("keeps JSON lines if only the client has it", async () => {
        const { s, c } = await pair({}, { codec: "binary" });
        const received = once(s, "receive");
        await c.send(new Date(0));
        expect((await received)[0]).to.equal("1970-01-01T00:00:00.000Z");
        expect([c.codec, s.sessions[0]?.codec]).to.deep.equal(["json", "json"]);
    });

    it("keeps JSON lines if only the server has it", async () => {
        const { s, c } = await pair({ codec: "binary" }, {});
        const received = once(c, "receive");
        await s.sendall(new Date(0));
        expect((await received)[0]).to.equal("1970-01-01T00:00:00.000Z");
    });

    it("tells a client with the event codec that the server does not have it", async () => {
        const { c } = await pair({}, { codec: "binary" });
        expect((await once(c, "codec"))[0]).to.equal("json");
    });

    it("sends nothing else at the start than the greeting and a ping", async () => {
        const { port, lines } = await rawServer(() => undefined);
        const c = client({ port, codec: "binary" });
        await c.connect();
        await haveLines(lines, 2);
        const { hello } = (JSON.parse(lines[0] as string) as { data: { hello: { token: string } } }).data;
        expect(`${lines[0]}\n`).to.equal(HELLO(hello.token));
        expect(hello.token).to.match(/^[0-9a-f]{16}$/);
        expect(lines[1]).to.match(/^\{"type":"SockhopPing"/);
    });

    it("greets with a new token on each connection", async () => {
        const { port, lines } = await rawServer(() => undefined);
        for (let n = 0; n < 2; n++) await client({ port, codec: "binary" }).connect();
        await haveLines(lines, 4);
        const hellos = lines.filter((line) => line.includes("hello"));
        expect(new Set(hellos)).to.have.lengthOf(2);
    });

    it("has no effect on a json peer", async () => {
        const { port, lines } = await rawServer(() => undefined);
        const c = client({ port, codec: "binary", peer_type: "json" });
        await c.connect();
        await c.send({ a: 1 });
        await haveLines(lines, 1);
        expect(lines).to.deep.equal(['{"a":1}']);
    });

    for (const codec of ["xml", 1, true, {}, { name: "x" }, { name: "", encode: String, decode: String }]) {
        it(`refuses ${JSON.stringify(codec)}`, () => {
            expect(() => client({ codec } as object))
                .to.throw()
                .with.property("code", "ERR_BAD_OPTION");
        });
    }
});

describe("The greeting", () => {
    it("is answered once, and nothing else is sent", async () => {
        const s = server({ codec: "binary" });
        await s.listen();
        const { socket, text } = await rawClient(s.get_bound_port());
        socket.write(HELLO(TOKEN));
        await once(socket, "data");
        const { hello } = (JSON.parse(text()) as { data: { hello: { token: string } } }).data;
        expect(text()).to.equal(HELLO(hello.token));
        const received = once(s, "receive");
        socket.write(`${HELLO(TOKEN)}{"type":"Number","data":1}\n`); // a second greeting changes nothing
        await received;
        expect(text()).to.equal(HELLO(hello.token));
        expect(s.sessions[0]?.codec).to.equal("binary");
    });

    it("is ignored by a server without the option", async () => {
        const s = server();
        await s.listen();
        const { socket, text } = await rawClient(s.get_bound_port());
        const received = once(s, "receive");
        socket.write(`${HELLO(TOKEN)}{"type":"Number","data":1}\n`);
        await received;
        expect(text()).to.equal("");
        expect(s.sessions[0]?.codec).to.equal("json");
    });

    it("can come in the middle of a stream", async () => {
        const s = server({ codec: "binary" });
        await s.listen();
        const { socket, text } = await rawClient(s.get_bound_port());
        const agreed = once(s, "codec");
        socket.write('{"type":"Number","data":1}\n');
        await once(s, "receive");
        socket.write(HELLO(TOKEN));
        await agreed;
        while (!text().includes("hello")) await once(socket, "data");
        expect(s.sessions[0]?.codec).to.equal("binary");
    });

    it("is answered with no agreement if no codec is in common", async () => {
        const s = server({ codec: "binary" });
        await s.listen();
        const { socket, text } = await rawClient(s.get_bound_port());
        socket.write(HELLO(TOKEN, ["cbor"]));
        await once(socket, "data");
        expect(text()).to.include("hello");
        expect(s.sessions[0]?.codec ?? "json").to.equal("json");
    });

    it("is answered by a server that is draining", async () => {
        const s = server({ codec: "binary" });
        await s.listen();
        const { socket, text } = await rawClient(s.get_bound_port());
        let reply: (() => void) | undefined;
        s.on("receive", (_value, { callback }) => (reply = callback));
        socket.write('{"type":"Number","data":1,"id":"1"}\n');
        await once(s, "receive");
        const closed = s.close({ drain: true, timeout: 5000 });
        socket.write(HELLO(TOKEN));
        while (!text().includes("hello")) await once(socket, "data");
        reply?.();
        await closed;
        expect(text()).to.include('"callback_id":"1"');
    });

    const hostile: unknown[] = [
        null,
        1,
        "x",
        [],
        {},
        { version: 0, codecs: ["binary"], token: TOKEN },
        { version: "1", codecs: ["binary"], token: TOKEN },
        { version: 1, codecs: "binary", token: TOKEN },
        { version: 1, codecs: [null, { length: 1 }], token: TOKEN },
        { version: 1, codecs: new Array(17).fill("binary"), token: TOKEN },
        { version: 1, codecs: ["b".repeat(65)], token: TOKEN },
        { version: 1, codecs: ["binary"], token: "x".repeat(16) },
        { version: 1, codecs: ["binary"], token: { toString: 1 } },
        { version: 1, codecs: ["binary"] },
    ];
    for (const hello of hostile) {
        it(`is ignored if it is ${JSON.stringify(hello).slice(0, 60)}`, async () => {
            const s = server({ codec: "binary" });
            await s.listen();
            const { socket, text } = await rawClient(s.get_bound_port());
            const received = once(s, "receive");
            socket.write(`${JSON.stringify({ type: "SockhopPong", data: { _id: "sockhop", hello } })}\n`);
            socket.write('{"type":"Number","data":1}\n');
            await received;
            expect(text()).to.equal("");
            expect(s.sessions[0]?.codec).to.equal("json");
        });
    }

    it("of a server that was not greeted is ignored", async () => {
        const { port } = await rawServer((line, socket) => socket.write(HELLO(TOKEN) + '{"type":"Number","data":1}\n'));
        const c = client({ port });
        await c.connect();
        const received = once(c, "receive");
        await c.send("go");
        await received;
        expect(c.codec).to.equal("json");
    });

    it("without an answer leaves a connection with JSON lines, after the pong", async () => {
        const { port, lines } = await rawServer(pong);
        const c = client({ port, codec: "binary" });
        await c.connect();
        await c.send({ a: new Date(0) });
        await haveLines(lines, 3);
        expect(lines[2]).to.equal('{"type":"Object","data":{"a":"1970-01-01T00:00:00.000Z"}}');
    });

    it("without an answer and a pong leaves JSON lines, after two seconds", async () => {
        const { port, lines } = await rawServer(() => undefined);
        const c = client({ port, codec: "binary" });
        const clock = fakeTime();
        const connected = c.connect().then(() => c.send("late"));
        expect(await timeOf(clock, connected)).to.be.within(2000, 2500);
        clock.uninstall();
        await haveLines(lines, 3);
        expect(lines.at(-1)).to.equal('{"type":"String","data":"late"}');
        expect(c.codec).to.equal("json");
    });

    it("is answered once, whatever follows", async () => {
        const s = server({ codec: "binary" });
        await s.listen();
        const { socket, text } = await rawClient(s.get_bound_port());
        const received = once(s, "receive");
        socket.write(HELLO(TOKEN, ["cbor"]) + HELLO(TOKEN).repeat(10) + '{"type":"Number","data":1}\n');
        await received;
        while (!text().includes("hello")) await once(socket, "data");
        expect(text().split("hello")).to.have.lengthOf(2);
        expect(s.sessions[0]?.codec).to.equal("json");
    });

    it("that is answered late changes the codec of the connection, as the server has done", async () => {
        let hello: (() => void) | undefined;
        const { port, lines } = await rawServer((line, socket) => {
            pong(line, socket);
            hello = () => socket.write(HELLO(TOKEN));
        });
        const c = client({ port, codec: "binary" });
        await c.connect();
        await c.send("before");
        await haveLines(lines, 3);
        expect([lines[2], c.codec]).to.deep.equal(['{"type":"String","data":"before"}', "json"]);
        const agreed = new Promise((resolve) => c.on("codec", (name) => name === "binary" && resolve(name)));
        hello?.();
        await agreed;
        expect(c.codec).to.equal("binary");
    });
});

describe("Messages before the agreement", () => {
    it("wait, and are sent as they were, in order", async () => {
        const { s, c } = await pair({ codec: "binary" });
        const received: unknown[] = [];
        s.on("receive", (value) => received.push(value));
        const value = { n: 1, date: new Date(0) };
        const first = c.send(value);
        value.n = 2;
        await Promise.all([first, c.send(value), c.send("last")]);
        await once(s, "receive");
        while (received.length < 3) await once(s, "receive");
        expect(received).to.deep.equal([{ n: 1, date: new Date(0) }, { n: 2, date: new Date(0) }, "last"]);
    });

    it("fail with the connection, also those that are sent when others fail", async () => {
        const { port } = await rawServer(() => undefined);
        const c = client({ port, codec: "binary" });
        await c.connect();
        const again = new Promise<Promise<void>[]>((resolve) => {
            void c.send("call", () => undefined, { failed: () => resolve([c.send("again")]) });
        });
        c.socket!.destroy();
        expect(await rejection((await again)[0]!)).to.have.property("code", "ERR_SOCKET_DESTROYED");
    });

    it("are delivered if the client disconnects at once", async () => {
        const { s, c } = await pair({ codec: "binary" });
        const received = once(s, "receive");
        void c.send(new Map([[1, 2]]));
        await c.disconnect();
        expect((await received)[0]).to.deep.equal(new Map([[1, 2]]));
    });

    it("of a server are sent in the codec of the client, from `connect` on", async () => {
        const s = server({ codec: "binary" });
        s.on("connect", (_socket, session: SockhopSession) => void session.send(new Set(["welcome"])));
        await s.listen();
        const c = client({ codec: "binary", ...placeOf(s) });
        const received = once(c, "receive");
        await c.connect();
        expect((await received)[0]).to.deep.equal(new Set(["welcome"]));
    });

    it("that were queued offline arrive as they were", async () => {
        const s = server({ codec: "binary" });
        await s.listen();
        const c = client({ codec: "binary", queue: true, ...placeOf(s) });
        s.handle("Map", (map: Map<string, number>) => map.get("a"));
        const answer = c.ask(new Map([["a", 7]]));
        await c.connect();
        expect(await answer).to.equal(7);
    });

    it("that were queued offline become JSON for a server without the codec, or fail alone", async () => {
        const s = server();
        await s.listen();
        const c = client({ codec: "binary", queue: true, ...placeOf(s) });
        const received = once(s, "receive");
        const failed = c.send(1n).catch((error: unknown) => (error as { code: string }).code);
        const sent = c.send(new Date(0));
        await c.connect();
        expect(await failed).to.equal("ERR_BAD_DATA");
        await sent;
        expect((await received)[0]).to.equal("1970-01-01T00:00:00.000Z");
    });

    it("are agreed on again after a reconnect", async () => {
        const { s, c, socket } = await pair({ codec: "binary" }, { codec: "binary", auto_reconnect_interval: 5 });
        await c.send(1);
        c.auto_reconnect = true;
        const again = once(s, "connect");
        socket.destroy();
        await again;
        const received = once(s, "receive");
        await c.send(new Date(3));
        expect((await received)[0]).to.deep.equal(new Date(3));
    });
});

describe("A socket of the program", () => {
    it("is greeted on, and messages wait for the answer", async () => {
        const s = server({ codec: "binary" });
        await s.listen();
        const received = once(s, "receive");
        const c = client({ codec: "binary" });
        c.socket = net.connect({ port: s.get_bound_port() as number });
        await c.send(new Date(0));
        expect((await received)[0]).to.deep.equal(new Date(0));
        expect(c.codec).to.equal("binary");
    });

    it("delivers messages at once", async () => {
        const { port } = await rawServer((line, socket) => socket.write('{"type":"Number","data":1}\n'));
        const c = client({ codec: "binary" });
        const received = once(c, "receive");
        c.socket = net.connect({ port });
        expect((await received)[0]).to.equal(1);
    });

    it("is closed without the codec that is required, and nothing is sent over it", async () => {
        const { port, lines } = await rawServer(pong);
        const c = client({ codec: "binary", codec_required: true });
        c.socket = net.connect({ port });
        const error = await c.send(new Date(0)).catch((reason: unknown) => reason);
        expect(error).to.have.property("code", "ERR_SOCKET_DESTROYED");
        expect(lines).to.have.lengthOf(2);
    });
});

describe("Messages of a client that wait for the codec", () => {
    it("are sent as lines if the process exits", async () => {
        const { port, lines } = await rawServer(() => undefined);
        const program = `
            const Sockhop = require("sockhop");
            const c = new Sockhop.client({ port: ${port}, codec: "binary" });
            c.connect().then(() => { c.send("first"); c.send(new Date(0)); process.exit(0); });`;
        // It uses the built package.
        const child = spawn(process.execPath, ["-e", program], { cwd: join(__dirname, "../../.."), stdio: "inherit" });
        await once(child, "close");
        await haveLines(lines, 4);
        expect(lines.slice(2)).to.deep.equal([
            '{"type":"String","data":"first"}',
            '{"type":"Date","data":"1970-01-01T00:00:00.000Z"}',
        ]);
    });

    it("fail or arrive as they would after the wait", async () => {
        for (const options of [{}, { codec: "binary" }] as const) {
            const { c } = await pair(options, { codec: "binary" });
            const result = (value: unknown): Promise<unknown> =>
                c.send(value).then(
                    () => "sent",
                    (error: unknown) => (error as { code: string }).code,
                );
            const values = [{ f: () => 1, a: 1 }, { s: Symbol("x") }, 1n, [Promise.resolve()], new Map([[1, 2]])];
            const during = await Promise.all(values.map(result));
            const after = await Promise.all(values.map(result));
            expect(during).to.deep.equal(after);
        }
    });
});

describe("codec_required", () => {
    for (const version of VERSIONS) {
        it(`lets both ends connect over ${version}`, async () => {
            const tls = { minVersion: version, maxVersion: version };
            const required = { codec: "binary", codec_required: true } as const;
            const s = await secureServer(tls, required);
            const received = once(s, "receive");
            const c = secureClient(s, tls, required);
            await c.connect();
            expect(c.codec).to.equal("binary");
            await c.send(1n);
            expect((await received)[0]).to.equal(1n);
        });
    }

    it("lets both ends connect that have the codec", async () => {
        const { s, c } = await pair({ codec: "binary", codec_required: true });
        expect([c.codec, s.sessions[0]?.codec]).to.deep.equal(["binary", "binary"]);
    });

    it("rejects connect() if the server does not have it", async () => {
        const s = server();
        await s.listen();
        const c = client({ codec: "binary", codec_required: true, ...placeOf(s) });
        const error = await c.connect().catch((reason: unknown) => reason);
        expect(error).to.have.property("code", "ERR_CODEC");
        expect(c.connected).to.equal(false);
    });

    it("rejects connect() if the greeting was removed on the way", async () => {
        const { port } = await rawServer((line, socket) => {
            if (!line.includes("hello")) pong(line, socket);
        });
        const c = client({ port, codec: "binary", codec_required: true });
        const error = await c.connect().catch((reason: unknown) => reason);
        expect(error).to.have.property("code", "ERR_CODEC");
    });

    it("rejects connect() if a server replies to nothing", async () => {
        const { port } = await rawServer(() => undefined);
        const c = client({ port, codec: "binary", codec_required: true, connect_timeout: 500 });
        const error = await c.connect().catch((reason: unknown) => reason);
        expect(error).to.have.property("code", "ERR_CODEC");
    });

    it("makes a server close the connection of a client without it", async () => {
        const s = server({ codec: "binary", codec_required: true });
        await s.listen();
        const reported = once(s, "error");
        const c = client(placeOf(s));
        const closed = once(c, "disconnect");
        await c.connect();
        await c.send("hello");
        expect((await reported)[0]).to.have.property("code", "ERR_CODEC");
        await closed;
        expect(s.sessions).to.deep.equal([]);
    });

    it("makes a server close the connection of a silent client after session_timeout", async () => {
        const s = server({ codec: "binary", codec_required: true, session_timeout: 20 });
        await s.listen();
        const reported = once(s, "error");
        const { socket } = await rawClient(s.get_bound_port());
        expect((await reported)[0]).to.have.property("code", "ERR_CODEC");
        if (!socket.closed) await once(socket, "close");
    });

    it("keeps what the server sends before its answer until connect", async () => {
        const { port } = await rawServer((line, socket) => {
            if (line.includes("hello"))
                socket.write(`{"type":"Number","data":1}\n${HELLO(TOKEN)}{"type":"Number","data":2}\n`);
        });
        const c = client({ port, codec: "binary", codec_required: true });
        const order: unknown[] = [];
        c.on("connect", () => order.push("connect"));
        c.on("receive", (value) => order.push(value));
        await c.connect();
        expect(order).to.deep.equal(["connect", 1, 2]);
    });
});
