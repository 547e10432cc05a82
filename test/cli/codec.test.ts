import { expect } from "chai";
import { client, received, server } from "../support/pair";
import { json, run, start } from "./command";

class Widget {
    readonly color = "red";
}

describe("sockhop --codec binary", () => {
    it("sends values to a server with the codec, and prints those that JSON does not have", async () => {
        const s = server({ codec: "binary", classes: [Widget] });
        await s.listen();
        const port = s.get_bound_port()!;
        const values: unknown[] = [];
        s.on("receive", (value, { callback, session }) => {
            values.push([value, session.codec]);
            callback?.(new Map([[value, new Date(0)]]));
        });
        s.on("request", (_, response) => void response.send([1n, undefined, Buffer.from("hi")]));
        const more = ["--codec", "binary", "--codec-required"];
        const sent = await run(["send", port, '{"color":"blue"}', "--type", "Widget", ...more]);
        expect(sent).to.include({ code: 0, stdout: "", stderr: "" });
        const called = await run(["send", port, "5", "--callback", "--pretty", ...more]);
        expect(called).to.include({ code: 0, stdout: "← Map Map(1) { 5 => 1970-01-01T00:00:00.000Z }\n", stderr: "" });
        const requested = await run(["request", port, "5", "--bare", ...more]);
        expect(requested).to.include({ code: 0, stderr: "" });
        expect(json(requested.stdout)).to.deep.equal([[{ $bigint: "1" }, { $undefined: true }, { $bytes: "aGk=" }]]);
        expect(values).to.deep.equal([
            [Object.assign(new Widget(), { color: "blue" }), "binary"],
            [5, "binary"],
        ]);
    });

    it("listens, prints values that JSON does not have, and echoes them", async () => {
        const listen = start("listen", 0, "--echo", "--codec", "binary");
        const c = client({ port: await listen.port(), codec: "binary", classes: [Widget] });
        await c.connect();
        const error = Object.assign(new RangeError("no"), { code: "E" });
        for (const value of [new Date(5), new Set([1n]), error, { w: new Widget() }, new Widget()]) {
            const reply = await new Promise((resolve) => void c.send(value, resolve as never));
            expect(reply).to.deep.equal(value);
            expect(Object.getPrototypeOf(reply)).to.equal(Object.getPrototypeOf(value));
        }
        await listen.note(/^codec binary with #1$/);
        const lines = await listen.lines(4);
        expect(lines.map(({ type, data }) => [type, data])).to.deep.equal([
            ["Date", { $date: "1970-01-01T00:00:00.005Z" }],
            ["Set", { $set: [{ $bigint: "1" }] }],
            ["RangeError", { $error: { name: "RangeError", message: "no", code: "E" } }],
            ["Object", { w: { color: "red" } }],
        ]);
    });

    it("connects, and states the codec", async () => {
        const s = server({ codec: "binary" });
        s.on("connect", (_, session) => void session.send({ at: new Date(0) }));
        await s.listen();
        const connect = start("connect", s.get_bound_port()!, "--codec", "binary", "--pretty", "--wait", "forever");
        await connect.note(/^codec binary with 127\.0\.0\.1:\d+$/);
        const message = received(s, 1);
        connect.type('{"a":1}', "/ping");
        expect(await message).to.deep.equal([{ a: 1 }]);
        await connect.note(/^pong after [\d.]+ ms$/);
        expect((await connect.interrupt()).stdout).to.equal("← Object { at: 1970-01-01T00:00:00.000Z }\n");
    });

    it("uses lines of JSON with another peer, and says so", async () => {
        const s = server();
        await s.listen();
        const port = s.get_bound_port()!;
        const message = received(s, 1);
        const connect = start("connect", port, "--codec", "binary", "--pretty").type("word");
        await connect.note(/^127\.0\.0\.1:\d+ does not have the codec: messages are lines of JSON$/);
        expect(await message).to.deep.equal(["word"]);
        const refused = await run(["send", port, "word", "--codec", "binary", "--codec-required"]);
        expect(refused).to.include({ code: 1, stdout: "" });
        expect(refused.stderr).to.match(/^sockhop: .* does not use the codec "binary".* \(ERR_CODEC\)\n$/);
        expect((await run(["bench", port, "-s", "1", "--codec", "binary"])).stderr).to.match(
            /^sockhop: 127\.0\.0\.1:\d+ does not have the codec binary\n$/,
        );
    });

    it("pings among frames", async () => {
        const s = server({ codec: "binary" });
        s.on("connect", (_, session) => {
            const timer = setInterval(
                () => void session.send({ at: new Date(0) }).catch(() => clearInterval(timer)),
                2,
            );
        });
        s.on("error", () => undefined);
        await s.listen();
        const { code, stdout } = await run(["ping", s.get_bound_port()!, "-c", "3", "-i", "50ms", "--codec", "binary"]);
        expect(code).to.equal(0);
        expect(stdout).to.include("3 sent, 3 received, 0% lost");
    });

    it("measures the throughput, and states the codec", async () => {
        const listen = start("listen", 0, "--echo", "--quiet", "--codec", "binary");
        const args = ["bench", await listen.port(), "-s", "100ms", "-p", "10"];
        const text = await run([...args, "--codec", "binary"]);
        expect(text.stdout).to.match(/ callbacks of 100 bytes in \S+ s, 10 in flight, codec binary\n/);
        const lines = await run([...args, "--json-output"]);
        expect(json(lines.stdout)[0]).to.include({ codec: "json", parallel: 10 });
        const frames = await run([...args, "--json-output", "--codec", "binary"]);
        expect(json(frames.stdout)[0]).to.include({ codec: "binary", parallel: 10 });
    });

    it("is refused for a --json peer, and --codec-required without it", async () => {
        const json = await run(["send", 9, "x", "--json", "--codec", "binary"]);
        expect(json).to.include({ code: 2, stderr: "sockhop: a --json peer has no --codec: give one of the two\n" });
        const required = await run(["listen", 0, "--codec-required"]);
        expect(required).to.include({ code: 2, stderr: "sockhop: --codec-required needs --codec binary\n" });
        expect((await run(["send", 9, "x", "--codec", "xml"])).code).to.equal(2);
    });

    it("taps frames of both ends", async () => {
        const s = server({ codec: "binary" });
        s.on("receive", (value, { callback }) => callback?.([value]));
        await s.listen();
        const tap = start("tap", 0, s.get_bound_port()!);
        const c = client({ port: await tap.port(), codec: "binary", codec_required: true });
        await c.connect();
        await c.send({ at: new Date(0), self: null });
        await new Promise((resolve) => void c.send(new Widget(), resolve as never));
        await c.disconnect();
        await tap.note(/^#1 closed$/);
        const shown = json((await tap.interrupt()).stdout).filter(({ kind }) => kind !== "ping" && kind !== "pong");
        expect(shown.map(({ from, kind, type }) => [from, kind, type])).to.deep.equal([
            ["client", "hello", undefined],
            ["server", "hello", undefined],
            ["client", "message", "Object"],
            ["client", "question", "Widget"],
            ["server", "answer", "Array"],
        ]);
        expect(shown[2]).to.deep.include({
            ...{ codec: "binary", data: { at: { $date: "1970-01-01T00:00:00.000Z" }, self: null } },
        });
        expect(shown[3]!["id"]).to.be.a("string").that.equals(shown[4]!["id"]);
    });
});
