import { expect } from "chai";
import { once } from "node:events";
import {
    chmodSync,
    existsSync,
    lstatSync,
    mkdirSync,
    readFileSync,
    rmdirSync,
    symlinkSync,
    unlinkSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import net from "node:net";
import { basename, dirname, join } from "node:path";
import type { ServerOptions, SockhopServer } from "../../src";
import { authority, identity } from "../support/certificates";
import { client, later, rejection, server, socketPath } from "../support/pair";
import { program, abandon, oracle, asked, cluster, neighbours, permissions, errorsOf } from "../support/unixSockets";

describe("SockhopServer on a path", () => {
    describe("with the socket file of a killed server", () => {
        it("replaces the file", async () => {
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

        it("replaces the file with its own mode, and over TLS", async () => {
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

        it("lets one of several servers in the same process listen, and leaves no other file", async () => {
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

        it("lets one of several processes listen, and leaves no other file", async () => {
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
        }).timeout(60_000);
    });

    describe("with files of a killed process", () => {
        /** Name of the file that exists while a process removes the socket at a path. */
        function lockOf(path: string): string {
            const { ino, mtimeNs } = lstatSync(path, { bigint: true });
            return `${path}.${ino.toString(36)}-${mtimeNs.toString(36)}`;
        }

        it("keeps files of other programs, such as PATH.lock", async () => {
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

        it("ignores the lock of a process that was killed while it removed the socket", async () => {
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

    describe("listen() of a listening server", () => {
        for (const options of [{}, { mode: 0o600 }, { port: 0 }] as ServerOptions[]) {
            it(`rejects without side effects: ${JSON.stringify(options)}`, async () => {
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

        it("keeps its address after its path option was changed", async () => {
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

    describe("with another listening server", () => {
        it("rejects, and the other server is not interrupted", async () => {
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

        it("rejects also if the other server is not sockhop, and accepts no connections at this time", async () => {
            const path = socketPath();
            const busy = net.createServer((socket) => socket.destroy()).listen(path);
            await once(busy, "listening");
            later(() => busy.close());
            expect(await rejection(server({ path }).listen())).to.have.property("code", "EADDRINUSE");
            expect(busy.listening && existsSync(path)).to.equal(true);
        });

        it("listens as soon as the other server has closed", async () => {
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

    it("rejects for a file that is not a socket, and does not change it", async () => {
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

    it("rejects with the system error where a socket cannot be created", async () => {
        const path = socketPath();
        const s = server({ path: join(path, "in", "no", "folder") });
        expect(await rejection(s.listen()))
            .to.have.property("code")
            .that.is.oneOf(["EACCES", "ENOENT"]);
        s.path = path;
        await s.listen();
    });
});
