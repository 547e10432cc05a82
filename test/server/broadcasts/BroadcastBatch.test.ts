import { expect } from "chai";
import { ObjectBuffer } from "../../../src/codec/ObjectBuffer";
import { Connection } from "../../../src/connection/Connection";
import { limitsOf } from "../../../src/connection/limits";
import type { BroadcastFrame } from "../../../src/server/broadcasts/BroadcastFrame";
import { broadcastOf } from "../../support/broadcastOf";
import { TestSocket } from "../../support/TestSocket";

function line(text: string): BroadcastFrame {
    return { text, bytes: undefined, errors: undefined, length: text.length, for: () => text };
}

describe("BroadcastBatch", () => {
    let sockets: TestSocket[];
    let connections: Connection[];

    beforeEach(() => {
        const owner = {
            _objectBuffer: new ObjectBuffer(),
            _limits: limitsOf({}),
            _peerName: () => "a peer",
            _onSocketTaken: () => undefined,
            _onAborted: () => undefined,
        };
        sockets = Array.from({ length: 4 }, () => new TestSocket());
        connections = sockets.map((socket) => new Connection(socket.asSocket, owner));
    });

    const some = (...indexes: number[]): Connection[] => indexes.map((index) => connections[index]!);
    const chunks = (): string[][] => sockets.map((socket) => socket.chunks.map(String));

    it("writes once to each connection, whatever sets it belongs to", async () => {
        const sent = [
            broadcastOf(some(0, 1, 2), line("A1")),
            broadcastOf(some(1, 2, 3), line("B1")),
            broadcastOf(some(0, 1, 2), line("A2")),
            broadcastOf(some(1, 2, 3), line("B2")),
            broadcastOf(some(2), line("C")),
        ];
        const results = await Promise.all(sent.map(({ promise }) => promise));
        expect(results.map(({ length }) => length)).to.deep.equal([3, 3, 3, 3, 1]);
        expect(chunks()).to.deep.equal([["A1A2"], ["A1B1A2B2"], ["A1B1A2B2C"], ["B1B2"]]);
        expect(connections.map(({ framesSent }) => framesSent)).to.deep.equal([2, 4, 5, 2]);
    });

    it("counts what is queued for each connection", async () => {
        broadcastOf(some(0, 1), line("12345"));
        broadcastOf(some(1, 2), line("678"));
        expect(connections.map(({ buffered }) => buffered)).to.deep.equal([5, 8, 3, 0]);
        await broadcastOf(some(3), line("9")).promise;
        expect(connections.map(({ buffered }) => buffered)).to.deep.equal([0, 0, 0, 0]);
    });

    it("writes before a frame to one of its connections, and behind earlier ones", async () => {
        connections[1]!.writeAndForget("before ");
        broadcastOf(some(0, 1), line("A "));
        broadcastOf(some(1, 2), line("B "));
        connections[1]!.writeAndForget("after ");
        await broadcastOf(some(0, 1), line("C ")).promise;
        expect(sockets.map(({ text }) => text)).to.deep.equal(["A C ", "before A B after C ", "B ", ""]);
    });

    it("settles each broadcast by its own connections", async () => {
        for (const socket of sockets) socket.isSlow = true;
        const settled: string[] = [];
        const first = broadcastOf(some(0, 1), line("1")).promise.then(() => settled.push("first"));
        const second = broadcastOf(some(1, 2), line("2")).promise.catch(() => settled.push("second"));
        await new Promise((resolve) => setImmediate(resolve));
        sockets[0]!.accept();
        sockets[1]!.accept();
        await first;
        expect(settled).to.deep.equal(["first"]);
        sockets[2]!.destroy();
        await second;
        expect(settled).to.deep.equal(["first", "second"]);
    });

    it("keeps the order for a program that has replaced socket.write(), and sends there", async () => {
        const socket = sockets[0]!;
        const write = socket.write.bind(socket);
        let hasSent = false;
        socket.write = ((...args: Parameters<typeof write>) => {
            const result = write(...args);
            if (hasSent) return result;
            hasSent = true;
            broadcastOf(some(0, 1, 2), line("inner "));
            connections[2]!.writeAndForget("one ");
            return result;
        }) as typeof write;
        broadcastOf(some(0, 1, 2), line("outer "));
        await new Promise((resolve) => setImmediate(resolve));
        expect(sockets.map(({ text }) => text)).to.deep.equal(["outer inner ", "outer inner ", "outer inner one ", ""]);
    });
});
