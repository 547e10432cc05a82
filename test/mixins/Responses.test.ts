import { expect } from "chai";
import type { SockhopError } from "../../src";
import type { Connection } from "../../src/connection/Connection";
import { Responses } from "../../src/mixins/Responses";
import type { SockhopRequest, SockhopResponsePacket } from "../../src/protocol/SockhopRequest";
import type { SockhopResponseWriteableStream } from "../../src/replies/responses/ResponseWriteableStream";
import { turns } from "../support/eventLoop";
import { rejection } from "../support/pair";
import { uncaught, unhandled, warnings } from "../support/rejections";
import { TestEndpoint } from "../support/TestEndpoint";
import { TestSocket } from "../support/TestSocket";

const UUID = "0b2d5a3e-1111-4222-8333-444455556666";

type Handler = (request: SockhopRequest, response: SockhopResponseWriteableStream, ...args: unknown[]) => unknown;

/** The smallest endpoint that responds. */
class Probe extends Responses(TestEndpoint) {
    readonly delivered: unknown[] = [];
    readonly errors: unknown[] = [];

    constructor(options: object = {}) {
        super(options);
        this.on("receive", (value) => this.delivered.push(value));
        this.on("error", ({ code }: SockhopError) => this.errors.push(code));
    }

    handle(handler: Handler): void {
        this.on("request", handler);
    }

    protected _requestArgs({ socket }: Connection): unknown[] {
        return [socket];
    }
}

describe("Responses", () => {
    let probe: Probe;
    let socket: TestSocket;
    let connection: Connection;

    beforeEach(() => {
        create();
    });

    function create(options: object = {}): void {
        probe = new Probe(options);
        socket = new TestSocket();
        connection = probe.open(socket);
    }

    /** Delivers a request. */
    function request(data: unknown, more: object = {}): void {
        const packet = { uuid: UUID, data, type: "Object", errors: true, ...more };
        probe.receive(connection, { type: "SockhopRequest", data: packet });
    }

    /** Packets that were sent. */
    function packets(): SockhopResponsePacket[] {
        connection.flush();
        return socket.frames.map(({ type, data }) => {
            expect(type).to.equal("SockhopResponsePacket");
            return data as SockhopResponsePacket;
        });
    }

    const codes = (): unknown[] => packets().map(({ error }) => error?.code);

    it("calls the handler with the request, the response and the arguments of its class", () => {
        const calls: unknown[][] = [];
        probe.handle((...args) => {
            calls.push(args);
            void args[1].send([args[0].data]);
        });
        request({ a: 1 });
        expect(calls).to.have.length(1);
        expect(calls[0]![0]).to.deep.include({ uuid: UUID, data: { a: 1 }, type: "Object" });
        expect(calls[0]![2]).to.equal(socket);
        expect(packets()).to.deep.equal([{ uuid: UUID, type: "Array", data: [{ a: 1 }], last: true }]);
        expect([connection.openReplies, connection.responses]).to.deep.equal([0, undefined]);
    });

    it("calls the handler of the type only, if there is one", () => {
        const calls: string[] = [];
        probe.handle(() => calls.push("any"));
        probe.on("request:Sum", () => calls.push("Sum"));
        request(1, { uuid: 1, type: "Sum" });
        request(1, { uuid: 2, type: "Other" });
        expect(calls).to.deep.equal(["Sum", "any"]);
    });

    it("keeps a response open until its last packet", () => {
        let response: SockhopResponseWriteableStream | undefined;
        probe.handle((_, opened) => (response = opened));
        request(1);
        expect(connection.responses?.size).to.equal(1);
        void response?.write("one");
        expect(connection.responses?.size).to.equal(1);
        void response?.end();
        expect(connection.responses?.size).to.equal(0);
        expect(packets().map(({ last, empty }) => [last, empty])).to.deep.equal([
            [false, undefined],
            [true, true],
        ]);
    });

    it("repeats ids of any kind, and gives a string to the handler", () => {
        const uuids: unknown[] = [];
        probe.handle(({ uuid }, response) => {
            uuids.push(uuid);
            void response.send(1);
        });
        for (const uuid of ["short", 7, 'é"\\']) request(1, { uuid });
        expect(uuids).to.deep.equal(["short", "7", 'é"\\']);
        expect(packets().map(({ uuid }) => uuid as unknown)).to.deep.equal(["short", 7, 'é"\\']);
    });

    it("reports a second request with the id of an open one", () => {
        let calls = 0;
        probe.handle(() => void (calls += 1));
        request(1);
        request(2);
        expect([calls, probe.errors]).to.deep.equal([1, ["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]]);
    });

    it("refuses a request without a handler", () => {
        request(1);
        expect(codes()).to.deep.equal(["ERR_REQUEST_UNHANDLED"]);
    });

    it("names the type and the handled types, shortened and printable, if a request has no handler", () => {
        for (let n = 0; n < 20; n++) probe.on(`request:Type${n}`, () => undefined);
        request(1, { type: `\u001b[2J${"x".repeat(1000)}` });
        const { message } = packets()[0]!.error!;
        expect(message)
            .to.include("xxxx")
            .and.include("Type0, Type1")
            .and.include("Type9, …")
            .and.not.include("\u001b");
        expect(message.length).to.be.below(250);
    });

    it("sends no error to a peer that does not ask for errors", () => {
        for (const errors of [undefined, null, false]) request(1, { errors });
        expect(packets()).to.deep.equal([]);
    });

    it("refuses a request above max_pending", () => {
        create({ max_pending: 1 });
        probe.handle(() => undefined);
        request(1, { uuid: "first" });
        request(1, { uuid: "second" });
        expect(packets().map(({ uuid, error }) => [uuid, error?.code])).to.deep.equal([
            ["second", "ERR_REQUEST_FAILED"],
        ]);
    });

    it("refuses requests while the connection drains", () => {
        probe.handle(() => undefined);
        request(1, { uuid: "first" });
        void connection.drain();
        request(1, { uuid: "second" });
        expect(codes()).to.deep.equal(["ERR_REQUEST_FAILED"]);
    });

    describe("to a peer that has not read max_buffered bytes", () => {
        /** Creates a connection with more than `max_buffered` bytes that the system has not accepted. */
        function congest(options: object): void {
            create({ max_buffered: 100, ...options });
            socket.isSlow = true;
            connection.writeAndForget(`${"x".repeat(1000)}\n`);
            connection.flush();
            expect(connection.overLimit).to.equal(true);
        }

        /** Codes of the errors that are sent when the peer reads. */
        function codesOf(): unknown[] {
            connection.flush();
            socket.accept();
            const [, ...lines] = socket.text.trim().split("\n");
            return lines.map((line) => (JSON.parse(line) as { data: SockhopResponsePacket }).data.error?.code);
        }

        it("refuses a request without a handler", () => {
            congest({});
            request(1);
            expect(codesOf()).to.deep.equal(["ERR_REQUEST_UNHANDLED"]);
        });

        it("refuses a request above max_pending", () => {
            congest({ max_pending: 1 });
            probe.handle(() => undefined);
            request(1, { uuid: "first" });
            request(1, { uuid: "second" });
            expect(codesOf()).to.deep.equal(["ERR_REQUEST_FAILED"]);
        });

        it("refuses a request while the connection drains", () => {
            congest({});
            probe.handle(() => undefined);
            request(1, { uuid: "first" });
            void connection.drain();
            request(1, { uuid: "second" });
            expect(codesOf()).to.deep.equal(["ERR_REQUEST_FAILED"]);
        });

        it("counts refusals as replies: the connection is destroyed at eight times max_buffered of them", () => {
            congest({ max_buffered: 1000 });
            for (let n = 0; n < 100; n++) request(1, { uuid: n });
            expect(socket.destroyed).to.equal(true);
            expect(connection.buffered).to.be.below(1000 + 8 * 1000 + 500);
        });
    });

    describe("with a listener that fails", () => {
        const listeners: Record<string, Handler> = {
            throws: () => {
                throw Object.assign(new Error("of the handler"), { code: "E_MINE", data: { id: 1 } });
            },
            rejects: () =>
                Promise.reject(Object.assign(new Error("of the handler"), { code: "E_MINE", data: { id: 1 } })),
        };
        const error = {
            code: "ERR_REQUEST_FAILED",
            message: "of the handler",
            remote: { code: "E_MINE", data: { id: 1 } },
        };

        for (const [how, listener] of Object.entries(listeners)) {
            it(`sends the error and emits it if it ${how}`, async () => {
                probe.handle(listener);
                request(1);
                await turns(1);
                expect(packets()[0]?.error).to.deep.equal(error);
                expect(probe.errors).to.deep.equal(["E_MINE"]);
                expect(connection.openReplies).to.equal(0);
            });

            it(`sends the error, and throws it later without an error listener, if it ${how}`, async () => {
                const thrown = uncaught();
                probe.removeAllListeners("error");
                probe.handle(listener);
                request(1);
                expect((await thrown).message).to.equal("of the handler");
                expect(packets()[0]?.error).to.deep.equal(error);
            });
        }
    });

    describe("with a listener that returns a value", () => {
        const text = "A request listener returned a value, which is not sent";

        it("warns once, if it seems to be the response", async () => {
            const warned = warnings();
            for (const listener of [() => Promise.resolve(5), (_: unknown) => ({ a: _ })]) {
                create();
                probe.on("request", listener);
                for (const uuid of ["first", "second"]) request(1, { uuid, type: "Sum" });
                await turns(2);
                expect(packets()).to.deep.equal([]);
            }
            expect(warned.filter(({ message }) => message.includes(text) && message.includes("Sum"))).to.have.length(2);
        });

        it("warns only, if it is async and could respond later", async () => {
            const warned = warnings();
            let response!: SockhopResponseWriteableStream;
            probe.handle(async (_, opened) => {
                response = opened;
                await turns(1);
                return 5;
            });
            request(1);
            await turns(4);
            expect(warned.filter(({ message }) => message.includes(text))).to.have.length(1);
            expect(packets()).to.deep.equal([]);
            void response.send("late");
            expect(packets()).to.have.length(1);
        });

        it("accepts the habits of programs that respond later", async () => {
            const warned = warnings();
            const later: SockhopResponseWriteableStream[] = [];
            const accepted: Handler[] = [
                (_, response) => later.push(response),
                (_, response) => setImmediate(() => void response.send(1)),
                (_, response) => response.send(1),
                (...args) => later.push(args[1]),
                (...args) => probe.emit("own", ...args),
                async (_, response) => {
                    later.push(response);
                    await turns(1);
                    return true;
                },
                async (_, response) => {
                    await response.send(1);
                    return response;
                },
                async (_, response) => {
                    later.push(response);
                    await turns(1);
                },
            ];
            for (const listener of accepted) {
                create();
                probe.handle(listener);
                request(1);
            }
            create();
            probe.on("request", () => 1); // a counter beside the listener that responds
            probe.handle((_, response) => void later.push(response));
            request(1);
            await turns(4);
            expect(warned).to.deep.equal([]);
            expect(packets()).to.deep.equal([]);
            expect(later).to.have.length(5);
        });
    });

    it("aborts an open response when the requester cancels it", async () => {
        let response!: SockhopResponseWriteableStream;
        probe.handle((_, opened) => (response = opened));
        for (const uuid of [UUID, 7]) {
            request(1, { uuid });
            probe.receive(connection, { type: "SockhopResponsePacket", data: { uuid, last: true, cancel: true } });
            expect([response.signal.aborted, connection.responses?.size]).to.deep.equal([true, 0]);
            expect(await rejection(response.write(1))).to.have.property("code", "ERR_RESPONSE_SEND");
        }
        expect(packets()).to.deep.equal([]);
    });

    it("ignores a cancel that no open response has", () => {
        for (const uuid of [undefined, null, 0, "other", "__proto__"]) {
            probe.receive(connection, { type: "SockhopResponsePacket", data: { uuid, cancel: true } });
        }
        expect(probe.errors).to.deep.equal([]);
    });

    it("aborts open responses when the connection closes, without an unhandled rejection", async () => {
        const reasons = unhandled();
        let response!: SockhopResponseWriteableStream;
        probe.handle(async (_, opened) => {
            response = opened;
            await turns(1);
            await opened.send(1);
        });
        request(1);
        probe.destroy(connection);
        expect([response.signal.aborted, connection.responses?.size]).to.deep.equal([true, 0]);
        await turns(4);
        expect(reasons).to.deep.equal([]);
    });

    it("accepts packets with members of any type", () => {
        const types: unknown[] = [];
        probe.handle(({ uuid, type }, response) => {
            types.push(typeof uuid, typeof type);
            void response.send(1);
        });
        for (const any of [undefined, null, true, 0, "", [], {}]) request(any, { uuid: "u", type: any, errors: any });
        for (const uuid of [undefined, null, 0, "", false]) request(1, { uuid });
        expect(types).to.deep.equal(Array(24).fill("string"));
    });

    it("passes on messages of other kinds", () => {
        probe.receive(connection, { type: "String", data: "x" });
        expect(probe.delivered).to.deep.equal(["x"]);
    });
});
