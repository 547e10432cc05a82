import { expect } from "chai";
import { ObjectBuffer, type ObjectBufferOptions } from "../../src/codec/ObjectBuffer";
import { Connection } from "../../src/connection/Connection";
import { type LimitOptions, limitsOf } from "../../src/connection/limits";
import { MessageReceiver } from "../../src/endpoint/MessageReceiver";
import type { Message } from "../../src/protocol/Message";
import { turns } from "../support/eventLoop";
import { uncaught } from "../support/rejections";
import { TestSocket } from "../support/TestSocket";

const BAD = "ERR_OBJECTBUFFER_BAD_BUFFER_DATA";

function frame(data: unknown): string {
    return `${JSON.stringify({ type: "Object", data })}\n`;
}

describe("MessageReceiver", () => {
    let socket: TestSocket;
    let connection: Connection;
    let receiver: MessageReceiver;
    /** Data of the messages, and codes of the errors, in order. */
    let log: unknown[];
    let onMessage: (message: Message) => void;

    beforeEach(() => {
        create();
    });

    function create(options: ObjectBufferOptions & LimitOptions & { peer_type?: string } = {}): void {
        socket = new TestSocket();
        log = [];
        onMessage = () => undefined;
        const owner = {
            _objectBuffer: new ObjectBuffer(options),
            _limits: limitsOf(options),
            _peerName: () => "a peer",
            _onSocketTaken: () => undefined,
        };
        connection = new Connection(socket.asSocket, owner);
        connection.state = "open";
        receiver = new MessageReceiver(owner._objectBuffer, {
            onMessage: (_connection, message) => {
                log.push(message.data);
                onMessage(message);
            },
            onBadFrame: (_connection, { code }: Error & { code?: string }) => log.push(["bad", code]),
            onFatal: (failed, { code }: Error & { code?: string }) => {
                log.push(["fatal", code]);
                failed.state = "closed";
            },
            onPeerEnd: () => log.push("peer end"),
        });
    }

    function receive(text: string): void {
        receiver.onData(connection, Buffer.from(text));
    }

    it("delivers the messages of a chunk in order, and counts bytes and frames", () => {
        receive(`${frame(1)}${frame(2)}{"type"`);
        expect(log).to.deep.equal([1, 2]);
        expect(connection).to.include({ framesReceived: 2, bytesReceived: 2 * frame(1).length + 7 });
    });

    it("reads only the valid part of a larger buffer", () => {
        receiver.onData(connection, Buffer.from(frame(1) + frame(2)), frame(1).length);
        expect([log, connection.bytesReceived]).to.deep.equal([[1], frame(1).length]);
    });

    it("skips blank frames", () => {
        receive(`\n \r\n${frame(1)}\n`);
        expect(log).to.deep.equal([1]);
    });

    it("delivers nothing after the connection is closed, not even of the same chunk", () => {
        onMessage = () => (connection.state = "closed");
        receive(frame(1) + frame(2));
        receive(frame(3));
        expect(log).to.deep.equal([1]);
    });

    it("delivers the next message if a handler throws, and throws later", async () => {
        const thrown = uncaught();
        onMessage = ({ data }) => {
            if (data === 1) throw new Error("of the handler");
        };
        receive(frame(1) + frame(2));
        expect(log).to.deep.equal([1, 2]);
        expect((await thrown).message).to.equal("of the handler");
    });

    it("reports a bad frame, and delivers the next message", () => {
        receive(`nonsense\n[]\n${frame(1)}`);
        expect(log).to.deep.equal([["bad", BAD], ["bad", BAD], 1]);
    });

    it("fails after 1000 bad frames in a row", () => {
        receive("x\n".repeat(999));
        receive(frame(1));
        receive("x\n".repeat(999));
        expect(log.filter((entry) => (entry as unknown[])[0] === "fatal")).to.deep.equal([]);
        receive(`x\n${frame(2)}`);
        expect(log.at(-1)).to.deep.equal(["fatal", BAD]);
    });

    it("fails at a frame above max_message_size, after the messages before it", () => {
        create({ max_message_size: 100 });
        receive(frame(1) + frame("x".repeat(200)) + frame(2));
        expect(log).to.deep.equal([1, ["fatal", "ERR_MESSAGE_TOO_LARGE"]]);
    });

    it("fails at a POST request at the start of the stream, before any message in its body", () => {
        for (const split of [0, 3, 20]) {
            create();
            const text = `POST /path HTTP/1.1\r\nHost: localhost\r\n\r\n${frame(1)}`;
            receive(text.slice(0, split));
            receive(text.slice(split));
            expect(log).to.deep.equal([["fatal", BAD]]);
        }
    });

    it("fails at a POST request that follows messages", () => {
        receive(frame(1));
        receive(`POST / HTTP/1.1\r\n${frame(2)}`);
        expect(log).to.deep.equal([1, ["fatal", BAD]]);
    });

    describe("onEnd()", () => {
        it("reports a frame that has not ended", () => {
            receive('{"type"');
            receiver.onEnd(connection);
            expect(log).to.deep.equal([["bad", BAD]]);
        });

        it("reports nothing between two frames", () => {
            receive(frame(1));
            receiver.onEnd(connection);
            expect(log).to.deep.equal([1]);
        });

        it("delivers the last frame of a json peer without a terminator", () => {
            create({ peer_type: "json" });
            receive('{"a":1}');
            receiver.onEnd(connection);
            expect(log).to.deep.equal([{ a: 1 }]);
        });
    });

    describe("pausesReading", () => {
        beforeEach(() => {
            create({ max_buffered: 10 });
            receiver.pausesReading = true;
            socket.isSlow = true;
            onMessage = () => {
                connection.writeAndForget("a long reply\n");
            };
        });

        it("stops reading while the peer does not read, and delivers the remaining frames later", async () => {
            receive(frame(1) + frame(2) + frame(3));
            expect([log, socket.isPaused()]).to.deep.equal([[1], true]);
            socket.accept();
            await turns(5);
            expect([log, socket.isPaused()]).to.deep.equal([[1, 2, 3], false]);
            expect(connection.pausedFrames).to.equal(undefined);
        });

        it("delivers paused frames before the connection is closed", () => {
            receive(frame(1) + frame(2) + frame(3));
            receiver.deliverPaused(connection);
            expect(log).to.deep.equal([1, 2, 3]);
        });

        it("does not stop reading on an endpoint that must not", () => {
            receiver.pausesReading = false;
            receive(frame(1) + frame(2));
            expect([log, socket.isPaused()]).to.deep.equal([[1, 2], false]);
        });

        it('does not stop reading with a slow_consumer other than "wait"', () => {
            create({ max_buffered: 10, slow_consumer: "drop" });
            receiver.pausesReading = true;
            socket.isSlow = true;
            connection.writeAndForget("a long reply\n");
            receive(frame(1) + frame(2));
            expect(log).to.deep.equal([1, 2]);
        });
    });
});
