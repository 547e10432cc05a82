import { expect } from "chai";
import { FrameWriter, type QueuedBatch } from "../../../src/connection/writing/FrameWriter";
import { type LimitOptions, limitsOf } from "../../../src/connection/limits";
import { turns } from "../../support/eventLoop";
import { rejection } from "../../support/pair";
import { unhandled } from "../../support/rejections";
import { TestSocket } from "../../support/TestSocket";

const BROKEN = "ERR_SOCKET_DESTROYED";
/** More than a tick collects before it writes. */
const LONG = "x".repeat(100_000);

class Probe extends FrameWriter {
    send(frame: string): Promise<undefined> {
        return this.enqueue(frame);
    }

    sendAndForget(frame: string): void {
        this.enqueueAndForget(frame);
    }

    protected override keep(): never {
        throw new Error("only a connection that can be resumed keeps frames");
    }
}

describe("FrameWriter", () => {
    let socket: TestSocket;

    beforeEach(() => {
        socket = new TestSocket();
    });

    function create(options: LimitOptions = {}): Probe {
        return new Probe(socket.asSocket, limitsOf(options));
    }

    /** True as soon as a promise has resolved. */
    function watch(promise: Promise<unknown>): () => boolean {
        let hasResolved = false;
        void promise.then(() => (hasResolved = true));
        return () => hasResolved;
    }

    it("writes the frames of one tick together, in order, when the tick ends", async () => {
        const writer = create();
        const sent = writer.send("a\n");
        writer.sendAndForget("é\n");
        void writer.send("→\n");
        expect(socket.chunks).to.deep.equal([]);
        await sent;
        expect(socket.chunks.map(String)).to.deep.equal(["a\né\n→\n"]);
        expect(writer).to.include({ framesSent: 3, bytesSent: 9, buffered: 0 });
    });

    it("returns one promise for the frames of one tick, and another for the next", async () => {
        const writer = create();
        const first = writer.send("a");
        expect(writer.send("b")).to.equal(first);
        await first;
        expect(writer.send("c")).to.not.equal(first);
    });

    it("writes before the tick ends if it is long", () => {
        const writer = create();
        for (let n = 0; n < 100; n++) writer.sendAndForget("x".repeat(100));
        expect(socket.text.length).to.be.within(1000, 10_000);
        writer.flush();
        expect(socket.text).to.equal("x".repeat(10_000));
    });

    it("writes any text as UTF-8, short and long", async () => {
        const text = ["ascii", "é→😀", LONG, `${LONG}é`].join("\n");
        const writer = create();
        for (const frame of text.split("\n").map((line) => `${line}\n`)) await writer.send(frame);
        expect(socket.text === `${text}\n`).to.equal(true);
        expect(writer.bytesSent).to.equal(Buffer.byteLength(`${text}\n`));
    });

    it("writes at once when it is flushed, and nothing twice", async () => {
        const writer = create();
        writer.sendAndForget("a");
        writer.flush();
        expect(socket.text).to.equal("a");
        writer.flush();
        await turns(1);
        expect(socket.text).to.equal("a");
    });

    it("resolves when the system has the bytes", async () => {
        socket.isSlow = true;
        const writer = create();
        const hasResolved = watch(writer.send("abc"));
        await turns(3);
        expect([hasResolved(), writer.buffered, writer.hasPendingWrites, writer.bytesSent]).to.deep.equal([
            false,
            3,
            true,
            0,
        ]);
        socket.accept();
        await turns(3);
        expect([hasResolved(), writer.buffered, writer.hasPendingWrites, writer.bytesSent]).to.deep.equal([
            true,
            0,
            false,
            3,
        ]);
    });

    it("counts the frames that are not written yet as buffered", () => {
        const writer = create();
        writer.sendAndForget("é");
        expect(writer.buffered).to.equal(2);
        expect(writer.bytesPending).to.equal(0);
    });

    it("rejects if the socket is destroyed before the system has the bytes", async () => {
        socket.isSlow = true;
        const writer = create();
        const sent = writer.send("abc");
        await turns(1);
        socket.destroy();
        expect(await rejection(sent)).to.have.property("code", BROKEN);
        expect([writer.bytesSent, writer.buffered]).to.deep.equal([0, 0]);
    });

    it("rejects even if Node calls back the write of a destroyed socket without an error", async () => {
        socket.isSlow = true;
        const writer = create();
        const earlier = writer.send("earlier");
        await turns(1);
        socket.accept();
        await earlier;
        socket.isSlow = true;
        const sent = writer.send("abc");
        await turns(1);
        socket.destroy();
        expect(await rejection(sent)).to.have.property("code", BROKEN);
        expect(writer.bytesSent).to.equal(7);
    });

    it("rejects if the socket is not writable, without an unhandled rejection", async () => {
        const reasons = unhandled();
        const writer = create();
        socket.destroy();
        const sent = writer.send("abc");
        await turns(3);
        expect(reasons).to.deep.equal([]);
        expect(await rejection(sent)).to.have.property("code", BROKEN);
        expect(socket.chunks).to.deep.equal([]);
    });

    it("destroys the socket and rejects if its write() throws", async () => {
        const error = new Error("of the program");
        const writer = create();
        socket.write = () => {
            throw error;
        };
        expect(await rejection(writer.send("abc"))).to.have.property("code", BROKEN);
        expect([socket.destroyed, socket.errored]).to.deep.equal([true, error]);
    });

    it("waits for the callback of the write with TLS", async () => {
        Object.assign(socket, { encrypted: true });
        const writer = create();
        let hasWritten = false;
        const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
        socket.write = ((chunk: unknown, encoding: unknown, done: () => void) =>
            write(chunk, encoding, () => {
                hasWritten = true;
                done();
            })) as typeof socket.write;
        await writer.send("abc");
        expect([hasWritten, socket.text]).to.deep.equal([true, "abc"]);
    });

    it("lets the event loop turn in a loop that awaits each write", async () => {
        const writer = create();
        let sent = 0;
        let sentBeforeTurn = Infinity;
        setImmediate(() => (sentBeforeTurn = sent));
        for (; sent < 3000; sent++) await writer.send("x");
        expect(sentBeforeTurn).to.be.below(3000);
    });

    describe("above max_buffered", () => {
        /** A writer with 10 bytes pending, of at most 10. */
        async function full(slow_consumer: LimitOptions["slow_consumer"]): Promise<Probe> {
            const writer = create({ max_buffered: 10, slow_consumer });
            socket.isSlow = true;
            writer.sendAndForget("x".repeat(9));
            expect(writer.overLimit).to.equal(false);
            writer.sendAndForget("x");
            expect(writer.overLimit).to.equal(true);
            await turns(1);
            expect([writer.overLimit, writer.exceeds(10), writer.exceeds(11)]).to.deep.equal([true, true, false]);
            return writer;
        }

        it('refuses nothing with "wait"', async () => {
            expect((await full("wait")).writeError()).to.equal(undefined);
        });

        it('refuses a frame with "drop"', async () => {
            expect((await full("drop")).writeError()).to.have.property("code", "ERR_BUFFER_FULL");
            expect(socket.destroyed).to.equal(false);
        });

        it('refuses a frame and destroys the socket with "disconnect"', async () => {
            const error = (await full("disconnect")).writeError();
            expect(error).to.have.property("code", "ERR_BUFFER_FULL");
            expect(socket.errored).to.equal(error);
        });

        /** Sends a reply of 10 bytes. Returns its error. */
        function reply(writer: Probe): Error | undefined {
            const error = writer.replyError(10);
            if (!error) writer.sendAndForget("x".repeat(10));
            return error;
        }

        it('accepts replies up to eight times as much with "wait", and then destroys the socket', async () => {
            const writer = await full("wait");
            for (let n = 0; n < 7; n++) expect(reply(writer)).to.equal(undefined);
            expect(socket.destroyed).to.equal(false);
            const error = reply(writer);
            expect(error).to.have.property("code", "ERR_BUFFER_FULL");
            expect(socket.errored).to.equal(error);
        });

        it("accepts any number of replies that the peer reads", async () => {
            const writer = await full("wait");
            for (let n = 0; n < 20; n++) {
                expect(reply(writer)).to.equal(undefined);
                socket.accept();
                socket.isSlow = true;
                await turns(1);
                expect([writer.exceeds(10), writer.exceeds(11)]).to.deep.equal([true, false]);
            }
        });

        it("counts replies anew after the peer has read", async () => {
            const writer = await full("wait");
            for (let n = 0; n < 7; n++) reply(writer);
            socket.accept();
            await turns(1);
            expect(reply(writer)).to.equal(undefined);
            socket.isSlow = true;
            writer.sendAndForget("x".repeat(10));
            for (let n = 0; n < 6; n++) expect(reply(writer)).to.equal(undefined);
            expect(socket.destroyed).to.equal(false);
        });

        it("calls each listener once when less is pending", async () => {
            const calls: string[] = [];
            const writer = await full("wait");
            writer.onceWritable(() => calls.push("first"));
            writer.onceWritable(() => calls.push("second"));
            await turns(3);
            expect(calls).to.deep.equal([]);
            socket.accept();
            await turns(2);
            await writer.send("x");
            await turns(2);
            expect(calls).to.deep.equal(["first", "second"]);
        });
    });

    it("reports a closed socket before a full buffer", () => {
        const writer = create({ max_buffered: 1, slow_consumer: "drop" });
        writer.sendAndForget("xx");
        socket.destroy();
        expect([writer.writeError()?.code, writer.replyError(1)?.code]).to.deep.equal([BROKEN, BROKEN]);
    });

    it("writes a broadcast after earlier frames and before later ones", async () => {
        const writer = create();
        const broadcast: QueuedBatch = {
            length: 3,
            frames: 2,
            flush: () => {
                writer.writeBroadcast(Buffer.from("B1\nB2\n"), broadcast);
            },
            settle: (_socket, error) => void settled.push(error),
        };
        const settled: unknown[] = [];
        writer.sendAndForget("before\n");
        writer.beginBroadcast(broadcast);
        expect(writer.buffered).to.equal("before\n".length + 3);
        await writer.send("after\n");
        expect(socket.text).to.equal("before\nB1\nB2\nafter\n");
        expect([settled, writer.framesSent, writer.buffered]).to.deep.equal([[undefined], 4, 0]);
    });
});
