import { expect } from "chai";
import { pair, rawServer, received, server, socketPath } from "../support/pair";
import { json, run, start } from "./command";

describe("sockhop connect", () => {
    it("sends piped lines as values, and exits", async () => {
        const s = server();
        await s.listen();
        const values = received(s, 4);
        expect(await run(["connect", s.get_bound_port()!], '{"a":1}', "5", "", "bare words", "null")).to.deep.equal({
            code: 0,
            stdout: "",
            stderr: "",
        });
        expect(await values).to.deep.equal([{ a: 1 }, 5, "bare words", null]);
    });

    it("sends requests by ? and calls by !, and waits for their replies", async () => {
        const s = server();
        s.on("receive", (value, { callback }) => callback?.({ got: value as unknown }));
        s.on("request", async ({ data }: { data: unknown }, response) => {
            await response.write(data);
            await response.send("done");
        });
        await s.listen();
        const from = `127.0.0.1:${s.get_bound_port()}`;
        const { code, stdout } = await run(["connect", from], '! {"a":1}', '? "count"');
        expect(code).to.equal(0);
        expect(json(stdout)).to.have.deep.members([
            { type: "Object", data: { got: { a: 1 } }, from, answer: 1 },
            { type: "String", data: "count", from, answer: 2 },
            { type: "String", data: "done", from, answer: 2 },
        ]);
    });

    it("sends a value of the class before it, of /type, or of --type", async () => {
        const s = server();
        const types: unknown[] = [];
        s.on("receive", (value, { type, callback }) => {
            types.push([type, value]);
            callback?.(type);
        });
        s.on("request", ({ type }, response) => void response.send(type));
        await s.listen();
        const lines = [
            'Widget {"a":1}',
            "5",
            '! Say "hi"',
            '? job.added ["x"]',
            "/type Tick",
            "6",
            "/type",
            "7",
            "a [b",
        ];
        const connecting = start("connect", s.get_bound_port()!, "--type", "Count", "--bare").type(...lines);
        const { code, stderr, stdout } = await connecting.end();
        expect(types).to.deep.equal([
            ["Widget", { a: 1 }],
            ["Count", 5],
            ["Say", "hi"],
            ["Tick", 6],
            ["Number", 7],
        ]);
        expect(json(stdout)).to.have.members(["Say", "job.added"]);
        expect(stderr.split("\n")).to.include.members(["values have the class name Tick", "values have no class name"]);
        expect(stderr).to.match(/^sockhop: invalid JSON .*: \[b \(to send a text, write it in quotes\)$/m);
        expect(code).to.equal(1);
    });

    it("prints the first of several bad frames in a row", async () => {
        const frames = ["bad", "worse", '{"type":"Number","data":5}', "worst", ""].join("\n");
        const { port } = await rawServer((socket) => void socket.end(frames));
        const { code, stdout, stderr } = await start("connect", port, "--pretty").result();
        expect(stderr.match(/ERR_OBJECTBUFFER_BAD_BUFFER_DATA/g)).to.have.length(2);
        expect(stderr).to.match(/^connection closed after 3 bad frames\n/m);
        expect({ code, stdout }).to.deep.equal({ code: 0, stdout: "← Number 5\n" });
    });

    it("prints times with --time", async () => {
        const s = server();
        s.on("connect", (_, session) => void session.send("hello"));
        await s.listen();
        const readable = start("connect", s.get_bound_port()!, "--time", "--pretty", "--wait", "forever");
        await readable.note(/^\d\d:\d\d:\d\d\.\d{3} connected to /);
        const lines = start("connect", s.get_bound_port()!, "--time", "--wait", "forever");
        const [line] = await lines.lines(1);
        expect(line).to.include({ data: "hello" });
        expect(line!["time"]).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        await s.close();
        expect((await readable.result()).stdout).to.match(/^\d\d:\d\d:\d\d\.\d{3} ← String 'hello'\n$/);
    });

    it("has at most 1000 pending replies", async () => {
        const s = server();
        const replies: (() => void)[] = [];
        let thousandReceived = (): void => undefined;
        const thousand = new Promise<void>((resolve) => (thousandReceived = resolve));
        s.on("receive", (value, { callback }) => {
            replies.push(() => callback?.(value));
            if (replies.length === 1000) thousandReceived();
        });
        await s.listen();
        const lines = Array.from({ length: 1500 }, (_, number) => `! ${number}`);
        const connecting = start("connect", s.get_bound_port()!).type(...lines);
        const ended = connecting.end();
        await thousand;
        expect(await start("ping", s.get_bound_port()!, "-c", 1).result()).to.include({ code: 0 }); // time for further calls
        expect(replies).to.have.length(1000);
        s.on("receive", (value, { callback }) => callback?.(value));
        for (const reply of replies) reply();
        const { code, stdout } = await ended;
        expect(code).to.equal(0);
        expect(json(stdout)).to.have.length(1500);
    });

    it("continues after an invalid line, and exits with code 1", async () => {
        const s = server();
        await s.listen();
        const values = received(s, 2);
        const { code, stderr } = await run(["connect", s.get_bound_port()!], "1", "{a", "? no response", "2");
        expect(await values).to.deep.equal([1, 2]);
        expect(stderr.split("\n")[0]).to.match(/^sockhop: invalid JSON/);
        expect(stderr.split("\n")[1]).to.match(/^sockhop: request 1: .*\(ERR_REQUEST_UNHANDLED\)$/);
        expect(code).to.equal(1);
    });

    it("prints messages until the time of --wait has passed, and replies with --echo", async () => {
        const path = socketPath();
        const s = server({ path });
        await s.listen();
        const connected = new Promise<void>((resolve) => {
            s.on("connect", (socket, session) => {
                void s.sendall({ hello: "all" });
                void session
                    .ask("ping?")
                    .then((reply: unknown) => session.send(["reply:", reply]))
                    .then(() => s.kill_socket(socket))
                    .then(() => resolve());
            });
        });
        const { code, stdout } = await run(["connect", path, "--wait", "forever", "--echo"]); // stdin ends at once
        await connected;
        expect(code).to.equal(0);
        expect(json(stdout)).to.deep.equal([
            { type: "Object", data: { hello: "all" }, from: path },
            { type: "String", data: "ping?", from: path, question: "request" },
            { type: "Array", data: ["reply:", "ping?"], from: path },
        ]);
    });

    it("exits after the time of --wait", async () => {
        const s = server();
        await s.listen();
        const start = performance.now();
        expect(await run(["connect", s.get_bound_port()!, "--wait", "100ms"])).to.include({ code: 0 });
        expect(performance.now() - start).to.be.at.least(99);
    });

    it("exits when the server closes the connection, with code 1 if replies are pending", async () => {
        const s = server();
        s.on("receive", () => void s.disconnect());
        await s.listen();
        const connecting = start("connect", s.get_bound_port()!).type("! no reply");
        const { code, stderr } = await connecting.result(); // stdin is still open
        expect(stderr).to.match(/^sockhop: callback 1: .*\(ERR_SOCKET_DESTROYED\)\n$/);
        expect(code).to.equal(1);

        s.once("connect", () => setImmediate(() => void s.disconnect()));
        expect(await start("connect", s.get_bound_port()!).result()).to.deep.equal({ code: 0, stdout: "", stderr: "" });
    });

    it("prints one error for the lines that the server did not wait for, and exits with code 1", async () => {
        const s = server();
        s.on("receive", (_, { session }) => void session.kill());
        await s.listen();
        const port = s.get_bound_port()!;
        for (const line of ["1", "? 1", "! 1"]) {
            const connecting = start("connect", port).type("first");
            connecting.type(...Array.from({ length: 20_000 }, () => line));
            const { code, stderr } = await connecting.result(); // stdin is still open
            const errors = stderr.split("\n").filter((text) => !/^sockhop: (request|callback) \d+: /.test(text));
            expect(errors).to.deep.equal(["sockhop: the client is not connected (ERR_SOCKET_DESTROYED)", ""]);
            expect(code).to.equal(1);
        }
    });

    it("prints replies also before a piped /quit", async () => {
        const s = server();
        s.on("request", (request, response) => void response.send(request.data));
        await s.listen();
        const lines = ['? {"a":1}', "/quit", "2"];
        expect(await run(["connect", s.get_bound_port()!, "--bare", "--wait", "forever"], ...lines)).to.deep.equal({
            code: 0,
            stdout: '{"a":1}\n',
            stderr: "",
        });
    });

    it("reconnects with --reconnect, and sends then the lines typed meanwhile", async () => {
        const path = socketPath();
        const connecting = start("connect", path, "--reconnect").type("early");
        await connecting.note(/^no socket at .* \(ENOENT\); attempt 2 in /);
        const s = server({ path });
        const values = received(s, 2);
        await s.listen();
        await connecting.note(/^connected to /);
        connecting.type("late");
        expect(await values).to.deep.equal(["early", "late"]);
        expect(await connecting.type("/quit").result()).to.include({ code: 0 });
    });

    it("prints an error for an invalid frame, and continues", async () => {
        const { port } = await rawServer((socket) => void socket.end('no JSON\n{"type":"Number","data":5}\n'));
        const { code, stdout, stderr } = await start("connect", port, "--bare").result();
        expect(stderr).to.match(/^sockhop: .*\(ERR_OBJECTBUFFER_BAD_BUFFER_DATA\).*try --json\n$/);
        expect({ code, stdout }).to.deep.equal({ code: 0, stdout: "5\n" });
    });

    it("runs /ping, /stats, /help and /quit", async () => {
        const s = server();
        await s.listen();
        const connecting = start("connect", s.get_bound_port()!);
        await connecting.type("/ping").note(/^pong after [\d.]+ ms$/);
        await connecting.type("/stats").note(/messages_received: 1,/);
        expect(connecting.stderr).to.not.include("undefined");
        await connecting.type("/help").note(/^ {2}\? VALUE {2}/);
        expect(await connecting.type("/quit").result()).to.include({ code: 0 });
    });

    it("exits with code 130 at Ctrl-C", async () => {
        const { s } = await pair();
        const connecting = start("connect", s.get_bound_port()!).type("/ping");
        await connecting.note(/^pong/);
        expect(await connecting.interrupt()).to.include({ code: 130, stdout: "" });
    });

    it("exchanges lines of JSON with --json", async () => {
        const s = server({ peer_type: "json" });
        s.on("receive", (value: object, { session }) => void session.send([value]));
        await s.listen();
        const { code, stdout } = await run(
            ["connect", s.get_bound_port()!, "--json", "--wait", "200ms", "--bare"],
            '{"a":1}',
        );
        expect(stdout).to.equal('[{"a":1}]\n');
        expect(code).to.equal(0);
    });

    it("prints an error if no server is listening", async () => {
        const s = server();
        await s.listen();
        const port = s.get_bound_port()!;
        await s.close();
        const { code, stderr } = await run(["connect", port]);
        expect(stderr).to.equal(`sockhop: no server is listening on 127.0.0.1:${port} (ECONNREFUSED)\n`);
        expect(code).to.equal(1);
    });

    it("connects to a name", async () => {
        const listening = start("listen", "--name", "daemon", "--echo", "--quiet");
        await listening.note(/^listening on name:daemon$/);
        const { stdout } = await run(["connect", "name:daemon"], "! hello");
        expect(json(stdout)).to.deep.equal([{ type: "String", data: "hello", from: "name:daemon", answer: 1 }]);
    });
});
