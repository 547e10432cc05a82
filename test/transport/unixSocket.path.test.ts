import { expect } from "chai";
import { once } from "node:events";
import { existsSync, readdirSync, renameSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { SockhopClient } from "../../src";
import { authority, identity } from "../support/certificates";
import { client, rejection, server, socketPath } from "../support/pair";
import { abandon, oracle, asked, neighbours } from "../support/unixSockets";

describe("SockhopServer on a path", () => {
    describe("that is too long", () => {
        const most = process.platform === "linux" ? 107 : 103;

        /** A path of this length in bytes, whose name consists of this letter. */
        function long(bytes: number, letter: string): string {
            const folder = `${dirname(socketPath())}/`;
            const left = bytes - Buffer.byteLength(folder);
            const width = Buffer.byteLength(letter);
            const path = folder + letter.repeat(Math.floor(left / width)) + "x".repeat(left % width);
            expect(Buffer.byteLength(path)).to.equal(bytes);
            return path;
        }

        for (const letter of ["x", "é", "→", "😀"]) {
            it(`is rejected at both ends, counted in bytes, and the longest path works: ${letter}`, async () => {
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

        it("replaces the file of a killed server at the longest path", async () => {
            const path = long(most, "x");
            const elsewhere = join(dirname(path), "s");
            await abandon(elsewhere);
            renameSync(elsewhere, path);
            const s = oracle(path, "fits");
            await s.listen();
            expect(await asked(path)).to.equal("fits");
            expect(neighbours(path)).to.deep.equal([basename(path)]);
        });

        it("can be replaced by a shorter path", async () => {
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

        it("works, with and without mode, and creates no file", async () => {
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

        it("is not replaced while another server listens", async () => {
            const path = name();
            await oracle(path, "alive").listen();
            expect(await rejection(server({ path }).listen())).to.have.property("code", "EADDRINUSE");
            expect(await asked(path)).to.equal("alive");
        });
    });

    it("accepts a client over TLS, like a port", async () => {
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
        await rejection(client({ path, ssl: true }).connect()); // does not know the authority
        await s.close();
        expect(existsSync(path)).to.equal(false);
    });
});
