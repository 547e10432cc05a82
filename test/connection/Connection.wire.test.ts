import { expect } from "chai";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type net from "node:net";
import { ObjectBuffer } from "../../src/codec/ObjectBuffer";
import { Connection } from "../../src/connection/Connection";
import type { QueuedBatch } from "../../src/connection/writing/FrameWriter";
import { type LimitOptions, limitsOf } from "../../src/connection/limits";
import { PendingCallback } from "../../src/replies/PendingCallback";
import { PendingResponse } from "../../src/replies/PendingRequest";
import { turns } from "../support/eventLoop";
import { later, rejection } from "../support/pair";
import { TestSocket } from "../support/TestSocket";
import { TestFormat, type TestWire, split } from "../support/TestWire";

const LINE = '{"type":"String","data":"line"}\n';
const PING = '{"type":"SockhopPing","data":{"_id":1}}\n';

describe("Connection with a wire", () => {
    let socket: TestSocket;
    let connection: Connection;
    let wire: TestWire;

    beforeEach(() => {
        create();
    });

    function create(options: LimitOptions = {}): void {
        socket = new TestSocket();
        connection = new Connection(socket.asSocket, {
            _objectBuffer: new ObjectBuffer(),
            _limits: limitsOf(options),
            _peerName: () => "a peer",
            _onSocketTaken: () => undefined,
            _onAborted: () => undefined,
        });
        connection.state = "open";
        wire = new TestFormat().createWire();
        connection.agree(wire);
    }

    const send = (value: unknown): Promise<undefined> => connection.send(connection.encoder.encodeMessage(value));

    /** What was written: lines, and the data of the messages of each frame. */
    const parts = (): unknown[] => split(Buffer.concat(socket.chunks));

    it("has the name of its codec", () => {
        expect(connection.codec).to.equal("test");
        connection.wire = undefined;
        expect(connection.codec).to.equal("json");
    });

    it("encodes for its wire, and lines without one", () => {
        expect(connection.encoder).to.equal(wire);
        connection.wire = undefined;
        expect(connection.encoder).to.equal(connection.endpoint._objectBuffer.json);
    });

    it("writes the messages of one tick in one frame, when the tick ends", async () => {
        const sent = send(new Map([[1, new Date(0)]]));
        expect(send("b")).to.equal(sent);
        expect(socket.chunks).to.deep.equal([]);
        await sent;
        expect(socket.chunks).to.have.length(1);
        expect(parts()).to.deep.equal([[new Map([[1, new Date(0)]]), "b"]]);
        expect(connection).to.include({ framesSent: 2, bytesSent: socket.chunks[0]!.length, buffered: 0 });
        expect(send("c")).to.not.equal(sent);
    });

    it("writes what was sent before the agreement as lines, and nothing of it later", async () => {
        connection.wire = undefined;
        const sent = send("line");
        connection.agree(wire);
        expect(parts()).to.deep.equal([LINE]);
        await Promise.all([sent, send("frame")]);
        expect(parts()).to.deep.equal([LINE, ["frame"]]);
    });

    it("keeps the order of lines and frames", async () => {
        void send("a");
        void send("b");
        connection.sendControl("ping", { _id: 1 });
        connection.writeAndForget(LINE);
        void send("c");
        void connection.write(LINE);
        await send("d");
        expect(parts()).to.deep.equal([["a", "b"], PING, LINE, ["c"], LINE, ["d"]]);
        expect(connection.framesSent).to.equal(7);
    });

    it("writes nothing between two frames of the same kind", async () => {
        connection.sendControl("ping", { _id: 1 });
        connection.writeAndForget(LINE);
        void send("a");
        await send("b");
        expect(socket.chunks).to.have.length(2);
        expect(parts()).to.deep.equal([PING, LINE, ["a", "b"]]);
    });

    it("resolves the promises of lines and frames of one tick when each is written", async () => {
        const line = connection.send(LINE);
        const frame = send("a");
        expect(frame).to.not.equal(line);
        expect(await Promise.all([line, frame])).to.deep.equal([undefined, undefined]);
    });

    it("writes whole frames of its format between others", async () => {
        const shared = wire.format.encodeShared(new Set([1]));
        void send("a");
        await connection.send(shared);
        connection.writeAndForget(shared);
        await send("b");
        expect(parts()).to.deep.equal([["a"], [new Set([1])], [new Set([1])], ["b"]]);
    });

    it("does not write a message that is encoded and not sent", async () => {
        void send("a");
        connection.encoder.encodeMessage("never");
        await send("b");
        expect(parts()).to.deep.equal([["a", "b"]]);
    });

    it("keeps nothing of a value that cannot be encoded", async () => {
        void send("a");
        expect(() => send(() => 1))
            .to.throw()
            .with.property("code", "ERR_BAD_DATA");
        await send("b");
        expect([parts(), connection.framesSent, connection.buffered]).to.deep.equal([[["a", "b"]], 2, 0]);
    });

    it("writes before the tick ends if it is long", () => {
        for (let n = 0; n < 100; n++) void send("x".repeat(1000));
        expect(Buffer.concat(socket.chunks).length).to.be.above(50_000);
        expect(socket.chunks.length).to.be.below(20);
        connection.flush();
        expect((parts() as unknown[][]).flat()).to.deep.equal(Array(100).fill("x".repeat(1000)));
    });

    it("counts bytes as buffered until the system has them", async () => {
        create({ max_buffered: 2000 });
        socket.isSlow = true;
        void send("→".repeat(500));
        expect(connection.buffered).to.equal(wire.length).and.be.within(1000, 1100);
        expect([connection.overLimit, connection.bytesPending]).to.deep.equal([false, 0]);
        void send("→".repeat(500));
        expect(connection.overLimit).to.equal(true);
        await turns(1);
        expect(connection.buffered).to.equal(connection.bytesPending).and.be.within(2000, 2200);
        expect([wire.length, connection.hasPendingWrites, connection.overLimit]).to.deep.equal([0, true, true]);
        socket.accept();
        await turns(1);
        expect(connection).to.include({
            buffered: 0,
            overLimit: false,
            bytesSent: Buffer.concat(socket.chunks).length,
        });
    });

    it("refuses frames above max_buffered", async () => {
        create({ max_buffered: 1000, slow_consumer: "drop" });
        socket.isSlow = true;
        void send("x".repeat(1000));
        expect(await rejection(send("y"))).to.have.property("code", "ERR_BUFFER_FULL");
        connection.sendControl("ping", { _id: 1 });
        const call = new PendingCallback(() => undefined, undefined);
        wire.identify(call);
        connection.sendCancel(call);
        await turns(1);
        expect(parts()).to.deep.equal([["x".repeat(1000)]]);
    });

    it("destroys the connection of a slow reader, in the middle of a message", async () => {
        create({ max_buffered: 1000, slow_consumer: "disconnect" });
        void send("x".repeat(1000));
        expect(await rejection(send("y"))).to.have.property("code", "ERR_BUFFER_FULL");
        expect([socket.destroyed, parts()]).to.deep.equal([true, [["x".repeat(1000)]]]);
    });

    it("rejects if the socket is destroyed, before or while the frame is pending", async () => {
        socket.isSlow = true;
        const pending = send("a");
        await turns(1);
        socket.destroy();
        expect(await rejection(pending)).to.have.property("code", "ERR_SOCKET_DESTROYED");
        expect(await rejection(send("b"))).to.have.property("code", "ERR_SOCKET_DESTROYED");
        expect([parts(), wire.length]).to.deep.equal([[["a"]], 0]);
    });

    it("writes pending frames before the socket is ended or destroyed", async () => {
        for (const end of ["end", "destroy"] as const) {
            create();
            connection.writeAndForget(LINE);
            void send("last");
            socket[end]();
            await turns(1);
            expect(parts()).to.deep.equal([LINE, ["last"]]);
        }
    });

    it("keeps the reply to a call, which has a number", async () => {
        const call = new PendingCallback(() => undefined, undefined);
        await connection.send(connection.encoder.encodeCall("q", call), call);
        expect(connection.callbacks?.get(1)).to.equal(call);
        expect(connection.callbacks?.get(call.uuid)).to.equal(undefined);
        expect(split(socket.chunks[0]!, true)).to.deep.equal([[["call", "String", "q", 1]]]);
    });

    it("refuses a call above max_pending, and keeps the next number for the next", async () => {
        create({ max_pending: 1 });
        const [first, second] = [new PendingResponse(), new PendingResponse()];
        await connection.send(connection.encoder.encodeRequest("1", first), first);
        const sent = connection.send(connection.encoder.encodeRequest("2", second), second);
        expect(await rejection(sent)).to.have.property("code", "ERR_MAX_PENDING");
        expect(await rejection(second.promise)).to.have.property("code", "ERR_MAX_PENDING");
        first.receive({ data: "a", last: true });
        expect(await first.promise).to.equal("a");
        const third = new PendingResponse();
        await connection.send(connection.encoder.encodeRequest("3", third), third);
        expect([connection.requests?.get(1), connection.requests?.get(third.id)]).to.deep.equal([undefined, third]);
    });

    it("cancels a request by its number", async () => {
        const request = new PendingResponse();
        await connection.send(connection.encoder.encodeRequest("q", request), request);
        request.receive({ data: 1 });
        await turns(1);
        expect(split(socket.chunks[1]!, true)).to.deep.equal([[["cancel", "Object", {}, 1]]]);
    });

    it("publishes type and size of each frame", async () => {
        const published: unknown[] = [];
        const onSent = (sent: unknown): void => {
            const { type, bytes } = sent as { type: unknown; bytes: number };
            published.push([type, bytes > 0]);
        };
        subscribe("sockhop:message:sent", onSent);
        later(() => unsubscribe("sockhop:message:sent", onSent));
        void send(new Map());
        connection.writeAndForget(wire.format.encodeShared(new Set()));
        connection.sendControl("ping", { _id: 1 });
        await send("a");
        expect(published).to.deep.equal([
            ["Map", true],
            ["Set", true],
            ["SockhopPing", true],
            ["String", true],
        ]);
    });

    describe("with a broadcast", () => {
        /** Frames of a server for several connections. */
        function begin(bytes: string | Buffer = LINE): QueuedBatch {
            const broadcast: QueuedBatch = {
                length: bytes.length,
                frames: 1,
                flush: () => {
                    connection.writeBroadcast(Buffer.from(bytes), broadcast);
                },
                settle: () => undefined,
            };
            connection.beginBroadcast(broadcast);
            return broadcast;
        }

        it("writes its own frames before it and behind it", async () => {
            void send("before");
            begin();
            await send("after");
            begin(wire.format.encodeShared("shared"));
            connection.sendControl("ping", { _id: 1 });
            await turns(1);
            expect(parts()).to.deep.equal([["before"], LINE, ["after"], ["shared"], PING]);
        });

        it("writes the broadcast before the agreement", () => {
            connection.wire = undefined;
            begin();
            connection.agree(wire);
            expect(parts()).to.deep.equal([LINE]);
        });

        it("counts the bytes of both", () => {
            const before = begin().length;
            expect(connection.buffered).to.equal(before);
        });

        it("writes a broadcast that begins while a value is encoded", async () => {
            const value = {
                get member(): string {
                    if (socket.chunks.length === 0 && connection.buffered === 0) begin();
                    return "x";
                },
            };
            await send(value);
            expect(parts()).to.deep.equal([[{ member: "x" }], LINE]);
        });
    });

    describe("release()", () => {
        it("keeps the memory, if the socket is not one of Node", async () => {
            await send("a");
            expect(wire.releases).to.deep.equal([false]);
        });

        it("is called when the write throws", async () => {
            (socket as unknown as net.Socket).write = () => {
                throw new Error("of the program");
            };
            expect(await rejection(send("a"))).to.have.property("code", "ERR_SOCKET_DESTROYED");
            expect([wire.releases.length, wire.length, socket.destroyed]).to.deep.equal([1, 0, true]);
        });

        it("is called if the socket is already closed", () => {
            void send("a");
            Object.defineProperty(socket, "writable", { value: false });
            connection.flush();
            expect([wire.releases.length, wire.length]).to.deep.equal([1, 0]);
        });
    });

    it("writes in order if the program sends inside of write()", async () => {
        const write = socket.write.bind(socket);
        let hasSent = false;
        socket.write = ((chunk: Buffer, encoding: BufferEncoding, done?: () => void) => {
            const result = write(chunk, encoding, done);
            if (hasSent) return result;
            hasSent = true;
            void send("inner 1");
            connection.sendControl("ping", { _id: 1 });
            void send("inner 2");
            return result;
        }) as typeof socket.write;
        void send("outer");
        await turns(2);
        expect(parts()).to.deep.equal([["outer"], ["inner 1"], PING, ["inner 2"]]);
    });
});
