import { expect } from "chai";
import { once } from "node:events";
import { readFileSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SockhopServer } from "../../src";
import { authority, identity } from "../support/certificates";
import { client, rawServer, received, server, socketPath } from "../support/pair";
import { type Running, files, json, plain, run, start } from "./command";

class Widget {
    readonly color = "red";
}

/** Starts a server, and a tap in front of it. */
async function tapped(s: SockhopServer, ...args: string[]): Promise<{ tap: Running; port: number }> {
    await s.listen();
    const tap = start("tap", 0, s.path ?? s.get_bound_port()!, ...args);
    return { tap, port: await tap.port() };
}

describe("sockhop tap", () => {
    it("forwards, prints and records the messages of both ends", async () => {
        const s = server();
        s.on("receive", (value, { callback }) => callback?.([value]));
        s.on("request", (_, response) => void response.write("part").then(() => response.end()));
        const file = join(dirname(socketPath()), "tap.jsonl");
        const { tap, port } = await tapped(s, "--record", file);
        const c = client({ port });
        await c.connect();
        await c.send(new Widget());
        await new Promise((resolve) => void c.send("q", resolve));
        await (await c.request({ since: 0 })).all();
        await c.disconnect();
        await tap.note(/^#1 closed$/);
        const { code, stdout } = await tap.interrupt();
        expect(code).to.equal(0);

        const frames = json(stdout);
        const ids = frames.map(({ id }) => id as string);
        const shown = frames.map(({ time, id: _id, ...frame }) => {
            expect(new Date(time as string).toISOString()).to.equal(time);
            return frame;
        });
        const bytes = JSON.stringify({ type: "Widget", data: new Widget() }).length;
        expect(shown[0]).to.deep.equal({
            ...{ connection: 1, from: "client", bytes, kind: "message", type: "Widget", data: { color: "red" } },
        });
        expect(shown.map(({ bytes: _bytes, connection: _connection, ...frame }) => frame)).to.deep.equal([
            { from: "client", kind: "message", type: "Widget", data: { color: "red" } },
            { from: "client", kind: "question", type: "String", data: "q" },
            { from: "server", kind: "answer", type: "Array", data: ["q"] },
            { from: "client", kind: "request", type: "Object", data: { since: 0 } },
            { from: "server", kind: "response", type: "String", data: "part" },
            { from: "server", kind: "response", type: "Object", data: {}, last: true, empty: true },
        ]);
        expect(ids[1]).to.equal(ids[2]);
        expect(new Set(ids.slice(3))).to.have.property("size", 1);
        expect(readFileSync(file, "utf8")).to.equal(stdout);
        expect(statSync(file).mode & 0o777).to.equal(0o600);
    });

    it("forwards bytes unchanged, and closes each direction on its own", async () => {
        const chunks: Buffer[] = [];
        const whole = Buffer.from("é→😀\0 no JSON\r\n{}\n\n and no end");
        const target = await rawServer((socket) => {
            socket.on("data", (chunk: Buffer) => chunks.push(chunk));
            // rawServer() closes its side only after this has been written.
            socket.once("end", () => socket.end("after your end"));
        });
        const tap = start("tap", 0, target.port, "--quiet");
        const socket = plain(await tap.port());
        for (const byte of whole) socket.write(Buffer.of(byte));
        socket.end();
        const reply: Buffer[] = [];
        socket.on("data", (chunk: Buffer) => reply.push(chunk));
        await once(socket, "close");
        expect(Buffer.concat(chunks)).to.deep.equal(whole);
        expect(String(Buffer.concat(reply))).to.equal("after your end");
        expect((await tap.interrupt()).stdout).to.equal("");
    });

    it("prints readable messages with --pretty", async () => {
        const s = server();
        const { tap, port } = await tapped(s, "--pretty");
        await run(["send", port, '{"color":"red"}', "--type", "Widget"]);
        await run(["ping", port, "-c", 1]);
        s.on("error", () => undefined);
        plain(port).end("no JSON\n");
        await tap.note(/^#3 closed$/);
        const clock = "\\d\\d:\\d\\d:\\d\\d\\.\\d{3}";
        expect((await tap.interrupt()).stdout).to.match(
            new RegExp(
                [
                    `^${clock} #1 → message  Widget 40 B { color: 'red' }`,
                    `${clock} #2 → ping     \\d+ B  [\\da-f]{8}`,
                    `${clock} #2 ← pong     \\d+ B  [\\da-f]{8}`,
                    `${clock} #3 → invalid  7 B 'no JSON'\n$`,
                ].join("\n"),
            ),
        );
    });

    it("prints an error if the target is not listening, and continues", async () => {
        const s = server();
        await s.listen();
        const target = s.get_bound_port()!;
        await s.close();
        const tap = start("tap", 0, target);
        const port = await tap.port();
        const { code } = await run(["send", port, "x", "--callback"]);
        expect(code).to.equal(1);
        await tap.note(new RegExp(`^sockhop: no server is listening on 127.0.0.1:${target} \\(ECONNREFUSED\\)$`));
        s.port = target;
        await s.listen();
        expect(await run(["ping", port, "-c", 1])).to.include({ code: 0 });
    });

    it("closes the connection to the client when the target resets its side", async () => {
        const s = server();
        const { tap, port } = await tapped(s);
        const c = client({ port });
        const disconnected = new Promise((resolve) => c.once("disconnect", resolve));
        await c.connect();
        await tap.note(/connected/);
        s.once("connect", (socket) => socket.resetAndDestroy());
        for (const socket of s.sockets) socket.resetAndDestroy();
        await disconnected;
        await tap.note(/^#1 closed$/);
        expect(await tap.interrupt()).to.include({ code: 0, stdout: "" });
    });

    it("listens on the socket file of a killed tap, and forwards lines of JSON", async () => {
        const listening = start("listen", "--name", "tapped", "--json");
        await listening.note(/^listening/);
        for (const signal of ["SIGKILL", "SIGINT"] as const) {
            const tap = start("tap", "name:spy", "name:tapped", "--json", "--bare");
            await tap.note(/^listening on name:spy, forwarding to name:tapped$/);
            await run(["send", "name:spy", "--json", '["a value"]']);
            await tap.lines(0);
            await tap.note(/^#1 closed$/);
            expect((await tap.interrupt(signal)).stdout).to.equal('["a value"]\n');
        }
        expect(await listening.lines(2)).to.have.length(2);
    });

    it("reads TLS connections of clients and of the target", async () => {
        const trusted = await authority();
        const own = await identity("server", undefined, trusted);
        const path = files({ ca: trusted.cert, cert: own.cert, key: own.key });
        const s = server({ ssl_options: { ...own } });
        const values = received(s, 2);
        await s.listen();
        const inner = start("tap", 0, s.get_bound_port()!, "--ca", path.ca, "--bare");
        const open = await inner.port();
        const outer = start("tap", 0, open, "--cert", path.cert, "--key", path.key, "--bare");
        const secured = await outer.port();
        await run(["send", secured, "secret", "--ca", path.ca]);
        await run(["send", open, "open"]);
        expect(await values).to.deep.equal(["secret", "open"]);
        expect(await inner.lines(2)).to.deep.equal(["secret", "open"]);
        expect(await outer.lines(1)).to.deep.equal(["secret"]);

        plain(secured).write("This is no TLS\n");
        await outer.note(/^sockhop: .*\(ERR_SSL_\w+\)$/);
        expect(await run(["send", secured, "refused", "--tls"])).to.include({ code: 1 });
        expect((await outer.interrupt()).stdout).to.equal('"secret"\n');
    });

    it("continues after any message, and forwards it", async () => {
        const s = server({ allow_non_objects: true });
        s.on("error", () => undefined);
        const values = received(s, 2);
        const file = join(dirname(socketPath()), "tap.jsonl");
        const { tap, port } = await tapped(s, "--pretty", "--record", file);
        const deep = "[".repeat(20_000) + "]".repeat(20_000);
        const socket = plain(port);
        socket.write(`{"type":"Array","data":${deep}}\n`);
        socket.write('{"type":"String","data":"x","id":"\\u001b[2J\\u001b[Hx"}\n');
        socket.end('{"type":"\\u009b2J');
        expect((await values)[1]).to.equal("x");
        await tap.note(/^#1 closed$/);
        const { code, stdout, stderr } = await tap.interrupt();
        expect(code).to.equal(0);
        for (const line of [...stdout.split("\n"), ...stderr.split("\n")]) expect(line).to.match(/^[^\p{Cc}]{0,250}$/u);
        const frames = json(readFileSync(file, "utf8")).filter(({ from }) => from === "client");
        expect(frames.map(({ kind }) => kind)).to.deep.equal(["deep", "question", "incomplete"]);
        expect(frames[0]).to.have.property("text", `{"type":"Array","data":${deep}}`);
    });

    it("exits with code 2 if it is its own target", async () => {
        const path = socketPath();
        const link = `${path}.link`;
        symlinkSync(path, link);
        expect(await run(["tap", path, link])).to.include({ code: 2 });
        const s = server();
        await s.listen();
        const port = s.get_bound_port()!;
        await s.close();
        const tap = start("tap", port, port);
        plain(await tap.port());
        const { code, stderr } = await tap.result();
        expect(stderr).to.match(/^sockhop: .* leads back to this tap: it cannot be its own target$/m);
        expect(code).to.equal(2);
    });

    it("exits with code 1 if it cannot record or listen", async () => {
        const port = String((await rawServer()).port);
        const lost = await start("tap", 0, port, "--record", "/no/such/folder/file").result();
        expect(lost.stderr).to.match(/^sockhop: ENOENT.*file' \(ENOENT\)$/m);
        expect(lost.code).to.equal(1);
        const inUse = await run(["tap", port, port]);
        expect(inUse).to.include({
            code: 1,
            stderr: `sockhop: address already in use: 127.0.0.1:${port} (EADDRINUSE)\n`,
        });
    });
});
