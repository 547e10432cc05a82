import { expect } from "chai";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fs, {
    chmodSync,
    existsSync,
    linkSync,
    lstatSync,
    mkdirSync,
    readFileSync,
    readdirSync,
    renameSync,
    rmSync,
    rmdirSync,
    statSync,
    symlinkSync,
    unlinkSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import net from "node:net";
import { basename, dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import type { ServerOptions, SockhopClient, SockhopServer } from "../../src";
import { authority, identity } from "../support/certificates";
import { client, later, rejection, server, socketPath } from "../support/pair";

/** A program that listens when it is told to, with what is built, and says how that went. Killed after the test. */
async function program(): Promise<{ child: ChildProcess; ask: (question: object) => Promise<unknown> }> {
    const text = `
        const { server } = require("sockhop");
        let s;
        process.on("message", async ({ listen, close }) => {
            try {
                if (listen) {
                    s = new server(listen);
                    s.on("request", (_, response) => response.send(process.pid));
                    await s.listen();
                }
                if (close) await s.close();
                process.send("done");
            } catch (error) { process.send(error.code); }
        });
        process.send("ready");`;
    const child = spawn(process.execPath, ["-e", text], {
        cwd: join(__dirname, "../.."),
        stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    later(() => child.kill("SIGKILL"));
    const heard = async (): Promise<unknown> => ((await once(child, "message")) as [unknown])[0];
    expect(await heard()).to.equal("ready");
    return {
        child,
        ask(question) {
            const answer = heard();
            child.send(question);
            return answer;
        },
    };
}

/** Leaves a socket at a path at which nobody listens, as a killed server does. */
async function abandon(path: string): Promise<void> {
    const listener = net.createServer().listen(path);
    await once(listener, "listening");
    linkSync(path, `${path}.kept`);
    listener.close();
    await once(listener, "close");
    renameSync(`${path}.kept`, path);
}

/** A server that answers any request with a word. */
function oracle(path: string, word: unknown, options: ServerOptions = {}): SockhopServer {
    const s = server({ path, ...options });
    s.on("request", (_, response) => void response.send(word));
    return s;
}

/** What the server at a path answers. */
async function asked(path: string): Promise<unknown> {
    const c = client({ path });
    await c.connect();
    const answer = (await c.ask("who is there?")) as unknown;
    await c.disconnect();
    return answer;
}

/** Has the system refuse to make links until the test has ended. */
function forbidLinks(): void {
    const original = fs.linkSync;
    Object.assign(fs, {
        linkSync: () => {
            throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" });
        },
    });
    later(() => Object.assign(fs, { linkSync: original }));
}

/** What listen() of some workers of one cluster has come to. The workers end then. */
async function cluster(path: string, workers: number, options = ""): Promise<unknown> {
    const text = `
        const cluster = require("node:cluster");
        const { server } = require(${JSON.stringify(join(__dirname, "../..", "dist"))});
        if (cluster.isWorker) {
            new server({ path: process.env.AT, ${options} }).listen().then(
                () => process.send("listens"),
                ({ code }) => process.send(code),
            );
        } else {
            const workers = Array.from({ length: ${workers} }, () => cluster.fork());
            const heard = workers.map((worker) => new Promise((resolve) => worker.once("message", resolve)));
            Promise.all(heard).then((said) => process.send(said, () => cluster.disconnect(() => process.exit())));
        }`;
    const file = `${path}-cluster.js`;
    writeFileSync(file, text);
    const child = spawn(process.execPath, [file], {
        env: { ...process.env, AT: path },
        stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    later(() => child.kill("SIGKILL"));
    const exited = once(child, "exit");
    const [said] = (await once(child, "message")) as [unknown];
    await exited;
    rmSync(file);
    return said;
}

const neighbours = (path: string): string[] => readdirSync(dirname(path));
/** The umask of this process. (Node has no other way to ask.) */
function currentUmask(): number {
    const umask = process.umask(0o022);
    process.umask(umask);
    return umask;
}

const permissions = (path: string): string => (lstatSync(path).mode & 0o777).toString(8);

/** The errors that a server has emitted. */
function errorsOf(s: SockhopServer): (Error & { code?: string })[] {
    const errors: Error[] = [];
    s.on("error", (error) => errors.push(error));
    return errors;
}

describe("a server on a path", () => {
    describe("where a server has been killed", () => {
        it("takes its place", async () => {
            const path = socketPath();
            const { child, ask } = await program();
            expect(await ask({ listen: { path } })).to.equal("done");
            expect(await asked(path)).to.equal(child.pid);
            child.kill("SIGKILL");
            await once(child, "exit");
            expect(lstatSync(path).isSocket()).to.equal(true);
            expect(await rejection(client({ path }).connect())).to.have.property("code", "ECONNREFUSED");
            const s = oracle(path, "the new one");
            const errors = errorsOf(s);
            expect((await s.listen()).listening).to.equal(true);
            expect(await asked(path)).to.equal("the new one");
            expect(errors).to.deep.equal([]);
            expect(neighbours(path)).to.deep.equal([basename(path)]);
            await s.close();
            expect(neighbours(path)).to.deep.equal([]);
        });

        it("takes its place with permissions of its own, and over TLS", async () => {
            const ca = await authority();
            const { key, cert } = await identity("A server", ["localhost"], ca);
            const path = socketPath();
            await abandon(path);
            chmodSync(path, 0o777);
            const s = oracle(path, "privately", { mode: 0o600, ssl_options: { key, cert } });
            await s.listen();
            expect(permissions(path)).to.equal("600");
            const c = client({ path, ssl_options: { ca: ca.cert, servername: "localhost" } });
            await c.connect();
            expect(c.socket).to.have.property("authorized", true);
            expect(await c.ask("how?")).to.equal("privately");
            await s.close();
            expect(neighbours(path)).to.deep.equal([]);
        });

        it("is quicker than others in the same process: one listens, nobody is left behind", async () => {
            const path = socketPath();
            for (let round = 0; round < 10; round++) {
                await abandon(path);
                const servers = Array.from({ length: 2 + (round % 7) }, (_, n) => oracle(path, n));
                const won: number[] = [];
                const errors = servers.map(errorsOf);
                await Promise.all(
                    servers.map(async (s, n) => {
                        try {
                            await s.listen();
                            won.push(n);
                        } catch (error) {
                            expect(error).to.have.property("code", "EADDRINUSE");
                        }
                    }),
                );
                expect(won).to.have.length(1);
                expect(await asked(path)).to.equal(won[0]);
                expect(errors.map((each, n) => [n, ...each.map(({ code }) => code)])).to.deep.equal(
                    servers.map((_, n) => (n === won[0] ? [n] : [n, "EADDRINUSE"])),
                );
                expect(neighbours(path)).to.deep.equal([basename(path)]);
                await Promise.all(servers.map((s) => s.close()));
                expect(neighbours(path)).to.deep.equal([]);
            }
        });

        it("is quicker than others in other processes: one listens, nobody is left behind", async () => {
            const path = socketPath();
            const programs = await Promise.all(Array.from({ length: 6 }, program));
            for (let round = 0; round < 10; round++) {
                await abandon(path);
                const some = programs.slice(0, 2 + (round % 5));
                const outcomes = await Promise.all(some.map(({ ask }) => ask({ listen: { path } })));
                const losers = Array<string>(some.length - 1).fill("EADDRINUSE");
                expect([...outcomes].sort(), `round ${round}`).to.deep.equal([...losers, "done"]);
                expect(await asked(path)).to.equal(some[outcomes.indexOf("done")]!.child.pid);
                expect(neighbours(path)).to.deep.equal([basename(path)]);
                await Promise.all(some.map(({ ask }) => ask({ close: true })));
                expect(neighbours(path), `round ${round}`).to.deep.equal([]);
            }
        }).timeout(30_000);
    });

    describe("where a server of the same path was killed", () => {
        /** Name of the file that exists while a process removes the socket at a path. */
        function lockOf(path: string): string {
            const { ino, mtimeNs } = lstatSync(path, { bigint: true });
            return `${path}.${ino.toString(36)}-${mtimeNs.toString(36)}`;
        }

        it("leaves files of other programs alone, such as PATH.lock", async () => {
            const path = socketPath();
            await abandon(path);
            const old = new Date(Date.now() - 60_000);
            for (const ending of [".lock", ".tmp", ".pid"]) {
                writeFileSync(path + ending, "4711");
                utimesSync(path + ending, old, old);
            }
            const s = oracle(path, "here");
            await s.listen();
            await s.close();
            expect(neighbours(path).sort()).to.deep.equal(["socket.lock", "socket.pid", "socket.tmp"]);
        });

        it("is not kept out by a process that was killed while it removed the socket", async () => {
            const path = socketPath();
            await abandon(path);
            const lock = lockOf(path);
            writeFileSync(lock, "");
            const old = new Date(Date.now() - 60_000);
            utimesSync(lock, old, old);
            const s = oracle(path, "here");
            await s.listen();
            expect(await asked(path)).to.equal("here");
            expect(neighbours(path)).to.deep.equal([basename(path)]);
        });

        it("waits while another process removes the socket", async () => {
            const path = socketPath();
            await abandon(path);
            const lock = lockOf(path);
            writeFileSync(lock, "");
            const s = oracle(path, "here");
            const listening = s.listen();
            unlinkSync(path);
            unlinkSync(lock);
            await listening;
            expect(await asked(path)).to.equal("here");
        });

        it("shares the path with the other workers of its cluster", async () => {
            const path = socketPath();
            await abandon(path);
            expect(await cluster(path, 4)).to.deep.equal(Array(4).fill("listens"));
        });
    });

    describe("listen() of a server that listens", () => {
        for (const options of [{}, { mode: 0o600 }, { port: 0 }] as ServerOptions[]) {
            it(`rejects and harms nothing: ${JSON.stringify(options)}`, async () => {
                const where = "port" in options ? options : { ...options, path: socketPath() };
                const s = server(where);
                const errors = errorsOf(s);
                await s.listen();
                const at = s.path ? { path: s.path } : { port: s.get_bound_port()! };
                const c = client(at);
                await c.connect();
                const again = [s.listen(), s.listen()].map(rejection);
                for (const error of await Promise.all(again)) {
                    expect(error).to.have.property("code", "ERR_SERVER_ALREADY_LISTEN");
                }
                s.on("request", (_, response) => void response.send("here"));
                expect(await c.ask("still?")).to.equal("here");
                await client(at).connect();
                expect(errors).to.deep.equal([]);
                await s.close();
                if (s.path) expect(neighbours(s.path)).to.deep.equal([]);
            });
        }

        it("goes on when its path has become another", async () => {
            const s = oracle(socketPath(), "here");
            const { path } = s;
            await s.listen();
            s.path = socketPath();
            expect(await rejection(s.listen())).to.have.property("code", "ERR_SERVER_ALREADY_LISTEN");
            expect(await asked(path as string)).to.equal("here");
            await s.close();
            expect(neighbours(path as string)).to.deep.equal([]);
        });
    });

    describe("where another server lives", () => {
        it("rejects, and that one serves before, during and after", async () => {
            const path = socketPath();
            const living = oracle(path, "alive");
            await living.listen();
            const { ino, mtimeMs, mode } = lstatSync(path);
            const c = client({ path });
            await c.connect();
            expect(await c.ask("before")).to.equal("alive");
            const others = [server({ path }), server({ path }), server({ path, mode: 0o777 })];
            const [deaf, ...heard] = others as [SockhopServer, ...SockhopServer[]];
            const errors = heard.map(errorsOf);
            const listening = Promise.all(others.map((s) => rejection(s.listen())));
            const newcomers = Array.from({ length: 10 }, () => asked(path));
            expect(await c.ask("during")).to.equal("alive");
            expect(await Promise.all(newcomers)).to.deep.equal(Array(10).fill("alive"));
            const rejections = await listening;
            expect(rejections.map(({ code }) => code)).to.deep.equal(["EADDRINUSE", "EADDRINUSE", "EADDRINUSE"]);
            expect(errors).to.deep.equal([[rejections[1]], [rejections[2]]]);
            expect(deaf.server.listening).to.equal(false);
            expect(await c.ask("after")).to.equal("alive");
            expect(await asked(path)).to.equal("alive");
            const now = lstatSync(path);
            expect([now.ino, now.mtimeMs, now.mode]).to.deep.equal([ino, mtimeMs, mode]);
            await Promise.all(others.map((s) => s.close()));
            expect(await asked(path)).to.equal("alive");
            expect(neighbours(path)).to.deep.equal([basename(path)]);
        });

        it("rejects also when that one is no sockhop, and takes no connections just now", async () => {
            const path = socketPath();
            const busy = net.createServer((socket) => socket.destroy()).listen(path);
            await once(busy, "listening");
            later(() => busy.close());
            expect(await rejection(server({ path }).listen())).to.have.property("code", "EADDRINUSE");
            expect(busy.listening && existsSync(path)).to.equal(true);
        });

        it("listens when that one has closed, at once", async () => {
            const path = socketPath();
            const first = oracle(path, 1);
            const second = oracle(path, 2);
            await first.listen();
            await rejection(second.listen());
            const closing = first.close();
            await second.listen();
            await closing;
            expect(await asked(path)).to.equal(2);
        });
    });

    it("rejects where there is something that is no socket, and does not touch it", async () => {
        const path = socketPath();
        const target = `${path}-target`;
        writeFileSync(target, "precious");
        const living = `${path}-living`;
        await oracle(living, "alive").listen();
        const things: Record<string, [make: () => void, remove: () => void]> = {
            "a file": [() => writeFileSync(path, "precious"), () => unlinkSync(path)],
            "an empty file": [() => writeFileSync(path, ""), () => unlinkSync(path)],
            "a folder": [() => mkdirSync(path), () => rmdirSync(path)],
            "a link to a file": [() => symlinkSync(target, path), () => unlinkSync(path)],
            "a link to a folder": [() => symlinkSync(dirname(path), path), () => unlinkSync(path)],
            "a link to nothing": [() => symlinkSync(`${path}-nothing`, path), () => unlinkSync(path)],
            "a link to a server": [() => symlinkSync(living, path), () => unlinkSync(path)],
        };
        for (const [name, [make, remove]] of Object.entries(things)) {
            for (const options of [{}, { mode: 0o600 }]) {
                make();
                const before = lstatSync(path, { bigint: true });
                const files = neighbours(path);
                const s = server({ path, ...options });
                expect(await rejection(s.listen()), name).to.have.property("code", "EADDRINUSE");
                await s.close();
                const after = lstatSync(path, { bigint: true });
                expect([after.ino, after.mode, after.mtimeNs, after.ctimeNs], name).to.deep.equal([
                    before.ino,
                    before.mode,
                    before.mtimeNs,
                    before.ctimeNs,
                ]);
                if (name === "a file") expect(readFileSync(path, "utf8")).to.equal("precious");
                expect(neighbours(path), name).to.deep.equal(files);
                remove();
            }
        }
        expect(readFileSync(target, "utf8")).to.equal("precious");
        expect(await asked(living)).to.equal("alive");
    });

    it("rejects with the system's error where no socket can be made", async () => {
        const path = socketPath();
        const s = server({ path: join(path, "in", "no", "folder") });
        expect(await rejection(s.listen()))
            .to.have.property("code")
            .that.is.oneOf(["EACCES", "ENOENT"]);
        s.path = path;
        await s.listen();
    });

    describe("close()", () => {
        it("removes the file, and listen() may follow at once", async () => {
            const path = socketPath();
            const s = oracle(path, "again");
            for (let n = 0; n < 10; n++) {
                await s.listen();
                const closing = s.close();
                expect(neighbours(path)).to.deep.equal([]);
                await s.listen();
                await closing;
                expect(await asked(path)).to.equal("again");
                await s.close();
                expect(neighbours(path)).to.deep.equal([]);
            }
        });

        it("calls off a listen() that finds a socket nobody listens at, and leaves that or nothing", async () => {
            const path = socketPath();
            for (let turns = 0; turns < 5; turns++) {
                await abandon(path);
                const s = server({ path });
                const listening = s.listen().then(
                    () => "listening",
                    (error: unknown) => (error as { code: string }).code,
                );
                for (let n = 0; n < turns; n++) await new Promise(setImmediate);
                const { server: listener } = s;
                await s.close();
                expect(await listening).to.be.oneOf(["ERR_ABORTED", "listening"]);
                expect(listener.listening).to.equal(false);
                expect(neighbours(path).filter((name) => name !== basename(path))).to.deep.equal([]);
                rmSync(path, { force: true });
            }
        });

        it("leaves there what another server has put there since", async () => {
            const path = socketPath();
            for (const mode of [undefined, 0o600]) {
                const old = oracle(path, "old", { mode });
                await old.listen();
                const c = client({ path });
                await c.connect();
                rmSync(path);
                const young = oracle(path, "young", { mode });
                await young.listen();
                const { ino } = lstatSync(path);
                expect(await c.ask("to the old one")).to.equal("old");
                await old.close();
                expect(lstatSync(path).ino).to.equal(ino);
                expect(await asked(path)).to.equal("young");
                expect(neighbours(path)).to.deep.equal([basename(path)]);
                await young.close();
                expect(neighbours(path)).to.deep.equal([]);
            }
        });

        it("leaves there what somebody else has put there since, whatever it is", async () => {
            const path = socketPath();
            const s = server({ path });
            await s.listen();
            rmSync(path);
            writeFileSync(path, "precious");
            await s.close();
            expect(readFileSync(path, "utf8")).to.equal("precious");
            expect(neighbours(path)).to.deep.equal([basename(path)]);
        });

        it("leaves there what another has put there since also where it may make no links", async () => {
            const path = socketPath();
            for (const mode of [undefined, 0o600]) {
                const s = server({ path, mode });
                forbidLinks();
                await s.listen();
                rmSync(path);
                writeFileSync(path, "precious");
                await s.close();
                expect(readFileSync(path, "utf8")).to.equal("precious");
                expect(neighbours(path)).to.deep.equal([basename(path)]);
                rmSync(path);
            }
        });

        it("removes its own file when the program has changed its folder, and no other", async () => {
            const [here, there] = [socketPath(), socketPath()];
            const usual = process.cwd();
            later(() => process.chdir(usual));
            for (const mode of [undefined, 0o600]) {
                process.chdir(dirname(here));
                const s = server({ path: "socket", mode });
                await s.listen();
                process.chdir(dirname(there));
                writeFileSync("socket", "precious");
                await s.close();
                expect(readFileSync("socket", "utf8")).to.equal("precious");
                expect([...neighbours(there), ...neighbours(here)]).to.deep.equal(["socket"]);
            }
        });

        it("removes the file also when its permissions were changed, and does not miss it", async () => {
            const path = socketPath();
            const s = server({ path });
            await s.listen();
            chmodSync(path, 0o777);
            await s.close();
            expect(neighbours(path)).to.deep.equal([]);
            await s.listen();
            rmSync(path);
            await s.close();
            expect(neighbours(path)).to.deep.equal([]);
        });
    });

    describe("mode", () => {
        it("is that of the socket when listen() resolves, and the umask is as it was", async () => {
            const path = socketPath();
            for (const umask of [0o022, 0o077, 0]) {
                const usual = process.umask(umask);
                later(() => process.umask(usual));
                for (const mode of [0o600, 0o666, 0o700, 0o620]) {
                    const s = oracle(path, mode, { mode });
                    await s.listen();
                    expect(permissions(path)).to.equal(mode.toString(8));
                    expect(await asked(path)).to.equal(mode);
                    expect(currentUmask()).to.equal(umask);
                    await s.close();
                }
            }
        });

        it("is there from the first moment on: the socket is never more open", async () => {
            const path = socketPath();
            const usual = process.umask(0);
            later(() => process.umask(usual));
            for (const stale of [false, true]) {
                if (stale) await abandon(path);
                const seen = new Set<string>();
                const s = server({ path, mode: 0o600 });
                const old = stale ? lstatSync(path, { bigint: true }).mtimeNs : undefined;
                // All that Node does to a path, and all that happens between two turns.
                const look = (): void => {
                    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
                    if (found && found.mtimeNs !== old) seen.add((found.mode & 0o777n).toString(8));
                };
                const { server: listener } = s;
                const bind = listener.listen.bind(listener) as (...args: unknown[]) => net.Server;
                listener.listen = (...args: unknown[]): net.Server => {
                    try {
                        return bind(...args);
                    } finally {
                        look();
                    }
                };
                let looking = true;
                const often = (): void => {
                    look();
                    if (looking) setImmediate(often);
                };
                process.nextTick(look);
                const listening = s.listen();
                look();
                often();
                await listening;
                look();
                looking = false;
                seen.delete("0"); // nobody may connect yet
                expect([...seen]).to.deep.equal(["600"]);
                await s.close();
            }
        });

        it("leaves the umask as it was when listen() fails", async () => {
            const path = socketPath();
            const umask = currentUmask();
            await oracle(path, "alive").listen();
            for (const place of [path, join(path, "nowhere"), `${path}${"x".repeat(200)}`]) {
                const listening = rejection(server({ path: place, mode: 0o600 }).listen());
                expect(currentUmask()).to.equal(umask);
                await listening;
                expect(currentUmask()).to.equal(umask);
            }
        });

        it("of one that cannot listen does not touch the living", async () => {
            const path = socketPath();
            const living = oracle(path, "alive", { mode: 0o640 });
            await living.listen();
            expect(await rejection(server({ path, mode: 0o777 }).listen())).to.have.property("code", "EADDRINUSE");
            expect(permissions(path)).to.equal("640");
            expect(await asked(path)).to.equal("alive");
        });

        it("goes for the socket, and for no file that is made meanwhile", async () => {
            const path = socketPath();
            const other = `${path}-other`;
            const s = server({ path, mode: 0o600 });
            const listening = s.listen();
            writeFileSync(other, "");
            await listening;
            expect(permissions(other)).to.equal((0o666 & ~currentUmask()).toString(8));
        });

        it("is without effect on a port", async () => {
            const s = server({ mode: 0o600 });
            await s.listen();
            await client({ port: s.get_bound_port()! }).connect();
        });

        it("that is none is refused, and nothing listens", async () => {
            const path = socketPath();
            for (const mode of [-1, NaN, 1.5, "rw" as unknown as number]) {
                let s: SockhopServer | undefined;
                let code: unknown;
                try {
                    s = server({ path, mode });
                    await s.listen();
                } catch (error) {
                    ({ code } = error as { code?: unknown });
                }
                expect(code, String(mode)).to.equal("ERR_BAD_OPTION");
                expect(s?.server.listening ?? false, String(mode)).to.equal(false);
                expect(existsSync(path)).to.equal(false);
            }
        });

        it("works in a worker thread", async () => {
            const path = socketPath();
            const text = `
                const { parentPort, workerData: path } = require("node:worker_threads");
                const { server } = require(${JSON.stringify(join(__dirname, "../..", "dist"))});
                const s = new server({ path, mode: 0o620 });
                s.listen().then(() => parentPort.postMessage("listens"), ({ code }) => parentPort.postMessage(code));
                parentPort.on("message", () => s.close().then(() => process.exit()));`;
            const worker = new Worker(text, { eval: true, workerData: path });
            later(() => worker.terminate());
            expect(await once(worker, "message")).to.deep.equal(["listens"]);
            expect(permissions(path)).to.equal("620");
            await client({ path }).connect();
            worker.postMessage("close");
            await once(worker, "exit");
            expect(neighbours(path)).to.deep.equal([]);
        });

        it("changes no umask, not even for a moment", async () => {
            const path = socketPath();
            const umask = Object.getOwnPropertyDescriptor(process, "umask") as PropertyDescriptor;
            let calls = 0;
            Object.defineProperty(process, "umask", { ...umask, value: () => (calls += 1) });
            later(() => Object.defineProperty(process, "umask", umask));
            const s = oracle(path, "here", { mode: 0o600 });
            await s.listen();
            await s.close();
            expect(calls).to.equal(0);
        });

        it("holds whatever the umask forbids", async () => {
            const path = socketPath();
            const usual = process.umask(0o777);
            later(() => process.umask(usual));
            const s = oracle(path, "here", { mode: 0o640 });
            await s.listen();
            expect([permissions(path), await asked(path)]).to.deep.equal(["640", "here"]);
            await s.close();
            expect(neighbours(path)).to.deep.equal([]);
        });

        it("shows the path in address() of Node's server", async () => {
            const path = socketPath();
            const s = server({ path, mode: 0o600 });
            await s.listen();
            expect([s.server.address(), s.get_bound_address()]).to.deep.equal([path, undefined]);
        });

        it("of a server that another has just forestalled is refused, and nothing is left behind", async () => {
            const path = socketPath();
            const s = server({ path, mode: 0o600 });
            // The other one makes its file when this one has made its socket.
            const { server: listener } = s;
            const listen = listener.listen.bind(listener) as (...args: unknown[]) => net.Server;
            listener.listen = (...args: unknown[]): net.Server => {
                writeFileSync(path, "precious");
                return listen(...args);
            };
            expect(await rejection(s.listen())).to.include({ code: "EADDRINUSE", syscall: "listen", address: path });
            expect(readFileSync(path, "utf8")).to.equal("precious");
            expect(neighbours(path)).to.deep.equal([basename(path)]);
            rmSync(path);
            listener.listen = listen as typeof listener.listen;
            await s.listen();
            expect(permissions(path)).to.equal("600");
        });

        it("works where the file system has no links", async () => {
            const path = socketPath();
            forbidLinks();
            const s = oracle(path, "here", { mode: 0o600 });
            await s.listen();
            expect([permissions(path), await asked(path)]).to.deep.equal(["600", "here"]);
            expect(await rejection(server({ path, mode: 0o666 }).listen())).to.have.property("code", "EADDRINUSE");
            expect(await asked(path)).to.equal("here");
            await s.close();
            expect(neighbours(path)).to.deep.equal([]);
        });

        it("is refused in a worker of a cluster, and its path stays free", async () => {
            const path = socketPath();
            const said = await cluster(path, 2, "mode: 0o600");
            expect(said).to.deep.equal(["ERR_BAD_OPTION", "ERR_BAD_OPTION"]);
            expect(neighbours(path)).to.deep.equal([]);
        });
    });

    describe("a path that is too long", () => {
        const most = process.platform === "linux" ? 107 : 103;

        /** A path of so many bytes, whose name is made of these letters. */
        function long(bytes: number, letter: string): string {
            const folder = `${dirname(socketPath())}/`;
            const left = bytes - Buffer.byteLength(folder);
            const width = Buffer.byteLength(letter);
            const path = folder + letter.repeat(Math.floor(left / width)) + "x".repeat(left % width);
            expect(Buffer.byteLength(path)).to.equal(bytes);
            return path;
        }

        for (const letter of ["x", "é", "→", "😀"]) {
            it(`is refused at both ends, counted in bytes, and one that just fits works: ${letter}`, async () => {
                const fits = long(most, letter);
                const s = oracle(fits, "fits", { mode: 0o600 });
                await s.listen();
                expect(neighbours(fits)).to.deep.equal([basename(fits)]);
                expect(await asked(fits)).to.equal("fits");
                await s.close();
                expect(neighbours(fits)).to.deep.equal([]);

                for (const bytes of [most + 1, most + 2, 500]) {
                    const path = long(bytes, letter);
                    const long_server = server({ path });
                    const long_client = client({ path });
                    for (const promise of [long_server.listen(), long_client.connect()]) {
                        const { code, message } = await rejection(promise);
                        expect(code).to.equal("ERR_PATH_TOO_LONG");
                        expect(message)
                            .to.match(new RegExp(`\\b${bytes}\\b`))
                            .and.match(new RegExp(`\\b${most}\\b`));
                    }
                    expect(neighbours(path)).to.deep.equal([]);
                }
            });
        }

        it("that is left there by a killed server is taken over also when it just fits", async () => {
            const path = long(most, "x");
            const elsewhere = join(dirname(path), "s");
            await abandon(elsewhere);
            renameSync(elsewhere, path);
            const s = oracle(path, "fits");
            await s.listen();
            expect(await asked(path)).to.equal("fits");
            expect(neighbours(path)).to.deep.equal([basename(path)]);
        });

        it("can be replaced by a shorter one", async () => {
            const s = server({ path: long(most + 1, "x") });
            const c = client({ path: s.path });
            await rejection(s.listen());
            await rejection(c.connect());
            s.path = c.path = socketPath();
            await s.listen();
            await c.connect();
        });
    });

    (process.platform === "linux" ? describe : describe.skip)("an abstract socket", () => {
        const name = (): string => `\0sockhop-${process.pid}-${performance.now()}`;

        it("works, with and without mode, and is no file", async () => {
            for (const options of [{}, { mode: 0o600 }]) {
                const path = name();
                const s = oracle(path, "abstract", options);
                const files = readdirSync(".");
                await s.listen();
                expect(await asked(path)).to.equal("abstract");
                expect(readdirSync(".")).to.deep.equal(files);
                await s.close();
                expect(await rejection(client({ path }).connect())).to.have.property("code", "ECONNREFUSED");
                await s.listen();
                expect(await asked(path)).to.equal("abstract");
            }
        });

        it("that lives is not touched", async () => {
            const path = name();
            await oracle(path, "alive").listen();
            expect(await rejection(server({ path }).listen())).to.have.property("code", "EADDRINUSE");
            expect(await asked(path)).to.equal("alive");
        });
    });

    it("a client sends to it over TLS, as over a port", async () => {
        const ca = await authority();
        const { key, cert } = await identity("A server", ["localhost"], ca);
        const path = socketPath();
        const s = server({ path, ssl: true, ssl_options: { key, cert } });
        await s.listen();
        expect(statSync(path).isSocket()).to.equal(true);
        const arrived = once(s, "receive");
        const c: SockhopClient = client({ path, ssl: true, ssl_options: { ca: ca.cert, servername: "localhost" } });
        await c.connect();
        await c.send("secret");
        expect((await arrived)[0]).to.equal("secret");
        await rejection(client({ path, ssl: true }).connect()); // which does not know the authority
        await s.close();
        expect(existsSync(path)).to.equal(false);
    });
});
