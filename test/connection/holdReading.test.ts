import { expect } from "chai";
import net from "node:net";
import { holdReading } from "../../src/connection/holdReading";

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
