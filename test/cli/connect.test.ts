import { expect } from "chai";
import { pair, rawServer, received, server, socketPath } from "../support/pair";
import { json, run, start } from "./command";

describe("sockhop connect", () => {
    it("sends what is piped in, a value per line, and ends", async () => {
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

    it("asks by ? and by !, and waits for the answers", async () => {
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

    it("has no more than a thousand questions without an answer", async () => {
        const s = server();
        const replies: (() => void)[] = [];
        let asked = (): void => undefined;
        const thousand = new Promise<void>((resolve) => (asked = resolve));
        s.on("receive", (value, { callback }) => {
            replies.push(() => callback?.(value));
            if (replies.length === 1000) asked();
        });
        await s.listen();
        const lines = Array.from({ length: 1500 }, (_, number) => `! ${number}`);
        const asking = start("connect", s.get_bound_port()!).say(...lines);
        const ended = asking.end();
        await thousand;
        expect(await start("ping", s.get_bound_port()!, "-c", 1).result()).to.include({ code: 0 }); // meanwhile no more came
        expect(replies).to.have.length(1000);
        s.on("receive", (value, { callback }) => callback?.(value));
        for (const reply of replies) reply();
        const { code, stdout } = await ended;
        expect(code).to.equal(0);
        expect(json(stdout)).to.have.length(1500);
    });

    it("goes on after a line that is wrong, and fails in the end", async () => {
        const s = server();
        await s.listen();
        const values = received(s, 2);
        const { code, stderr } = await run(["connect", s.get_bound_port()!], "1", "{a", "? nobody answers", "2");
        expect(await values).to.deep.equal([1, 2]);
        expect(stderr.split("\n")[0]).to.match(/^sockhop: invalid JSON/);
        expect(stderr.split("\n")[1]).to.match(/^sockhop: request 1: .*\(ERR_REQUEST_UNHANDLED\)$/);
        expect(code).to.equal(1);
    });

    it("prints what comes in for as long as it shall wait, and answers with --echo", async () => {
        const path = socketPath();
        const s = server({ path });
        await s.listen();
        const connected = new Promise<void>((resolve) => {
            s.on("connect", (socket, session) => {
                void s.sendall({ hello: "all" });
                void session
                    .ask("ping?")
                    .then((answer: unknown) => session.send(["answer:", answer]))
                    .then(() => s.kill_socket(socket))
                    .then(() => resolve());
            });
        });
        const { code, stdout } = await run(["connect", path, "--wait", "forever", "--echo"]); // its input ends at once
        await connected;
        expect(code).to.equal(0);
        expect(json(stdout)).to.deep.equal([
            { type: "Object", data: { hello: "all" }, from: path },
            { type: "String", data: "ping?", from: path, question: "request" },
            { type: "Array", data: ["answer:", "ping?"], from: path },
        ]);
    });

    it("stays no longer than told", async () => {
        const s = server();
        await s.listen();
        const start = performance.now();
        expect(await run(["connect", s.get_bound_port()!, "--wait", "100ms"])).to.include({ code: 0 });
        expect(performance.now() - start).to.be.within(100, 5000);
    });

    it("ends when the server does, with questions open as a failure", async () => {
        const s = server();
        s.on("receive", () => void s.disconnect());
        await s.listen();
        const asking = start("connect", s.get_bound_port()!).say("! will you answer?");
        const { code, stderr } = await asking.result(); // its input is open still
        expect(stderr).to.match(/^sockhop: callback 1: .*\(ERR_SOCKET_DESTROYED\)\n$/);
        expect(code).to.equal(1);

        s.once("connect", () => setImmediate(() => void s.disconnect()));
        expect(await start("connect", s.get_bound_port()!).result()).to.deep.equal({ code: 0, stdout: "", stderr: "" });
    });

    it("comes back with --reconnect, and sends then what was typed meanwhile", async () => {
        const path = socketPath();
        const talking = start("connect", path, "--reconnect").say("early");
        await talking.note(/^no socket at .* \(ENOENT\); attempt 2 in /);
        const s = server({ path });
        const values = received(s, 2);
        await s.listen();
        await talking.note(/^connected to /);
        talking.say("late");
        expect(await values).to.deep.equal(["early", "late"]);
        expect(await talking.say("/quit").result()).to.include({ code: 0 });
    });

    it("tells of what is no message, and goes on", async () => {
        const { port } = await rawServer((socket) => void socket.end('no JSON\n{"type":"Number","data":5}\n'));
        const { code, stdout, stderr } = await start("connect", port, "--bare").result();
        expect(stderr).to.match(/^sockhop: .*\(ERR_OBJECTBUFFER_BAD_BUFFER_DATA\)\n$/);
        expect({ code, stdout }).to.deep.equal({ code: 0, stdout: "5\n" });
    });

    it("knows words", async () => {
        const s = server();
        await s.listen();
        const talking = start("connect", s.get_bound_port()!);
        await talking.say("/ping").note(/^pong after [\d.]+ ms$/);
        await talking.say("/stats").note(/messages_received: 1,/);
        await talking.say("/help").note(/^ {2}\? VALUE {2}/);
        expect(await talking.say("/quit").result()).to.include({ code: 0 });
    });

    it("is interrupted by Ctrl-C", async () => {
        const { s } = await pair();
        const talking = start("connect", s.get_bound_port()!).say("/ping");
        await talking.note(/^pong/);
        expect(await talking.interrupt()).to.include({ code: 130, stdout: "" });
    });

    it("speaks to programs that read lines of JSON", async () => {
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

    it("tells that nobody is there", async () => {
        const s = server();
        await s.listen();
        const port = s.get_bound_port()!;
        await s.close();
        const { code, stderr } = await run(["connect", port]);
        expect(stderr).to.equal(`sockhop: no server is listening on 127.0.0.1:${port} (ECONNREFUSED)\n`);
        expect(code).to.equal(1);
    });

    it("finds others of this user by name", async () => {
        const listening = start("listen", "--name", "daemon", "--echo", "--quiet");
        await listening.note(/^listening on name:daemon$/);
        const { stdout } = await run(["connect", "name:daemon"], "! hello");
        expect(json(stdout)).to.deep.equal([{ type: "String", data: "hello", from: "name:daemon", answer: 1 }]);
    });
});
