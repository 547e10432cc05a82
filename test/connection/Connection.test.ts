import { expect } from "chai";
import type { SockhopError } from "../../src";
import { ObjectBuffer } from "../../src/codec/ObjectBuffer";
import { Connection, connectionOf } from "../../src/connection/Connection";
import { refuseToSend } from "../../src/connection/Sender";
import { type LimitOptions, limitsOf } from "../../src/connection/limits";
import { PendingResponse } from "../../src/replies/PendingRequest";
import { turns } from "../support/eventLoop";
import { rejection } from "../support/pair";
import { unhandled } from "../support/rejections";
import { TestSocket } from "../support/TestSocket";

const BROKEN = "ERR_SOCKET_DESTROYED";

describe("Connection", () => {
    let socket: TestSocket;

    beforeEach(() => {
        socket = new TestSocket();
    });

    function create(options: LimitOptions & { max_message_size?: number } = {}): Connection {
        const owner = {
            _objectBuffer: new ObjectBuffer(options),
            _limits: limitsOf(options),
            _peerName: () => "a peer",
            _onSocketTaken: () => undefined,
            _onAborted: () => undefined,
        };
        return new Connection(socket.asSocket, owner);
    }

    /** A request with the code of the error that it has failed with. */
    function request(): { reply: PendingResponse; code: () => string | undefined } {
        const reply = new PendingResponse();
        let code: string | undefined;
        reply.promise.catch((error: unknown) => (code = (error as SockhopError).code));
        return { reply, code: () => code };
    }

    it("is found by its socket, of which the newest connection counts", () => {
        expect(connectionOf(socket.asSocket)).to.equal(undefined);
        create();
        const second = create();
        expect(connectionOf(socket.asSocket)).to.equal(second);
    });

    it("writes pending frames before the socket is ended or destroyed", async () => {
        for (const end of ["end", "destroy"] as const) {
            socket = new TestSocket();
            create().writeAndForget("last\n");
            socket[end]();
            await turns(1);
            expect(socket.text).to.equal("last\n");
        }
    });

    describe("send()", () => {
        it("resolves when the system has the frame", async () => {
            await create().send("frame\n");
            expect(socket.text).to.equal("frame\n");
        });

        it("keeps the reply that the frame expects", async () => {
            const connection = create();
            const { reply } = request();
            const { uuid } = reply;
            await connection.send("frame\n", reply);
            expect(connection.requests?.get(uuid)).to.equal(reply);
            expect(connection.pending).to.equal(1);
        });

        it("fails the reply with the same error if the socket is closed, without an unhandled rejection", async () => {
            const reasons = unhandled();
            socket.destroy();
            const connection = create();
            const { reply, code } = request();
            const sent = connection.send("frame\n", reply);
            await turns(2);
            expect(reasons).to.deep.equal([]);
            expect((await rejection(sent)).code).to.equal(BROKEN);
            expect([code(), connection.pending]).to.deep.equal([BROKEN, 0]);
        });

        it("refuses a reply above max_pending, and sends nothing for it", async () => {
            const connection = create({ max_pending: 2 });
            await connection.send("1\n", request().reply);
            await connection.send("2\n", request().reply);
            const { reply, code } = request();
            expect((await rejection(connection.send("3\n", reply))).code).to.equal("ERR_MAX_PENDING");
            expect([code(), connection.pending]).to.deep.equal(["ERR_MAX_PENDING", 2]);
            await connection.send("no reply\n");
            expect(socket.text).to.equal("1\n2\nno reply\n");
        });
    });

    describe("sendControl()", () => {
        it("writes a control message", async () => {
            create().sendControl("ping", { _id: 1 });
            await turns(1);
            expect(socket.text).to.equal('{"type":"SockhopPing","data":{"_id":1}}\n');
        });

        it("writes nothing while more than max_buffered is pending", async () => {
            const connection = create({ max_buffered: 5 });
            socket.isSlow = true;
            connection.writeAndForget("12345");
            connection.sendControl("ping", { _id: 1 });
            socket.accept();
            await turns(1);
            expect(socket.text).to.equal("12345");
        });

        it("writes nothing if the message is too large, and does not throw", async () => {
            create({ max_message_size: 50 }).sendControl("pong", { _id: "x".repeat(100) });
            await turns(1);
            expect(socket.text).to.equal("");
        });
    });

    describe("drain()", () => {
        /** True as soon as `drain()` has resolved. */
        function draining(connection: Connection): () => boolean {
            let hasResolved = false;
            void connection.drain().then(() => (hasResolved = true));
            return () => hasResolved;
        }

        it("resolves at once if no reply is pending", async () => {
            const isDrained = draining(create());
            await turns(1);
            expect(isDrained()).to.equal(true);
        });

        it("resolves when the last reply has arrived, or has been sent", async () => {
            const connection = create();
            connection.state = "open";
            const { reply } = request();
            await connection.send("frame\n", reply);
            connection.openReplies = 1;
            const isDrained = draining(connection);
            reply.receive({ data: 1, last: true });
            await turns(1);
            expect(isDrained()).to.equal(false);
            connection.openReplies = 0;
            connection.endReply();
            await turns(1);
            expect(isDrained()).to.equal(true);
        });

        it("resolves when the connection is closed", async () => {
            const connection = create();
            connection.openReplies = 1;
            const isDrained = draining(connection);
            connection.state = "closed";
            connection.endReply();
            await turns(1);
            expect(isDrained()).to.equal(true);
        });

        it("accepts no new requests meanwhile", () => {
            const connection = create();
            expect(connection.acceptsRequests).to.equal(true);
            connection.openReplies = 1;
            void connection.drain();
            expect([connection.acceptsRequests, connection.isDraining]).to.deep.equal([false, true]);
        });
    });

    it("keeps the first error of its byte stream", () => {
        const connection = create();
        const [first, second] = [new Error("first"), new Error("second")] as unknown as [SockhopError, SockhopError];
        expect(connection.hasFailed).to.equal(false);
        connection.onUnreadable(first);
        connection.onUnreadable(second);
        expect([connection.hasFailed, connection.error]).to.deep.equal([true, first]);
    });

    describe("close()", () => {
        it("sends what is pending, ends the socket, and resolves when the peer has ended it", async () => {
            const connection = create();
            connection.writeAndForget("last\n");
            const closed = connection.close(1000);
            expect(connection.close(1000)).to.equal(closed);
            expect([socket.text, socket.writableEnded, socket.destroyed]).to.deep.equal(["last\n", true, false]);
            socket.push(null);
            await closed;
            expect(socket.destroyed).to.equal(true);
        });

        it("does not close a socket that another connection owns", async () => {
            const first = create();
            create();
            await first.close(0);
            expect([socket.writableEnded, socket.destroyed]).to.deep.equal([false, false]);
        });
    });
});

describe("sendCancel()", () => {
    it("sends the message however many bytes are buffered", () => {
        const socket = new TestSocket();
        socket.isSlow = true;
        const _objectBuffer = new ObjectBuffer();
        const connection = new Connection(socket.asSocket, {
            _objectBuffer,
            _limits: limitsOf({ max_buffered: 10 }),
            _peerName: () => "a peer",
            _onSocketTaken: () => undefined,
            _onAborted: () => undefined,
        });
        const reply = new PendingResponse();
        connection.writeAndForget(_objectBuffer.json.encodeRequest(1, reply));
        connection.flush();
        expect(connection.overLimit).to.equal(true);
        connection.sendCancel(reply);
        connection.flush();
        socket.accept();
        expect(socket.frames.map(({ data }) => (data as { cancel?: boolean }).cancel)).to.deep.equal([undefined, true]);
    });

    it("sends nothing if the message does not fit into max_message_size, though the request did", () => {
        const socket = new TestSocket();
        const _objectBuffer = new ObjectBuffer({ max_message_size: 125 });
        const owner = {
            _objectBuffer,
            _limits: limitsOf({}),
            _peerName: () => "a peer",
            _onSocketTaken: () => undefined,
            _onAborted: () => undefined,
        };
        const connection = new Connection(socket.asSocket, owner);
        const reply = new PendingResponse();
        connection.writeAndForget(_objectBuffer.json.encodeRequest(1, reply));
        connection.sendCancel(reply);
        connection.flush();
        expect(socket.frames.map(({ type }) => type)).to.deep.equal(["SockhopRequest"]);
    });
});

describe("refuseToSend()", () => {
    it("fails the reply and rejects with the same error", async () => {
        const reply = new PendingResponse();
        const error = await rejection(refuseToSend(reply));
        expect(error.code).to.equal(BROKEN);
        expect(await rejection(reply.promise)).to.equal(error);
    });
});
