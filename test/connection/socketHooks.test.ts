import { expect } from "chai";
import net from "node:net";
import { Duplex } from "node:stream";
import { addressOf, hookSocket, isSocket, ownerOf } from "../../src/connection/socketHooks";
import { later } from "../support/pair";

/** A socket without a network, and a log of its events. */
function socket(): { socket: net.Socket; log: string[] } {
    const log: string[] = [];
    const created = new Duplex({
        read: () => undefined,
        write: (_chunk, _encoding, done) => done(),
        final: (done) => {
            log.push("end");
            done();
        },
        destroy: (error, done) => {
            log.push("destroy");
            done(error);
        },
    });
    later(() => created.destroy());
    return { socket: created as net.Socket, log };
}

describe("hookSocket()", () => {
    it("flushes before the socket is ended or destroyed", () => {
        const { socket: target, log } = socket();
        hookSocket(target, { flush: () => log.push("flush") });
        expect(target.end()).to.equal(target);
        expect(target.destroy()).to.equal(target);
        expect(log).to.deep.equal(["flush", "end", "flush", "destroy"]);
    });

    it("links the socket to its newest owner, which is the only one to flush", () => {
        const { socket: target, log } = socket();
        const second = { flush: () => log.push("second") };
        expect(ownerOf(target)).to.equal(undefined);
        hookSocket(target, { flush: () => log.push("first") });
        hookSocket(target, second);
        expect(ownerOf(target)).to.equal(second);
        target.destroy();
        expect(log).to.deep.equal(["second", "destroy"]);
    });

    it("calls the methods that a program has put on the socket before", () => {
        const { socket: target, log } = socket();
        Object.assign(target, {
            end(this: Duplex) {
                log.push("own end");
                return Duplex.prototype.end.call(this, undefined, "utf8");
            },
        });
        hookSocket(target, { flush: () => log.push("flush") });
        target.end();
        expect(log).to.deep.equal(["flush", "own end", "end"]);
    });

    it("lets Node end the socket when the peer ends it", () => {
        const { socket: target } = socket();
        hookSocket(target, { flush: () => undefined });
        expect(target.allowHalfOpen).to.equal(false);
    });
});

describe("ownerOf()", () => {
    it("is undefined without a socket", () => {
        expect([ownerOf(null), ownerOf(undefined)]).to.deep.equal([undefined, undefined]);
    });
});

describe("isSocket()", () => {
    it("is true for every object with the methods of a socket", () => {
        expect([new net.Socket(), socket().socket].map(isSocket)).to.deep.equal([true, true]);
    });

    it("is false for other values", () => {
        expect([undefined, null, 5, "socket", {}, { on: () => undefined }].map(isSocket)).to.not.include(true);
    });
});

describe("addressOf()", () => {
    it("is undefined where a socket has no address", () => {
        expect([addressOf(new net.Socket()), addressOf(socket().socket)]).to.deep.equal([undefined, undefined]);
    });
});
