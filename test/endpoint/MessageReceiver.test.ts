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
    /** Messages of the errors, and warnings. */
    let texts: string[];
    let onMessage: (message: Message) => void;

    beforeEach(() => {
        create();
    });

    function create(options: ObjectBufferOptions & LimitOptions & { peer_type?: string } = {}): void {
        socket = new TestSocket();
        log = [];
        texts = [];
        onMessage = () => undefined;
        const owner = {
            _objectBuffer: new ObjectBuffer(options),
            _limits: limitsOf(options),
            _peerName: () => "a peer",
            _onSocketTaken: () => undefined,
            _onAborted: () => undefined,
        };
        connection = new Connection(socket.asSocket, owner);
        connection.state = "open";
        receiver = new MessageReceiver(owner._objectBuffer, {
            onMessage: (_connection, message) => {
                log.push(message.data);
                onMessage(message);
            },
            onBadFrame: (_connection, { code, message }: Error & { code?: string }) => {
                log.push(["bad", code]);
                texts.push(message);
            },
            onWarning: (text) => texts.push(text),
            onFatal: (failed, { code, message }: Error & { code?: string }) => {
                log.push(["fatal", code]);
                texts.push(message);
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

    it("shows in the error of a bad frame who sent it, and its first 40 characters, escaped", () => {
        Object.assign(socket, { remoteAddress: "10.0.0.1", remotePort: 5000 });
        receive(`a\x1b\u202e\tb\n{"name":"Ada"}\n${"x".repeat(41)}\n`);
        expect(texts).to.deep.equal([
            "Skipping corrupted data in buffer: the frame is not JSON (10.0.0.1:5000 sent a\\x1b\\u202e\\tb)",
            'Skipping corrupted data in buffer: the frame is JSON without an envelope: is the option peer_type: "json" missing? ' +
                '(10.0.0.1:5000 sent {"name":"Ada"})',
            `Skipping corrupted data in buffer: the frame is not JSON (10.0.0.1:5000 sent ${"x".repeat(40)}…)`,
        ]);
    });

    describe("with a peer that speaks another protocol", () => {
        const FOREIGN: [what: string, start: string, text: string][] = [
            ["an HTTP request", `GET /path HTTP/1.1\r\nHost: localhost\r\n\r\n${frame(1)}`, "HTTP request"],
            ["an HTTP request of a web page", `POST /path HTTP/1.1\r\n\r\n${frame(1)}`, "HTTP request"],
            ["an HTTP request with a rare method", "M-SEARCH * HTTP/1.1\r\n", "HTTP request"],
            ["the first bytes of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP request"],
            ["an HTTP response", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "HTTP server"],
            ["the hello of a TLS client", "\x16\x03\x01\x02\n\x01", "uses TLS"],
            ["the alert of a TLS server", "\x15\x03\x03\0\x02\x02F", "requires TLS"],
        ];
        for (const [what, start, text] of FOREIGN) {
            it(`fails at the first chunk, and names ${what}, whatever the terminator`, () => {
                for (const terminator of ["\n", "\0", "end;"]) {
                    create({ terminator });
                    receive(start);
                    expect([log, texts])
                        .to.have.nested.property("[0]")
                        .that.deep.equals([["fatal", BAD]]);
                    expect(texts[0]).to.include(text).and.include("Closing the connection");
                }
            });
        }

        it("fails at a request in several chunks when its first line has ended, before any message in its body", () => {
            for (const split of [1, 3, 20]) {
                for (const method of ["GET", "POST"]) {
                    create();
                    const text = `${method} /${"a".repeat(5000)} HTTP/1.1\r\nHost: localhost\r\n\r\n${frame(1)}`;
                    receive(text.slice(0, split));
                    receive(text.slice(split));
                    expect(log).to.deep.equal([["fatal", BAD]]);
                }
            }
        });

        it("fails at a request with a body that follows messages, whatever the options", () => {
            const BARE = { peer_type: "json" } as const;
            for (const options of [{}, { allow_non_objects: true }, BARE, { ...BARE, allow_non_objects: true }]) {
                for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
                    create(options);
                    receive(frame(1));
                    receive(`${method} / HTTP/1.1\r\n${frame(2)}`);
                    expect(log, method).to.have.length(2);
                    expect(log[1]).to.deep.equal(["fatal", BAD]);
                }
            }
        });

        it("continues after other text that follows messages", () => {
            receive(frame(1));
            receive(`GET / HTTP/1.1\n\x16\x03\n${frame(2)}`);
            expect(log).to.deep.equal([1, ["bad", BAD], ["bad", BAD], 2]);
        });

        it("delivers any text except for a request with a body if any text is a value", () => {
            create({ peer_type: "json", allow_non_objects: true });
            receive("GET / HTTP/1.1\nHTTP/1.1 200\n");
            expect(log).to.deep.equal(["GET / HTTP/1.1", "HTTP/1.1 200"]);
            for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
                create({ peer_type: "json", allow_non_objects: true });
                receive(`${method} / HTTP/1.1\n[1]\n`);
                expect(log, method).to.deep.equal([["fatal", BAD]]);
            }
        });

        it("delivers text that only looks like another protocol", () => {
            for (const text of [
                "GET",
                "GET /",
                "get / HTTP/1.1",
                "GET  HTTP",
                " HTTP/1.1",
                "\x16",
                "\x17\x03",
                "HTTP",
            ]) {
                create();
                receive(`${text}\n${frame(1)}`);
                expect(log).to.deep.equal([["bad", BAD], 1]);
            }
        });
    });

    describe("with a sockhop peer at a json endpoint", () => {
        it("warns, and delivers its envelopes as values", () => {
            for (const type of ["Object", "String", "SockhopRequest", "SockhopPing"]) {
                create({ peer_type: "json" });
                receive(`{"type":"${type}","data":{}}\n`.repeat(2));
                expect(log).to.deep.equal([
                    { type, data: {} },
                    { type, data: {} },
                ]);
                expect(texts).to.have.length(1);
                expect(texts[0]).to.include("sockhop").and.include("peer_type");
            }
        });

        it("does not warn of a program with an envelope of its own, nor of a sockhop endpoint", () => {
            create({ peer_type: "json" });
            receive('{"type":"login","data":{}}\n{"type":"Object","data":{}}\n');
            expect([log.length, texts]).to.deep.equal([2, []]);
            create();
            receive(frame(1));
            expect(texts).to.deep.equal([]);
        });
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
