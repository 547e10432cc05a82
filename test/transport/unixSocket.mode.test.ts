import { expect } from "chai";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, lstatSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type net from "node:net";
import { basename, dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import type { SockhopServer } from "../../src";
import { client, later, rejection, server, socketPath } from "../support/pair";
import {
    abandon,
    oracle,
    asked,
    forbidLinks,
    cluster,
    neighbours,
    currentUmask,
    permissions,
} from "../support/unixSockets";

describe("SockhopServer on a path", () => {
    describe("mode", () => {
        it("is the mode of the socket when listen() resolves, and the umask is unchanged", async () => {
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

        it("applies from the creation of the file: the socket never has more permissions", async () => {
            const path = socketPath();
            const usual = process.umask(0);
            later(() => process.umask(usual));
            for (const stale of [false, true]) {
                if (stale) await abandon(path);
                const seen = new Set<string>();
                const s = server({ path, mode: 0o600 });
                const old = stale ? lstatSync(path, { bigint: true }).mtimeNs : undefined;
                // Intercepts the fs functions of node for a path, and checks the file between two ticks.
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
                seen.delete("0"); // no permissions yet
                expect([...seen]).to.deep.equal(["600"]);
                await s.close();
            }
        });

        it("keeps the umask when listen() fails", async () => {
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

        it("does not change the socket of another server when listen() fails", async () => {
            const path = socketPath();
            const living = oracle(path, "alive", { mode: 0o640 });
            await living.listen();
            expect(await rejection(server({ path, mode: 0o777 }).listen())).to.have.property("code", "EADDRINUSE");
            expect(permissions(path)).to.equal("640");
            expect(await asked(path)).to.equal("alive");
        });

        it("applies to the socket, and to no file created meanwhile", async () => {
            const path = socketPath();
            const other = `${path}-other`;
            const s = server({ path, mode: 0o600 });
            const listening = s.listen();
            writeFileSync(other, "");
            await listening;
            expect(permissions(other)).to.equal((0o666 & ~currentUmask()).toString(8));
        });

        it("has no effect on a port", async () => {
            const s = server({ mode: 0o600 });
            await s.listen();
            await client({ port: s.get_bound_port()! }).connect();
        });

        it("is rejected if invalid, and the server does not listen", async () => {
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

        it("never changes the umask, not even temporarily", async () => {
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

        it("is independent of the umask", async () => {
            const path = socketPath();
            const usual = process.umask(0o777);
            later(() => process.umask(usual));
            const s = oracle(path, "here", { mode: 0o640 });
            await s.listen();
            expect([permissions(path), await asked(path)]).to.deep.equal(["640", "here"]);
            await s.close();
            expect(neighbours(path)).to.deep.equal([]);
        });

        it("leaves the group of the socket to a setgid folder, as without a mode", async function () {
            if (process.getuid?.() !== 0) this.skip(); // only root can choose a group
            const folder = dirname(socketPath());
            chownSync(folder, 0, 65534);
            chmodSync(folder, 0o2750);
            for (const mode of [undefined, 0o660]) {
                const path = join(folder, `s${mode}`);
                await server({ path, ...(mode !== undefined && { mode }) }).listen();
                expect(statSync(path).gid, String(mode)).to.equal(65534);
            }
        });

        it("keeps the path in address() of node's server", async () => {
            const path = socketPath();
            const s = server({ path, mode: 0o600 });
            await s.listen();
            expect([s.server.address(), s.get_bound_address()]).to.deep.equal([path, undefined]);
        });

        it("rejects if another server has just created the file, and leaves no file", async () => {
            const path = socketPath();
            const s = server({ path, mode: 0o600 });
            // The other server creates its file after this one has created its socket.
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

        it("is rejected in a worker of a cluster, and the path stays free", async () => {
            const path = socketPath();
            const said = await cluster(path, 2, "mode: 0o600");
            expect(said).to.deep.equal(["ERR_BAD_OPTION", "ERR_BAD_OPTION"]);
            expect(neighbours(path)).to.deep.equal([]);
        });
    });
});
