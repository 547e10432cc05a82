import { expect } from "chai";
import { once } from "node:events";
import type net from "node:net";
import { SockhopClient, type DisconnectReason, type SockhopServer } from "../../src";
import { frame } from "../support/eventLoop";
import { client, later, pair, placeOf, raw, server, socketPath } from "../support/pair";

/** The reason of the next `disconnect`, and the number of arguments before it. */
async function reasonAt(end: SockhopClient | SockhopServer): Promise<DisconnectReason> {
    const args = await new Promise<unknown[]>((resolve) => {
        end.once("disconnect", (...all: unknown[]) => resolve(all));
    });
    expect(args).to.have.length(end instanceof SockhopClient ? 2 : 3); // those of 1.x, and the reason
    return args.at(-1) as DisconnectReason;
}

async function codeAt(end: SockhopClient | SockhopServer): Promise<string> {
    return (await reasonAt(end)).code;
}

describe("reasons of disconnect", () => {
    for (const [how, close, atServer, atClient] of [
        ["client.disconnect()", ({ c }) => c.disconnect(), "PEER_ENDED", "CLOSED"],
        ["client.disconnect() at once", ({ c }) => c.disconnect({ timeout: 0 }), undefined, "CLOSED"],
        ["client.disconnect() after open replies", ({ c }) => c.disconnect({ drain: true }), "PEER_ENDED", "CLOSED"],
        ["end() of the client's socket", ({ c }) => c.socket!.end(), "PEER_ENDED", "CLOSED"],
        ["destroy() of the client's socket", ({ c }) => c.socket!.destroy(), "PEER_ENDED", "CLOSED"],
        ["no socket for the client", ({ c }) => (c.socket = null), "PEER_ENDED", "CLOSED"],
        ["a socket for another client", ({ c }) => (client().socket = c.socket), undefined, "REPLACED"],
        ["server.close()", ({ s }) => s.close(), "CLOSED", "PEER_ENDED"],
        ["server.disconnect()", ({ s }) => s.disconnect(), "CLOSED", "PEER_ENDED"],
        ["kill_socket()", ({ s, socket }) => s.kill_socket(socket), "KILLED", "PEER_ENDED"],
        ["kill() of the session", ({ s }) => s.sessions[0]!.kill(), "KILLED", "PEER_ENDED"],
        ["end() of the server's socket", ({ socket }) => socket.end(), "CLOSED", "PEER_ENDED"],
        ["destroy() of the server's socket", ({ socket }) => socket.destroy(), "CLOSED", "PEER_ENDED"],
        ["a reset", ({ socket }) => socket.resetAndDestroy(), "CLOSED", "PEER_RESET"],
    ] as [string, (both: { s: SockhopServer; c: SockhopClient; socket: net.Socket }) => unknown, unknown, unknown][]) {
        it(`are told to both ends: ${how}`, async () => {
            const both = await pair();
            const reasons = [atServer && codeAt(both.s), atClient && codeAt(both.c)];
            void close(both);
            expect(await Promise.all(reasons)).to.deep.equal([atServer, atClient]);
        });
    }

    it("are REPLACED for a client that gets another socket", async () => {
        const { s, c } = await pair();
        const reason = codeAt(c);
        c.socket = await raw(s);
        expect(await reason).to.equal("REPLACED");
    });

    it("have the error of the socket", async () => {
        const { c } = await pair();
        const reason = reasonAt(c);
        const error = Object.assign(new Error("of the system"), { code: "ETIMEDOUT" });
        c.socket!.destroy(error);
        expect(await reason).to.deep.equal({ code: "SOCKET_ERROR", error });
    });

    it("have the error of a socket that sendall() finds destroyed", async () => {
        const { s, socket } = await pair();
        const reason = reasonAt(s);
        const error = new Error("of the program");
        socket.destroy(error);
        await s.sendall("x");
        expect(await reason).to.deep.equal({ code: "SOCKET_ERROR", error });
    });

    it("are PING_TIMEOUT for a peer without a sign of life", async () => {
        const { s, c, socket } = await pair();
        c.socket!.pause();
        c.socket!.removeAllListeners("data");
        const reason = reasonAt(s);
        socket.removeAllListeners("data");
        s.ping(2);
        expect(await reason).to.deep.equal({ code: "PING_TIMEOUT" });
    });

    it("are SLOW_CONSUMER for a peer that does not read", async () => {
        const s = server({ path: socketPath(), max_buffered: 1000, slow_consumer: "disconnect" });
        await s.listen();
        const accepted = once(s, "connect");
        await raw(s);
        const [socket] = (await accepted) as [net.Socket];
        const reason = reasonAt(s);
        s.send(socket, "x".repeat(2_000_000)).catch(() => undefined);
        s.send(socket, "one more").catch(() => undefined);
        const { code, error } = await reason;
        expect([code, error]).to.have.nested.property("[0]", "SLOW_CONSUMER");
        expect(error).to.have.property("code", "ERR_BUFFER_FULL");
    });

    for (const [code, text, errorCode] of [
        ["BAD_FRAMES", "nonsense\n".repeat(1000), "ERR_OBJECTBUFFER_BAD_BUFFER_DATA"],
        ["BAD_FRAMES", "POST / HTTP/1.1\r\n\r\n", "ERR_OBJECTBUFFER_BAD_BUFFER_DATA"],
        ["FRAME_TIMEOUT", '{"type', "ERR_FRAME_TIMEOUT"],
        ["MESSAGE_TOO_LARGE", frame("x".repeat(2000)), "ERR_MESSAGE_TOO_LARGE"],
    ] as const) {
        it(`are ${code} for a peer that sends ${JSON.stringify(text.slice(0, 15))}`, async () => {
            const s = server({ frame_timeout: 20, max_message_size: 1000 });
            s.on("error", () => undefined);
            await s.listen();
            const connected = once(s, "connect");
            const peer = await raw(s);
            await connected;
            const reason = reasonAt(s);
            peer.write(text);
            const { code: actual, error } = await reason;
            expect([actual, (error as { code?: string }).code]).to.deep.equal([code, errorCode]);
        });
    }

    it("are those of the first cause: the peer ends while replies are awaited", async () => {
        const { s, c, socket } = await pair();
        c.on("receive", () => c.disconnect());
        const reason = codeAt(s);
        await s.send(socket, "x", () => undefined);
        await s.kill_socket(socket, { drain: true });
        expect(await reason).to.equal("PEER_ENDED");
    });

    it("are PEER_ENDED for a peer whose end the program keeps half-open", async () => {
        const { s, c, socket } = await pair();
        socket.allowHalfOpen = true;
        const reason = codeAt(s);
        const ended = once(socket, "end");
        const closed = c.disconnect();
        await ended;
        socket.end();
        await closed;
        expect(await reason).to.equal("PEER_ENDED");
        later(() => socket.destroy());
    });

    it("are known to a client that reconnects", async () => {
        const { s } = await pair();
        const c = client({ ...placeOf(s), auto_reconnect: true });
        await once(c, "connect");
        const reason = codeAt(c);
        await s.disconnect();
        expect(await reason).to.equal("PEER_ENDED");
    });
});
