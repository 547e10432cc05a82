import { expect } from "chai";
import { chmodSync, lstatSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { client, later, server, socketPath } from "../support/pair";
import { abandon, oracle, asked, forbidLinks, neighbours } from "../support/unixSockets";

describe("SockhopServer on a path", () => {
    describe("close()", () => {
        it("removes the file, and allows listen() at once", async () => {
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

        it("aborts a listen() that finds a stale socket, and leaves that file or none", async () => {
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

        it("keeps the socket of another server created at the path since", async () => {
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

        it("keeps any file of another process created at the path since", async () => {
            const path = socketPath();
            const s = server({ path });
            await s.listen();
            rmSync(path);
            writeFileSync(path, "precious");
            await s.close();
            expect(readFileSync(path, "utf8")).to.equal("precious");
            expect(neighbours(path)).to.deep.equal([basename(path)]);
        });

        it("keeps the file of another process also where links are forbidden", async () => {
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

        it("removes its own file after the program has changed its folder, and no other", async () => {
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

        it("removes the file after its permissions were changed, and ignores a missing file", async () => {
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
});
