import { expect } from "chai";
import { once } from "node:events";
import { existsSync, lstatSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import { basename, dirname } from "node:path";
import { listenWithMode } from "../../src/transport/listenWithMode";
import { later, socketPath } from "../support/pair";

/** A server of node that is closed after the test. */
function plainServer(): net.Server {
    const created = net.createServer((socket) => socket.end());
    later(() => created.close());
    return created;
}

/** The names of the other files in the folder of a path. */
const neighbours = (path: string): string[] => readdirSync(dirname(path));

describe("listenWithMode()", () => {
    it("creates a socket with these permissions, and no other file", () => {
        for (const mode of [0o600, 0o660, 0o666]) {
            const path = socketPath();
            const plain = plainServer();
            listenWithMode(plain, path, mode);
            expect(plain.listening).to.equal(true);
            expect(lstatSync(path).isSocket()).to.equal(true);
            expect(lstatSync(path).mode & 0o777).to.equal(mode);
            expect(neighbours(path)).to.deep.equal([basename(path)]);
        }
    });

    it("accepts clients at the path, which is the address of the server", async () => {
        const path = socketPath();
        const plain = plainServer();
        listenWithMode(plain, path, 0o600);
        expect(plain.address()).to.equal(path);
        await once(net.connect(path).resume(), "close");
    });

    it("throws EADDRINUSE for an existing file, which stays unchanged", () => {
        const path = socketPath();
        writeFileSync(path, "text");
        const plain = plainServer();
        expect(() => listenWithMode(plain, path, 0o600))
            .to.throw("EADDRINUSE")
            .with.property("code", "EADDRINUSE");
        expect(plain.listening).to.equal(false);
        expect(readFileSync(path, "utf8")).to.equal("text");
        expect(neighbours(path)).to.deep.equal([basename(path)]);
    });

    it("throws the system error without a folder", () => {
        const path = `${socketPath()}/socket`;
        expect(() => listenWithMode(plainServer(), path, 0o600))
            .to.throw()
            .with.property("code", "ENOENT");
        expect(existsSync(dirname(path))).to.equal(false);
    });
});
