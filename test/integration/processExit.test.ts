import { expect } from "chai";
import { execFile } from "node:child_process";
import { join } from "node:path";

/** Long timers never fire: a program that only they would end does not end. */
const NO_LONG_TIMERS = `{
    const timers = require("node:timers");
    const { setTimeout } = timers;
    globalThis.setTimeout = timers.setTimeout = (callback, time, ...args) =>
        setTimeout(callback, time < 1000 ? time : 2 ** 31 - 1, ...args);
}`;

/** Result of a program that uses the built package. A program that does not end is killed. */
function run(
    program: string,
    timers = NO_LONG_TIMERS,
): Promise<{ code: number | string | null; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
        const options = { cwd: join(__dirname, "../.."), timeout: 30_000 };
        execFile(process.execPath, ["-e", timers + program], options, (error, stdout, stderr) => {
            resolve({ code: error ? (error.code ?? "killed") : 0, stdout, stderr });
        });
    });
}

const PAIR = `
    const Sockhop = require("sockhop");
    const s = new Sockhop.server({ port: 0 });
    const c = new Sockhop.client();
    const ready = s.listen().then(() => { c.port = s.get_bound_port(); return c.connect(); });
`;

describe("program", () => {
    const quiet = { code: 0, stdout: "", stderr: "" };

    it("goes on after an exception that aborts an attempt to connect and is handled", async () => {
        const program = `
            const c = new (require("sockhop").client)();
            process.on("uncaughtException", ({ message }) => console.log(message));
            setImmediate(() => process.nextTick(() => { c.disconnect(); throw new Error("mine"); }));
            c.connect().catch(({ code }) => console.log(code));`;
        const { code, stdout, stderr } = await run(program);
        expect([code, stdout.trim().split("\n").sort(), stderr]).to.deep.equal([0, ["ERR_ABORTED", "mine"], ""]);
    });

    it("ends when client and server are closed", async () => {
        expect(
            await run(`${PAIR} ready.then(() => { c.ping(10); s.ping(10); s.close(); c.disconnect(); });`),
        ).to.deep.equal(quiet);
        expect(await run(`${PAIR} ready.then(() => { c.disconnect(); s.close(); });`)).to.deep.equal(quiet);
        expect(await run(`${PAIR} ready.then(() => { s.close(); });`)).to.deep.equal(quiet);
    });

    it("ends when its client or server does nothing", async () => {
        expect(
            await run(`const S = require("sockhop"); new S.client(); new S.server(); new S.client().ping(10);`),
        ).to.deep.equal(quiet);
        expect(await run(`${PAIR} ready.then(() => { c.ping(10); c.send("q", () => {}); s.close(); });`)).to.deep.equal(
            quiet,
        );
    });

    it("goes on after close() of a server whose engine takes no goodbye, and does not close", async () => {
        const program = `
            const never = () => new Promise(() => {});
            const hub = require("sockhop").memory_engine();
            const connect = async (topics, heard, lost) => {
                const link = await hub.connect(topics, heard, lost);
                const publish = (topic, text) => text.includes(" - ") ? never() : link.publish(topic, text);
                return { limit: link.limit, publish, close: never };
            };
            (async () => {
                const s = new (require("sockhop").server)({ port: 0, cluster: { connect } });
                await s.listen();
                await s.close();
                console.log("closed");
            })();`;
        expect(await run(program, "")).to.deep.equal({ ...quiet, stdout: "closed\n" });
    });

    it("is kept alive by auto_reconnect, until that is turned off", async () => {
        const program = `const S = require("sockhop");
            const c = new S.client({ path: "/nowhere/at/all", auto_reconnect_interval: 10 });
            c.auto_reconnect = true;
            c.on("reconnecting", (attempt) => { if (attempt === 20) c.auto_reconnect = false; });
            process.on("exit", () => console.log(c.auto_reconnect));`;
        expect(await run(program)).to.deep.equal({ ...quiet, stdout: "false\n" });
    });

    it("does not change node's net", async () => {
        const members = `const net = require("net"); const members = () => [net, net.Socket.prototype, net.Server.prototype]
            .map((object) => Reflect.ownKeys(object).length).join();`;
        expect(
            await run(
                `${members} const before = members(); require("sockhop"); if (members() !== before) throw members();`,
            ),
        ).to.deep.equal(quiet);
    });

    it("receives all messages that were sent before disconnect(), even if it is busy with the first ones", async () => {
        const server = `
            const s = new (require("sockhop").server)({ port: 0 });
            let values = 0;
            s.on("receive", (_, { session }) => {
                values += 1;
                // Otherwise the client would have timed out meanwhile, and this reply would have lost the unread messages.
                if (values === 1) for (const end = Date.now() + 800; Date.now() < end; );
                session.send("x".repeat(100));
            });
            s.on("disconnect", () => process.send(values, () => process.exit()));
            s.listen().then(() => process.send(s.get_bound_port()));
        `;
        const client = `
            const child = require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(server)}], {
                stdio: ["ignore", "inherit", "inherit", "ipc"],
            });
            child.once("message", async (port) => {
                child.on("message", (values) => console.log(values));
                const c = new (require("sockhop").client)({ port });
                await c.connect();
                for (let n = 0; n < 20; n++) await c.send("x".repeat(1e5));
                await c.disconnect();
            });
        `;
        expect(await run(client)).to.deep.equal({ code: 0, stdout: "20\n", stderr: "" });
    });

    it("is not crashed by a request handler that writes after the program has ended the socket", async () => {
        const program = `${PAIR}
            c.on("request", async (_, response) => { c.socket.end(); await response.write("too late"); });
            s.on("connect", (socket) => s.ask(socket, "q").catch(({ code }) => console.log(code)));
            c.on("disconnect", () => s.close());
        `;
        expect(await run(program)).to.deep.equal({ code: 0, stdout: "ERR_SOCKET_DESTROYED\n", stderr: "" });
    });

    it("can exit in the tick of send(), and send while it exits", async () => {
        for (const leave of [
            'c.send("said before leaving"); process.exit();',
            'process.on("exit", () => c.send("said before leaving")); process.exit();',
        ]) {
            const result = await run(`
                const Sockhop = require("sockhop");
                const s = new Sockhop.server({ port: 0 });
                s.on("receive", (value) => { console.log(value); s.close(); });
                s.listen().then(() => {
                    const program = 'const S = require("sockhop"); const c = new S.client({ port: Number(process.argv[1]) });'
                        + 'c.connect().then(() => { ${leave} });';
                    require("node:child_process").spawn(process.execPath, ["-e", program, String(s.get_bound_port())]);
                });`);
            expect(result).to.deep.equal({ ...quiet, stdout: "said before leaving\n" });
        }
    });

    it("that handles no promise is not crashed by a peer that closes during a transfer", async () => {
        expect(
            await run(`${PAIR} ready.then(() => {
                c.socket.pause();
                s.sendall("x".repeat(1e7)); s.send(s.sockets[0], "behind it"); c.send("x".repeat(1e7));
                c.socket.resetAndDestroy();
                c.send("nobody has noticed yet"); c.request("so is this");
                s.close();
            });`),
        ).to.deep.equal(quiet);
    });

    it("without an error listener is not crashed by invalid data, and prints one line on stderr", async () => {
        const { code, stderr } = await run(`${PAIR}
            s.on("receive", () => s.close());
            ready.then(() => { c.socket.write("GET /\\n\\n\\n"); c.send("after it"); });`);
        expect(code).to.equal(0);
        expect(stderr.match(/corrupted data in buffer/g)).to.have.length(1);
    });

    it("broadcasts in a handler of its exit event", async () => {
        const { code, stdout } = await run(`${PAIR}
            ready.then(() => new Promise((resolve) => s.sockets.length ? resolve() : s.once("connect", resolve))).then(() => {
                const [socket] = s.sockets;
                const { write } = socket;
                socket.write = function (...args) {
                    require("fs").writeSync(1, String(args[0]));
                    return write.apply(this, args);
                };
                process.on("exit", () => { s.send(socket, "sent"); s.sendall("to all"); s.sendall("again"); });
                process.exit();
            });`);
        expect(code).to.equal(0);
        const sent = stdout
            .trim()
            .split("\n")
            .map((line) => (JSON.parse(line) as { data: unknown }).data);
        expect(sent).to.deep.equal(["sent", "to all", "again"]);
    });

    it("is still ended by an exception of its own", async () => {
        const { code, stderr } = await run(`${PAIR}
            s.on("receive", () => { throw new Error("mine"); });
            ready.then(() => c.send("x"));`);
        expect(code).to.equal(1);
        expect(stderr).to.match(/Error: mine/);
    });
});
