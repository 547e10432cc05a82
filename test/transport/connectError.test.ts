import { expect } from "chai";
import type net from "node:net";
import { explain, isBacklogFull, selfConnectionError } from "../../src/transport/connectError";

const ENDS = { localAddress: "127.0.0.1", localPort: 5000, remoteAddress: "127.0.0.1", remotePort: 5000 };

/** A socket with these addresses. */
function socketWith(addresses: object): net.Socket {
    return addresses as net.Socket;
}

describe("selfConnectionError()", () => {
    it("is the error of a refused connection if both ends of a socket are the same", () => {
        expect(selfConnectionError(socketWith(ENDS))).to.include({
            code: "ECONNREFUSED",
            syscall: "connect",
            address: "127.0.0.1",
            port: 5000,
        });
    });

    it("is undefined if one port or one address differs", () => {
        expect(selfConnectionError(socketWith({ ...ENDS, localPort: 5001 }))).to.equal(undefined);
        expect(selfConnectionError(socketWith({ ...ENDS, localAddress: "127.0.0.2" }))).to.equal(undefined);
    });

    it("is undefined for a Unix domain socket, and for an unconnected socket", () => {
        expect(selfConnectionError(socketWith({}))).to.equal(undefined);
    });
});

describe("explain()", () => {
    const place = { path: null, address: "localhost", port: 5000 };

    /** The error of node if all addresses of a host name refuse. */
    function refused(message = ""): AggregateError & { code: string } {
        const errors = [new Error("connect ECONNREFUSED ::1:5000"), new Error("connect ECONNREFUSED 127.0.0.1:5000")];
        return Object.assign(new AggregateError(errors, message), { code: "ECONNREFUSED" });
    }

    it("returns a message with the code, the address and the reasons", () => {
        const error = refused();
        const lines = error.stack!.split("\n").slice(1);
        explain(error, place);
        expect(error.message).to.equal(
            "connect ECONNREFUSED localhost:5000 (connect ECONNREFUSED ::1:5000; connect ECONNREFUSED 127.0.0.1:5000)",
        );
        expect(error.stack).to.equal([`AggregateError [ECONNREFUSED]: ${error.message}`, ...lines].join("\n"));
    });

    it("returns other errors unchanged", () => {
        for (const error of [refused("a message"), new Error("one reason"), new Error("")]) {
            const { message, stack } = error;
            explain(error, place);
            expect([error.message, error.stack]).to.deep.equal([message, stack]);
        }
    });
});

describe("isBacklogFull()", () => {
    it("is true only for EAGAIN of connect", () => {
        const error = (members: object): Error => Object.assign(new Error("failed"), members);
        expect(isBacklogFull(error({ code: "EAGAIN", syscall: "connect" }))).to.equal(true);
        for (const other of [
            undefined,
            error({}),
            error({ code: "EAGAIN", syscall: "write" }),
            error({ code: "ECONNREFUSED", syscall: "connect" }),
        ]) {
            expect(isBacklogFull(other)).to.equal(false);
        }
    });
});
