import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import type net from "node:net";
import type { SockhopError } from "../../../src";
import { ObjectBuffer } from "../../../src/codec/ObjectBuffer";
import { Connection } from "../../../src/connection/Connection";
import { type LimitOptions, limitsOf } from "../../../src/connection/limits";
import type { Broadcast } from "../../../src/server/broadcasts/Broadcast";
import type { BroadcastFrame } from "../../../src/server/broadcasts/BroadcastFrame";
import { broadcastOf } from "../../support/broadcastOf";
import { turns } from "../../support/eventLoop";
import { later, rejection } from "../../support/pair";
import { unhandled } from "../../support/rejections";
import { TestSocket } from "../../support/TestSocket";

type Rejection = SockhopError & { failures: { socket: net.Socket; error: SockhopError }[] };

/** A broadcast to connections without a codec for bytes. */
function line(text: string): BroadcastFrame {
    return { text, bytes: undefined, errors: undefined, length: text.length, for: () => text };
}

describe("Broadcast", () => {
    let sockets: TestSocket[];
    let connections: Connection[];

    /** Creates connections without a network. */
    function create(count: number, options: LimitOptions = {}): void {
        const owner = {
            _objectBuffer: new ObjectBuffer(),
            _limits: limitsOf(options),
            _peerName: () => "a peer",
            _onSocketTaken: () => undefined,
            _onAborted: () => undefined,
        };
        sockets = Array.from({ length: count }, () => new TestSocket());
        connections = sockets.map((socket) => new Connection(socket.asSocket, owner));
    }

    const texts = (): string[] => sockets.map(({ text }) => text);

    /** Sockets and codes of the failures. */
    async function failuresOf(broadcast: Broadcast): Promise<unknown[]> {
        const { failures } = (await rejection(broadcast.promise)) as Rejection;
        return failures.map(({ socket, error }) => [sockets.indexOf(socket as unknown as TestSocket), error.code]);
    }

    beforeEach(() => {
        create(3);
    });

    it("writes its frames to all connections in one chunk, when the tick ends", async () => {
        const broadcast = broadcastOf(connections, line("1\n"));
        broadcast.push(line("é\n"));
        expect(texts()).to.deep.equal(["", "", ""]);
        expect(await broadcast.promise).to.deep.equal([undefined, undefined, undefined]);
        expect(sockets.map(({ chunks }) => chunks.map(String))).to.deep.equal(Array(3).fill(["1\né\n"]));
        expect(connections.map(({ framesSent, bytesSent }) => [framesSent, bytesSent])).to.deep.equal(
            Array(3).fill([2, 5]),
        );
    });

    it("keeps the order of what is sent to one connection", async () => {
        connections[0]!.writeAndForget("before\n");
        const broadcast = broadcastOf(connections, line("B\n"));
        connections[0]!.writeAndForget("after\n");
        await broadcast.promise;
        await turns(1);
        expect(texts()).to.deep.equal(["before\nB\nafter\n", "B\n", "B\n"]);
    });

    it("keeps the order of two broadcasts in one tick", async () => {
        const first = broadcastOf(connections, line("1\n"));
        const second = broadcastOf(connections.slice(1), line("2\n"));
        await Promise.all([first.promise, second.promise]);
        expect(texts()).to.deep.equal(["1\n", "1\n2\n", "1\n2\n"]);
    });

    it("writes before the tick ends if it is long", () => {
        const broadcast = broadcastOf(connections, line("x\n"));
        for (let n = 0; n < 100; n++) if (broadcast.isFor(connections)) broadcast.push(line("x".repeat(1000)));
        expect(sockets.every(({ text }) => text.length > 50_000)).to.equal(true);
    });

    describe("isFor()", () => {
        it("is true for the same connections until it is written", async () => {
            const broadcast = broadcastOf(connections, line("1\n"));
            expect(broadcast.isFor([...connections])).to.equal(true);
            await broadcast.promise;
            expect(broadcast.isFor(connections)).to.equal(false);
        });

        it("is false for other connections", () => {
            const broadcast = broadcastOf(connections, line("1\n"));
            expect(broadcast.isFor(connections.slice(1))).to.equal(false);
            expect(broadcast.isFor([...connections].reverse())).to.equal(false);
        });

        it("is false once one of them has too much pending", () => {
            create(3, { max_buffered: 10 });
            const broadcast = broadcastOf(connections, line("1\n"));
            expect(broadcast.isFor(connections)).to.equal(true);
            broadcast.push(line("x".repeat(20)));
            expect(broadcast.isFor(connections)).to.equal(false);
        });
    });

    it("rejects with the failures of closed connections, after the others have it", async () => {
        sockets[1]!.destroy();
        const broadcast = broadcastOf(connections, line("1\n"));
        expect(await failuresOf(broadcast)).to.deep.equal([[1, "ERR_SOCKET_DESTROYED"]]);
        expect(texts()).to.deep.equal(["1\n", "", "1\n"]);
        expect(await rejection(broadcast.promise)).to.have.property("code", "ERR_SOCKET_DESTROYED");
    });

    it("rejects if no connection is open, without an unhandled rejection", async () => {
        const reasons = unhandled();
        for (const socket of sockets) socket.destroy();
        const broadcast = broadcastOf(connections, line("1\n"));
        await turns(3);
        expect(reasons).to.deep.equal([]);
        expect(await failuresOf(broadcast)).to.have.length(3);
    });

    it("rejects if a connection breaks before the system has the bytes", async () => {
        for (const socket of sockets) socket.isSlow = true;
        const broadcast = broadcastOf(connections, line("1\n"));
        await turns(1);
        sockets[2]!.destroy();
        sockets[0]!.accept();
        sockets[1]!.accept();
        expect(await failuresOf(broadcast)).to.deep.equal([[2, "ERR_SOCKET_DESTROYED"]]);
    });

    it("skips a connection above max_buffered, unless all are above it", async () => {
        create(2, { max_buffered: 5 });
        sockets[0]!.isSlow = true;
        connections[0]!.writeAndForget("12345");
        await turns(1);
        expect(await failuresOf(broadcastOf(connections, line("1\n")))).to.deep.equal([[0, "ERR_BUFFER_FULL"]]);
        const single = broadcastOf([connections[0]!], line("2\n"));
        sockets[0]!.accept();
        await single.promise;
        await turns(1);
        expect(texts()).to.deep.equal(["123452\n", "1\n"]);
    });

    describe("with a slow connection", () => {
        let clock: FakeTimers.Clock;

        beforeEach(() => {
            clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
            later(() => clock.uninstall());
        });

        /** True as soon as the promise has settled. */
        function watch({ promise }: Broadcast): () => boolean {
            let hasSettled = false;
            void promise.finally(() => (hasSettled = true)).catch(() => undefined);
            return () => hasSettled;
        }

        it("waits for it one second, and not for the next frame", async () => {
            sockets[0]!.isSlow = true;
            const hasSettled = watch(broadcastOf(connections, line("1\n")));
            await turns(2);
            clock.tick(999);
            await turns(1);
            expect(hasSettled()).to.equal(false);
            clock.tick(1);
            await turns(1);
            expect(hasSettled()).to.equal(true);

            await broadcastOf(connections, line("2\n")).promise;
            expect(sockets[1]!.text).to.equal("1\n2\n");
            sockets[0]!.accept();
            await turns(2);
            expect(sockets[0]!.text).to.equal("1\n2\n");
        });

        it("resolves as soon as the connection has the bytes, and leaves no timer", async () => {
            sockets[0]!.isSlow = true;
            const hasSettled = watch(broadcastOf(connections, line("1\n")));
            await turns(2);
            expect(hasSettled()).to.equal(false);
            sockets[0]!.accept();
            await turns(2);
            expect([hasSettled(), clock.countTimers()]).to.deep.equal([true, 0]);
        });

        it("waits for the first if all are slow, longer than a second", async () => {
            for (const socket of sockets) socket.isSlow = true;
            const hasSettled = watch(broadcastOf(connections, line("1\n")));
            await turns(2);
            clock.tick(5000);
            await turns(1);
            expect(hasSettled()).to.equal(false);
            sockets[1]!.accept();
            await turns(2);
            expect(hasSettled()).to.equal(true);
        });
    });
});
