import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { holdReading, isBehind, releaseReading } from "../../src/connection/holdReading";
import { hookSocket } from "../../src/connection/socketHooks";
import { turns } from "../support/eventLoop";
import { later } from "../support/pair";

/** A socket that is not connected, and flows. */
function flowing(): net.Socket {
    return new net.Socket().resume();
}

describe("holdReading()", () => {
    it("pauses the socket until it is released", () => {
        const socket = flowing();
        const release = holdReading(socket);
        expect(socket.isPaused()).to.equal(true);
        release();
        expect(socket.isPaused()).to.equal(false);
    });

    it("keeps a socket paused that was paused before", () => {
        const socket = flowing().pause();
        holdReading(socket)();
        expect(socket.isPaused()).to.equal(true);
    });

    it("keeps the socket paused when the program resumes it, and resumes it at the release", () => {
        const socket = flowing().pause();
        const release = holdReading(socket);
        expect(socket.resume()).to.equal(socket);
        expect(socket.isPaused()).to.equal(true);
        release();
        expect(socket.isPaused()).to.equal(false);
    });

    it("leaves the socket paused when the program has paused it meanwhile", () => {
        const socket = flowing();
        const release = holdReading(socket);
        expect(socket.pause()).to.equal(socket);
        release();
        expect(socket.isPaused()).to.equal(true);
    });

    it("applies the last call of the program", () => {
        const socket = flowing();
        const release = holdReading(socket);
        socket.pause();
        socket.resume();
        release();
        expect(socket.isPaused()).to.equal(false);
    });

    it("leaves no own methods on the socket", () => {
        const socket = flowing();
        const before = Object.keys(socket);
        const release = holdReading(socket);
        release();
        expect(Object.keys(socket)).to.deep.equal(before);
        expect([Object.hasOwn(socket, "pause"), Object.hasOwn(socket, "resume")]).to.deep.equal([false, false]);
    });

    it("restores the methods that the program had put on the socket", () => {
        const socket = flowing();
        let calls = 0;
        const own = function (this: net.Socket): net.Socket {
            calls += 1;
            return net.Socket.prototype.resume.call(this);
        };
        socket.resume = own;
        const release = holdReading(socket);
        release();
        expect(socket).to.have.property("resume", own);
        expect(calls).to.equal(1);
    });

    it("keeps the methods that the program puts on the socket meanwhile", () => {
        const socket = flowing();
        const release = holdReading(socket);
        const own = function (this: net.Socket): net.Socket {
            return net.Socket.prototype.pause.call(this);
        };
        socket.pause = own;
        release();
        expect(socket).to.have.property("pause", own);
        expect(Object.hasOwn(socket, "resume")).to.equal(false);
    });
});

describe("holdReading() for two pauses", () => {
    for (const order of ["first", "last"]) {
        it(`resumes the socket when both have ended, the ${order} one first`, () => {
            const socket = flowing();
            const releases = [holdReading(socket), holdReading(socket)];
            if (order === "last") releases.reverse();
            releases[0]!();
            releases[0]!();
            expect(socket.isPaused()).to.equal(true);
            releases[1]!();
            expect(socket.isPaused()).to.equal(false);
            expect(Object.hasOwn(socket, "pause")).to.equal(false);
        });
    }
});

describe("isBehind()", () => {
    it("is true until what has arrived before the end of a pause is read, and the owner is notified then", async () => {
        const listener = net.createServer().listen(0, "127.0.0.1");
        later(() => listener.close());
        await once(listener, "listening");
        const accepted = once(listener, "connection");
        const peer = net.connect((listener.address() as net.AddressInfo).port, "127.0.0.1");
        later(() => peer.destroy());
        const [socket] = (await accepted) as [net.Socket];
        later(() => socket.destroy());
        let received = 0;
        socket.on("data", ({ length }: Buffer) => (received += length));
        const onRead = new Promise<void>((resolve) => {
            hookSocket(socket, { flush: () => undefined, onRead: resolve });
        });
        expect(isBehind(socket)).to.equal(false);
        const release = holdReading(socket);
        await new Promise((resolve) => peer.write(Buffer.alloc(300_000), resolve));
        expect(isBehind(socket)).to.equal(true);
        release();
        expect(isBehind(socket)).to.equal(true);
        await onRead;
        expect([received, isBehind(socket)]).to.deep.equal([300_000, false]);
    });

    it("stays true if the socket is paused again at once", async () => {
        const socket = flowing();
        holdReading(socket)();
        const release = holdReading(socket);
        await turns(5);
        expect(isBehind(socket)).to.equal(true);
        release();
        await turns(5);
        expect(isBehind(socket)).to.equal(false);
    });

    it("is false when the connection closes", () => {
        const socket = flowing();
        const release = holdReading(socket);
        releaseReading(socket);
        release();
        expect(isBehind(socket)).to.equal(false);
    });
});
