import { expect } from "chai";
import { once } from "node:events";
import type net from "node:net";
import { client, received, socketPath } from "../support/pair";
import { json, plain, run, start } from "./command";

class Widget {
    readonly color = "red";
}

describe("sockhop listen", () => {
    it("prints messages as lines of JSON, and connections on stderr", async () => {
        const listening = start("listen", 0);
        const port = await listening.port();
        const c = client({ port });
        await c.connect();
        const from = `127.0.0.1:${(c.socket!.address() as net.AddressInfo).port}`;
        expect((await listening.note(/connected/)).input).to.equal(`#1 connected from ${from}`);
        await c.send(new Widget());
        await c.send(null);
        void c.send("are you there?", () => undefined, { failed: () => undefined });
        expect(await listening.lines(3)).to.deep.equal([
            { type: "Widget", data: { color: "red" }, from },
            { type: "Object", data: null, from },
            { type: "String", data: "are you there?", from, question: "callback" },
        ]);
        await c.disconnect();
        await listening.note(/^#1 disconnected$/);
        expect(await listening.interrupt()).to.include({ code: 0 });
    });

    it("replies with --echo, with the same type, and refuses requests without --echo", async () => {
        const echo = start("listen", 0, "--echo", "--quiet");
        const c = client({ port: await echo.port() });
        await c.connect();
        const reply = new Promise((resolve) => {
            void c.send(new Widget(), (value: unknown, { type }) => resolve({ value, type }));
        });
        expect(await reply).to.deep.equal({ value: { color: "red" }, type: "Widget" });
        const stream = await c.request(new Widget());
        expect(await stream.all()).to.deep.equal([{ data: { color: "red" }, type: "Widget" }]);
        expect((await echo.interrupt("SIGTERM")).stdout).to.equal(""); // --quiet

        const silent = start("listen", 0);
        const d = client({ port: await silent.port() });
        await d.connect();
        const refused = d.ask("q").catch((error: unknown) => error);
        expect(await refused).to.include({ code: "ERR_REQUEST_FAILED" });
        expect((await silent.lines(1))[0]).to.include({ question: "request", data: "q" });
    });

    it("replies with the value of --reply", async () => {
        const listening = start("listen", 0, "--reply", 'Widget {"ok":true}', "--quiet");
        const c = client({ port: await listening.port() });
        await c.connect();
        const reply = new Promise((resolve) => {
            void c.send("call", (value: unknown, { type }) => resolve({ value, type }));
        });
        expect(await reply).to.deep.equal({ value: { ok: true }, type: "Widget" });
        expect(await (await c.request("request")).all()).to.deep.equal([{ data: { ok: true }, type: "Widget" }]);
    });

    it("prints one line for the bad frames of a client, with its number and a hint", async () => {
        const listening = start("listen", 0);
        const port = await listening.port();
        plain(port).end("first\nsecond\nthird\n");
        await listening.note(/^sockhop: #1: .*\(ERR_OBJECTBUFFER_BAD_BUFFER_DATA\); .* try --json$/);
        await listening.note(/^#1 disconnected after 3 bad frames$/);
        plain(port).end("other\n");
        await listening.note(/^sockhop: #2: /);
        await listening.note(/^#2 disconnected after 1 bad frame$/);
        plain(port).write("GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n");
        await listening.note(/^sockhop: #3: .*HTTP/);
        await listening.note(/^#3 disconnected \(BAD_FRAMES\) after 1 bad frame$/);
        plain(port).end('{"no":"envelope"}\n');
        await listening.note(/^sockhop: #4: .*{"no":"envelope"}/);
        await listening.note(/^#4 disconnected/);
        const { stderr, stdout } = await listening.interrupt();
        expect(stderr.match(/ERR_OBJECTBUFFER/g)).to.have.length(4);
        expect(stdout).to.equal("");
    });

    it("sends piped lines to all clients after the first connect, and continues", async () => {
        const path = socketPath();
        const listening = start("listen", path).type('{"a":1}', "", "a bare text", '{"a":').type('"last"');
        listening.child.stdin!.end();
        await listening.note(/^listening on /);
        const c = client({ path });
        const values = received(c, 3);
        await c.connect();
        expect(await values).to.deep.equal([{ a: 1 }, "a bare text", "last"]);
        await listening.note(/^sockhop: invalid JSON .*: {"a":$/);
        await c.send("still there");
        expect(await listening.lines(1)).to.deep.equal([{ type: "String", data: "still there", from: "#1" }]);
    });

    it("runs /clients, /stats, /help and /quit, and prints an error without a client", async () => {
        const listening = start("listen", 0);
        const c = client({ port: await listening.port() });
        await c.connect();
        await listening.type("/clients").note(/^#1 127\.0\.0\.1:\d+$/);
        await listening.type("/stats").note(/connections: 1/);
        await listening.type("/help").note(/\/quit/);
        await c.disconnect();
        await listening.note(/disconnected/);
        await listening.type("/clients").note(/^no client is connected$/);
        await listening.type("5").note(/^sockhop: no client is connected$/);
        await listening.type("/nonsense").note(/^sockhop: unknown command \/nonsense/);
        expect(await listening.type("/quit").result()).to.include({ code: 0 });
    });

    it("accepts one client with --once", async () => {
        const listening = start("listen", 0, "--once");
        const port = await listening.port();
        const [first, second] = [client({ port }), client({ port })];
        await first.connect();
        await listening.note(/^#1/);
        await second.connect().catch(() => undefined); // may reject, depending on when the server closes it
        await listening.note(/ERR_MAX_CONNECTIONS/);
        await first.send("bye");
        await first.disconnect();
        const { code, stdout } = await listening.result();
        expect(code).to.equal(0);
        expect(JSON.parse(stdout)).to.include({ data: "bye" });

        const interrupted = start("listen", 0, "--once");
        await interrupted.port();
        expect(await interrupted.interrupt()).to.include({ code: 130 });
    });

    it("exchanges lines of JSON with --json", async () => {
        const listening = start("listen", 0, "--json", "--terminator", "\\r\\n");
        const other = plain(await listening.port());
        other.write('{"a":1}\r\nno JSON\r\n5\r\n');
        const lines = await listening.lines(3);
        expect(lines.map(({ type, data }) => ({ type, data }))).to.deep.equal([
            { type: "Object", data: { a: 1 } },
            { type: "String", data: "no JSON" },
            { type: "Number", data: 5 },
        ]);
        listening.type("hello");
        expect(String((await once(other, "data"))[0])).to.equal('"hello"\r\n');
    });

    it("prints readable values with --pretty, and only the data with --bare", async () => {
        for (const [flag, expected] of [
            ["--pretty", "#1 ← Widget { color: 'red' }\n"],
            ["--bare", '{"color":"red"}\n'],
        ] as const) {
            const listening = start("listen", 0, flag);
            const c = client({ port: await listening.port() });
            await c.connect();
            await c.send(new Widget());
            await c.disconnect();
            await listening.note(/disconnected/);
            expect((await listening.interrupt()).stdout).to.equal(expected);
        }
    });

    it("escapes control characters in class names", async () => {
        const listening = start("listen", 0, "--pretty");
        const other = plain(await listening.port());
        other.end('{"type":"\\u001b[2J","data":"\\u009b31m"}\n');
        await listening.note(/disconnected/);
        const { stdout } = await listening.interrupt();
        expect(stdout).to.equal("#1 ← '\\x1B[2J' '\\x9B31m'\n");
    });

    it("continues when it cannot send a value back with --echo", async () => {
        const deep = "[".repeat(20_000) + "]".repeat(20_000);
        for (const flags of [[], ["--pretty"], ["--bare"]]) {
            const listening = start("listen", 0, "--echo", ...flags);
            const other = plain(await listening.port());
            other.write(`{"type":"Array","data":${deep}}\n{"type":"Array","data":${deep},"id":"1"}\n`);
            await listening.note(/^sockhop: cannot reply to a callback of #1: .*\(ERR_BAD_DATA\)$/);
            other.write(`{"type":"Widget","id":"2"}\n`);
            expect(String((await once(other, "data"))[0])).to.match(/"callback_id":"2"/);
            other.write(`{"type":"SockhopRequest","data":{"uuid":"u","type":"Array","data":${deep}}}\n`);
            await listening.note(/^sockhop: cannot reply to a request of #1: .*\(ERR_BAD_DATA\)$/);
            const { code, stdout } = await listening.interrupt();
            expect(code).to.equal(0);
            if (flags[0] !== "--pretty") expect(json(stdout)).to.have.length(4);
        }
    });

    it("prints an error if the address is in use", async () => {
        const listening = start("listen", 0);
        const port = await listening.port();
        const { code, stderr } = await run(["listen", port]);
        expect(stderr).to.equal(`sockhop: address already in use: 127.0.0.1:${port} (EADDRINUSE)\n`);
        expect(code).to.equal(1);
    });

    it("names a missing folder, which the system calls a missing permission", async () => {
        const { code, stderr } = await start("listen", "/missing/socket").result();
        expect([code, stderr]).to.deep.equal([1, "sockhop: the folder /missing does not exist (EACCES)\n"]);
    });

    it("exits with code 0 when stdout is closed", async () => {
        const path = socketPath();
        const listening = start("listen", path);
        await listening.note(/^listening/);
        listening.child.stdout!.destroy();
        const c = client({ path });
        const disconnected = new Promise((resolve) => c.once("disconnect", resolve));
        await c.connect();
        await c.send("one");
        await disconnected;
        const { code, stderr } = await listening.result();
        expect(stderr).to.not.include("EPIPE");
        expect(code).to.equal(0);
    });
});
