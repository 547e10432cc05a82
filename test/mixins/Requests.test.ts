import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import type { Connection } from "../../src/connection/Connection";
import { type Sender, refuseToSend } from "../../src/connection/Sender";
import { Requests } from "../../src/mixins/Requests";
import { turns } from "../support/eventLoop";
import { later, rejection } from "../support/pair";
import { unhandled } from "../support/rejections";
import { TestEndpoint } from "../support/TestEndpoint";
import { TestSocket } from "../support/TestSocket";

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The smallest endpoint with requests. */
class Probe extends Requests(TestEndpoint) {
    readonly delivered: unknown[] = [];

    constructor(options: object = {}) {
        super(options);
        this.on("receive", (value) => this.delivered.push(value));
    }

    /** Delivers a packet of a response. */
    respond(connection: Connection, packet: object): void {
        this.receive(connection, { type: "SockhopResponsePacket", data: packet });
    }
}

describe("Requests", () => {
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

    /** Uuid of the only request that was sent. */
    function uuid(): string {
        connection.flush();
        const [request, ...more] = socket.frames;
        expect(more).to.deep.equal([]);
        return (request!.data as { uuid: string }).uuid;
    }

    it("sends a request with a new UUID, and resolves to the data of its response", async () => {
        const response = probe._ask(connection, [2, 3]);
        const id = uuid();
        expect(id).to.match(UUID_V4);
        expect(socket.frames).to.deep.equal([
            { type: "SockhopRequest", data: { uuid: id, data: [2, 3], type: "Array", errors: true } },
        ]);
        probe.respond(connection, { uuid: id, type: "Number", data: 5, last: true });
        expect(await response).to.equal(5);
        expect([connection.requests?.size, probe.delivered]).to.deep.equal([0, []]);
    });

    it("resolves to a stream of the response when the request is written", async () => {
        const stream = await probe._request(connection, "q");
        probe.respond(connection, { uuid: uuid(), type: "Number", data: 1 });
        probe.respond(connection, { uuid: uuid(), type: "Number", data: 2, last: true });
        expect((await stream.all()).map(({ data }) => data as unknown)).to.deep.equal([1, 2]);
    });

    it("sends {} for undefined", () => {
        void probe._ask(connection, undefined);
        uuid();
        expect(socket.frames[0]!.data).to.deep.include({ data: {}, type: "Object" });
    });

    it("fails with the reason of the peer", async () => {
        const response = probe._ask(connection, 1);
        probe.respond(connection, {
            uuid: uuid(),
            last: true,
            error: { code: "ERR_REQUEST_UNHANDLED", message: "no" },
        });
        expect(await rejection(response)).to.include({ code: "ERR_REQUEST_UNHANDLED", message: "no" });
    });

    it("ignores responses that no request expects, and those of another connection", async () => {
        const response = probe._ask(connection, 1);
        const id = uuid();
        const other = probe.open(new TestSocket());
        probe.respond(other, { uuid: id, data: "forged", last: true });
        for (const wrong of [undefined, null, 7, "other", "__proto__"]) {
            probe.respond(connection, { uuid: wrong, data: "forged", last: true });
        }
        probe.respond(connection, { uuid: id, data: "real", last: true });
        expect(await response).to.equal("real");
    });

    it("settles for members of any type in a response", async () => {
        const anyType = [null, true, 0, 5, "", "text", [], [1], {}, { a: 1 }];
        for (const member of ["data", "type", "last", "empty", "error"]) {
            for (const value of anyType) {
                create();
                const settled = probe._ask(connection, 1).then(
                    () => true,
                    () => true,
                );
                probe.respond(connection, { uuid: uuid(), data: 1, last: true, [member]: value });
                expect(await settled).to.equal(true);
            }
        }
    });

    it("fails when the connection is closed, without an unhandled rejection", async () => {
        const reasons = unhandled();
        const response = probe._ask(connection, 1);
        const stream = await probe._request(connection, 2);
        void stream.next();
        void stream.all();
        probe.destroy(connection);
        await turns(3);
        expect(reasons).to.deep.equal([]);
        expect(await rejection(response)).to.have.property("code", "ERR_SOCKET_DESTROYED");
        expect(await rejection(stream.all())).to.have.property("code", "ERR_SOCKET_DESTROYED");
        expect(connection.requests?.size).to.equal(0);
    });

    it("rejects without a connection", async () => {
        const sender: Sender = {
            isConnected: false,
            socket: undefined,
            encoder: probe._objectBuffer.json,
            send: (_frame, reply) => refuseToSend(reply),
        };
        for (const promise of [probe._ask(sender, 1), probe._request(sender, 1)]) {
            expect(await rejection(promise)).to.have.property("code", "ERR_SOCKET_DESTROYED");
        }
    });

    it("rejects what cannot be sent, and keeps nothing", async () => {
        const aborted = { signal: AbortSignal.abort() };
        for (const [value, options, code] of [
            [1n, {}, "ERR_BAD_DATA"],
            [1, { timeout: -1 }, "ERR_BAD_OPTION"],
            [1, aborted, "ERR_ABORTED"],
        ] as const) {
            expect(await rejection(probe._ask(connection, value, options))).to.have.property("code", code);
            expect(await rejection(probe._request(connection, value, options))).to.have.property("code", code);
        }
        connection.flush();
        expect([connection.requests, socket.text]).to.deep.equal([undefined, ""]);
    });

    it("rejects with an error of the library for any value that a getter of the options throws", async () => {
        for (const thrown of [undefined, null, "text"]) {
            const options = {
                get timeout(): number {
                    throw thrown; // eslint-disable-line @typescript-eslint/only-throw-error -- any value can be thrown
                },
            };
            const error = await rejection(probe._ask(connection, 1, options));
            expect(error).to.include({ code: "ERR_BAD_OPTION", cause: thrown });
        }
    });

    it("rejects for json peers", async () => {
        create({ peer_type: "json" });
        expect(await rejection(probe._ask(connection, {}))).to.have.property("code", "ERR_REQUEST_TYPE");
    });

    it("fails after response_timeout, or after the timeout of the request, and cancels", async () => {
        const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
        later(() => clock.uninstall());
        create({ response_timeout: 100 });
        const codes: unknown[] = [];
        void rejection(probe._ask(connection, 1)).then(({ code }) => codes.push([1, code]));
        void rejection(probe._ask(connection, 2, { timeout: 50 })).then(({ code }) => codes.push([2, code]));
        for (let n = 0; n < 2; n++) {
            await turns(1);
            clock.tick(50);
            await turns(1);
        }
        expect(codes).to.deep.equal([
            [2, "ERR_RESPONSE_TIMEOUT"],
            [1, "ERR_RESPONSE_TIMEOUT"],
        ]);
        const cancels = socket.frames.filter(({ type }) => type === "SockhopResponsePacket");
        expect(cancels.map(({ data }) => (data as { cancel: unknown }).cancel)).to.deep.equal([true, true]);
    });

    it("passes on messages of other kinds", () => {
        probe.receive(connection, { type: "String", data: "x" });
        expect(probe.delivered).to.deep.equal(["x"]);
    });
});
