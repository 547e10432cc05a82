import { expect } from "chai";
import { EventEmitter } from "node:events";
import { symlinkSync, writeFileSync } from "node:fs";
import type net from "node:net";
import { isSameSocketFile, isSelfConnected, LoopDetector } from "../../src/cli/tap/LoopDetector";
import { socketPath } from "../support/pair";

/** Creates a fake socket with these ports. */
function socketOf(localPort: number, remotePort: number, address = "127.0.0.1"): net.Socket {
    const addresses = { localAddress: address, localPort, remoteAddress: "127.0.0.1", remotePort };
    return Object.assign(new EventEmitter(), addresses) as unknown as net.Socket;
}

describe("LoopDetector", () => {
    it("detects the second end of a connection, in either order", () => {
        const first = new LoopDetector();
        expect(first.add(socketOf(40_000, 9000), true)).to.equal(false);
        expect(first.add(socketOf(9000, 40_000), false)).to.equal(true);
        const second = new LoopDetector();
        expect(second.add(socketOf(9000, 40_000, "::ffff:127.0.0.1"), false)).to.equal(false);
        expect(second.add(socketOf(40_000, 9000), true)).to.equal(true);
    });

    it("accepts other connections, and sockets without addresses", () => {
        const loops = new LoopDetector();
        expect(loops.add(socketOf(40_000, 9000), true)).to.equal(false);
        expect(loops.add(socketOf(9000, 40_001), false)).to.equal(false);
        expect(loops.add(new EventEmitter() as net.Socket, true)).to.equal(false);
        expect(loops.add(new EventEmitter() as net.Socket, true)).to.equal(false);
    });

    it("forgets a closed connection", () => {
        const loops = new LoopDetector();
        const dialed = socketOf(40_000, 9000);
        loops.add(dialed, true);
        dialed.emit("close");
        expect(loops.add(socketOf(9000, 40_000), false)).to.equal(false);
    });
});

describe("isSelfConnected()", () => {
    it("compares both addresses of a socket", () => {
        expect(isSelfConnected(socketOf(9000, 9000))).to.equal(true);
        expect(isSelfConnected(socketOf(9000, 9000, "::ffff:127.0.0.1"))).to.equal(true);
        expect(isSelfConnected(socketOf(40_000, 9000))).to.equal(false);
        expect(isSelfConnected(new EventEmitter() as net.Socket)).to.equal(false);
    });
});

describe("isSameSocketFile()", () => {
    it("compares files, not paths", () => {
        const path = socketPath();
        writeFileSync(path, "");
        writeFileSync(`${path}.other`, "");
        symlinkSync(path, `${path}.link`);
        expect(isSameSocketFile({ path }, { path: `${path}.link` })).to.equal(true);
        expect(isSameSocketFile({ path }, { path: `${path}.other` })).to.equal(false);
        expect(isSameSocketFile({ path: `${path}.missing` }, { path: `${path}.missing` })).to.equal(false);
        expect(isSameSocketFile({ port: 5 }, { port: 5 })).to.equal(false);
    });
});
