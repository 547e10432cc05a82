import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import type { SockhopClient, SockhopServer } from "../../src";
import { client, later, placeOf, rejection, server } from "../support/pair";

/** Opens a socket to a server. */
async function socketTo(s: SockhopServer): Promise<net.Socket> {
    const socket = net.connect(s.get_bound_port()!, "127.0.0.1");
    later(() => socket.destroy());
    await once(socket, "connect");
    return socket;
}

/**
 * Lets a client call over a socket of the program.
 *
 * @param react - called when the call fails, in the middle of whatever has ended it, with another socket to the server
 */
async function calling(
    react: (c: SockhopClient, other: net.Socket) => void,
): Promise<{ s: SockhopServer; c: SockhopClient; other: net.Socket }> {
    const s = server();
    await s.listen();
    const c = client(placeOf(s));
    c.socket = await socketTo(s);
    const other = await socketTo(s);
    const called = once(s, "receive");
    const failed = (): void => {
        react(c, other);
    };
    void c.send("call", () => undefined, { failed });
    await called;
    return { s, c, other };
}

/** Resolves when a server has one connection only, with the values that the client then gets of a broadcast. */
async function broadcast(s: SockhopServer, c: SockhopClient): Promise<unknown[]> {
    const values: unknown[] = [];
    c.on("receive", (value) => values.push(value));
    while (s.sockets.length > 1) await once(s, "disconnect");
    await s.sendall(1);
    const last = once(c, "receive:Object");
    await s.sendall({});
    await last;
    return values;
}

describe("a socket that is replaced", () => {
    it("by connect(), whose failed call gives the client another one: this is its only one", async () => {
        const { s, c, other } = await calling((c, other) => (c.socket = other));
        expect(await rejection(c.connect())).to.have.property("code", "ERR_ABORTED");
        expect(c.socket === other).to.equal(true);
        expect(await broadcast(s, c)).to.deep.equal([1, {}]);
    });

    it("by another one, whose failed call gives the client a third one: this is its only one", async () => {
        const { s, c, other } = await calling((c, other) => (c.socket = other));
        const second = await socketTo(s);
        c.socket = second;
        expect(c.socket === other).to.equal(true);
        expect(second.destroyed).to.equal(true);
        expect(await broadcast(s, c)).to.deep.equal([1, {}]);
    });

    it("by connect(), whose failed call disconnects the client: it has none", async () => {
        const { s, c, other } = await calling((c) => void c.disconnect());
        other.destroy();
        expect(await rejection(c.connect())).to.have.property("code", "ERR_ABORTED");
        while (s.sockets.length > 0) await once(s, "disconnect");
        expect(c.socket).to.equal(null);
        expect(c.connected).to.equal(false);
    });
});
