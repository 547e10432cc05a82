import { expect } from "chai";
import fc from "fast-check";
import type { V2Wire } from "../../src/codec/v2/V2Wire";
import { Endpoint } from "../../src/endpoint/Endpoint";
import type { Connection } from "../../src/connection/Connection";
import { Agreement } from "../../src/mixins/Agreement";
import { Greetings } from "../../src/mixins/Greetings";
import { Resume } from "../../src/mixins/Resume";
import { Callbacks } from "../../src/mixins/Callbacks";
import { Handshake } from "../../src/mixins/Handshake";
import { Ping } from "../../src/mixins/Ping";
import { Requests } from "../../src/mixins/Requests";
import type { Envelope } from "../../src/protocol/Envelope";
import type { Reply } from "../../src/replies/PendingReply";
import { TestSocket } from "../support/TestSocket";
import { turns } from "../support/eventLoop";
import { fakeTime } from "../support/fakeTime";
import { rejection } from "../support/pair";
import { frame } from "../interop/V2Peer";

// One mixin per line, as in src/mixins/Sockhop.ts.
const WithCallbacks = Callbacks(Endpoint);
const WithPing = Ping(WithCallbacks);
const WithResume = Resume(WithPing);
const WithAgreement = Agreement(WithResume);
const WithRequests = Requests(WithAgreement);
const WithGreetings = Greetings(WithRequests);

const TRANSITION = '{"type":"SockhopBinaryModeTransition","data":{}}\n';

/** The smallest endpoint with the handshake of 2.x. */
class Probe extends Handshake(WithGreetings) {
    readonly received: { value: unknown; type: string; callback: Reply | undefined }[] = [];
    readonly errors: unknown[] = [];
    readonly codecs: unknown[] = [];
    readonly socket = new TestSocket();
    readonly connection: Connection;
    isQueued = false;

    constructor(options: object = {}) {
        super(options);
        this.on("receive", (value: unknown, meta: { type: string; callback: Reply | undefined }) => {
            this.received.push({ value, ...meta });
        });
        this.on("error", (error: Error) => this.errors.push(error.message));
        this.on("codec", (name: unknown) => this.codecs.push(name));
        this.connection = this._attach(this.socket.asSocket);
        this._onOpen(this.connection);
    }

    /** Handles bytes of the peer. */
    read(...parts: (object | string | Buffer)[]): void {
        const bytes = parts.map((part) => {
            if (Buffer.isBuffer(part)) return part;
            return Buffer.from(typeof part === "string" ? part : `${JSON.stringify(part)}\n`);
        });
        const chunk = Buffer.concat(bytes);
        this._onData(this.connection, chunk, chunk.length);
        this.connection.flush();
    }

    /** All frames that were written since the last call, as lines. */
    written(): Envelope[] {
        this.connection.flush();
        const { frames } = this.socket;
        this.socket.chunks.length = 0;
        return frames;
    }

    /** All bytes that were written since the last call. */
    bytes(): Buffer {
        this.connection.flush();
        return Buffer.concat(this.socket.chunks.splice(0));
    }

    /** Performs the whole handshake. */
    greet(isAllowed = true): void {
        this.read(handshake());
        const id = this.written()[1]!.id;
        this.read({ type: "Object", data: { allow_binary_mode: isAllowed }, callback_id: id });
    }

    /** Replies to the ping before the transition. */
    release(): void {
        const [ping] = this.bytes().toString().split("\n");
        const { _id } = (JSON.parse(ping!) as { data: { _id: string } }).data;
        this.read({ type: "SockhopPong", data: { _id } });
    }

    close(): void {
        this._close(this.connection, { code: "CLOSED" });
    }

    protected override _receiveMeta(_connection: Connection, type: string, callback?: Reply): object {
        return { type, callback };
    }

    protected override _hasQueued(): boolean {
        return this.isQueued;
    }

    protected _onInterrupted(): void {
        throw new Error("The options have no resume");
    }

    protected _onResumed(): void {
        this._onInterrupted();
    }
}

function handshake(data: object = {}): Envelope {
    return {
        type: "SockhopHandshake",
        data: { protocol_version: 2, library_version: "2.1.0", request_binary_mode: true, ...data },
        id: "88d1528a-1bfe-4cd2-a487-4a5c958f5b93",
    };
}

async function turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
}

describe("Handshake", () => {
    it("replies to a handshake of version 2, sends its own, and tells the program nothing but the codec", async () => {
        const probe = new Probe();
        probe.read(handshake());
        const text = probe.bytes().toString();
        expect(text.replace(/"id":"[-0-9a-f]{36}"/, '"id":"ID"')).to.equal(
            '{"type":"Object","data":{"allow_binary_mode":true},"callback_id":"88d1528a-1bfe-4cd2-a487-4a5c958f5b93"}\n' +
                '{"type":"SockhopHandshake","data":{"protocol_version":2,"library_version":"2.1.0",' +
                '"request_binary_mode":true},"id":"ID"}\n',
        );
        expect(probe.connection.codec).to.equal("sockhop-2");
        await turn();
        expect(probe.codecs).to.deep.equal(["sockhop-2"]);
        expect(probe.received).to.deep.equal([]);
        expect(probe.connection.pending).to.equal(0);
    });

    it("allows frames only if they are requested", () => {
        for (const request_binary_mode of [false, undefined, null, 1, "true", {}]) {
            const probe = new Probe();
            probe.read(handshake({ request_binary_mode }));
            expect(probe.written()[0]!.data).to.deep.equal({ allow_binary_mode: false });
        }
    });

    const others: [name: string, envelope: object][] = [
        ["data null", { type: "SockhopHandshake", data: null, id: "i" }],
        ["no data", { type: "SockhopHandshake", id: "i" }],
        ["data that is no object", { type: "SockhopHandshake", data: 2, id: "i" }],
        ["an array", { type: "SockhopHandshake", data: [2], id: "i" }],
        ["no id", { type: "SockhopHandshake", data: { protocol_version: 2 } }],
        ["an empty id", { type: "SockhopHandshake", data: { protocol_version: 2 }, id: "" }],
        ["another version", { type: "SockhopHandshake", data: { protocol_version: 3 }, id: "i" }],
        ["a version as text", { type: "SockhopHandshake", data: { protocol_version: "2" }, id: "i" }],
        ["a version in the prototype", { type: "SockhopHandshake", data: { a: { protocol_version: 2 } }, id: "i" }],
        ["a transition", { type: "SockhopBinaryModeTransition", data: {} }],
        ["a transition as a call", { type: "SockhopBinaryModeTransition", data: {}, id: "i" }],
        ["a Buffer of 1.x", { type: "Buffer", data: { type: "Buffer", data: [1] } }],
        ["a Buffer as text", { type: "Buffer", data: "aGk=" }],
    ];
    for (const [name, envelope] of others) {
        it(`delivers ${name} of a peer that has not greeted, as 1.x does`, () => {
            const probe = new Probe();
            probe.read(envelope, { type: "String", data: "next" });
            const { type, data, id } = envelope as Envelope;
            expect(probe.received.map((each) => each.type)).to.deep.equal([type, "String"]);
            expect(probe.received[0]!.value).to.deep.equal(data);
            expect(probe.received[0]!.callback === undefined).to.equal(!id);
            expect(probe.written()).to.deep.equal([]);
            expect(probe.connection.codec).to.equal("json");
            expect(probe.errors).to.deep.equal([]);
        });
    }

    it("ignores an invalid id as 1.x does, and handles a numeric one", () => {
        const probe = new Probe();
        probe.read({ ...handshake(), id: {} });
        expect(probe.errors).to.have.length(1);
        probe.read({ ...handshake(), id: 7 });
        expect(probe.written()[0]).to.deep.include({ callback_id: 7 });
    });

    it("does not handle it for json peers, and not before the connection is open", () => {
        const json = new Probe({ peer_type: "json" });
        json.read(handshake());
        expect(json.received).to.have.length(1);
        const probe = new Probe();
        probe.connection.state = "pending";
        probe.read(handshake());
        expect(probe.written()).to.deep.equal([]);
    });

    it("leaves it to the program if the own handshake exceeds max_message_size", () => {
        const probe = new Probe({ max_message_size: 150 });
        probe.read({ type: "SockhopHandshake", data: { protocol_version: 2 }, id: "i" });
        expect(probe.received.map(({ type }) => type)).to.deep.equal(["SockhopHandshake"]);
        expect(probe.connection.codec).to.equal("json");
    });

    it("ignores a second handshake, other replies, and a transition without consent", () => {
        const probe = new Probe();
        probe.read(handshake({ request_binary_mode: false }));
        const id = probe.written()[1]!.id;
        probe.read(handshake(), TRANSITION, { type: "SockhopHandshake", data: null, id: "x" });
        probe.read({ type: "Object", data: { allow_binary_mode: true }, callback_id: "never-sent" });
        for (const data of [null, 5, "x", [], { allow_binary_mode: "true" }, { allow_binary_mode: 1 }]) {
            probe.read({ type: "Object", data, callback_id: id });
        }
        probe.read({ type: "Object", data: { allow_binary_mode: true }, callback_id: id }); // the first reply counts
        probe.read({ type: "String", data: "still lines" });
        expect(probe.written()).to.deep.equal([]);
        expect(probe.received.map(({ value }) => value)).to.deep.equal(["still lines"]);
        expect(probe.errors).to.deep.equal([]);
    });

    it("changes to frames when the peer allows it, behind a ping and the transition", async () => {
        const probe = new Probe();
        probe.greet();
        const text = probe.bytes().toString();
        const [ping, transition] = text.split("\n");
        expect(ping).to.match(/^\{"type":"SockhopPing",/);
        expect(`${transition!}\n`).to.equal(TRANSITION);
        void probe._send(probe.connection, { n: 1 });
        expect(probe.bytes()).to.have.length(0); // before the pong, a peer of 2.1.0 could lose it
        const { _id } = (JSON.parse(ping!) as { data: { _id: string } }).data;
        probe.read({ type: "SockhopPong", data: { _id } });
        expect(probe.bytes()).to.deep.equal(frame(10, "Object", { n: 1 }));
        await probe._send(probe.connection, Buffer.of(1, 2));
        await probe._send(probe.connection, Buffer.of(1, 2), null, { type: "Img" });
        expect(probe.bytes()).to.deep.equal(
            Buffer.concat([frame(13, "Buffer", Buffer.of(1, 2)), frame(13, "Img", Buffer.of(1, 2))]),
        );
    });

    it("sends frames after a while to a peer that does not reply to the ping", async () => {
        const clock = fakeTime();
        const probe = new Probe();
        probe.greet();
        probe.bytes();
        const sent = probe._send(probe.connection, 5);
        await turns(2);
        clock.tick(990);
        await turns(2);
        expect(probe.bytes()).to.have.length(0);
        clock.tick(10);
        await sent;
        expect(probe.bytes()).to.deep.equal(frame(10, "Number", 5));
    });

    it("sends what waits for that pong when the connection closes", async () => {
        const probe = new Probe();
        probe.greet();
        probe.bytes();
        const sent = probe._send(probe.connection, 5);
        probe.close();
        await sent;
        expect(probe.bytes()).to.deep.equal(frame(10, "Number", 5));
    });

    it("stays with lines, and base64, if the peer does not allow frames", async () => {
        const probe = new Probe();
        probe.greet(false);
        await probe._send(probe.connection, Buffer.from("hi"));
        expect(probe.bytes().toString()).to.equal('{"type":"Buffer","data":"aGk="}\n');
        probe.read({ type: "Buffer", data: "aGk=" });
        expect(probe.received[0]).to.deep.include({ type: "Buffer", value: Buffer.from("hi") });
    });

    it("changes each direction alone", () => {
        const probe = new Probe();
        probe.greet(false);
        probe.read({ type: "String", data: 1 }, TRANSITION, frame(13, "Img", Buffer.of(9)), frame(10, "Number", 2));
        expect(probe.received.map(({ type, value }) => [type, value])).to.deep.equal([
            ["String", 1],
            ["Img", Buffer.of(9)],
            ["Number", 2],
        ]);
        const other = new Probe();
        other.read(handshake({ request_binary_mode: false }));
        other.read({ type: "Object", data: { allow_binary_mode: true }, callback_id: other.written()[1]!.id });
        other.release();
        void other._send(other.connection, 1);
        expect(other.bytes()).to.deep.equal(frame(10, "Number", 1));
        other.read({ type: "String", data: "line" });
        expect(other.received[0]!.value).to.equal("line");
    });

    it("replies to calls in either form, with their ids", () => {
        const probe = new Probe();
        const id = "30d9dbeb-b861-42a9-9e71-77576c09a7fa";
        probe.read(handshake(), { type: "String", data: "line", id: "x".repeat(100) });
        const [, own] = probe.written();
        const late = probe.received[0]!.callback!;
        probe.read({ type: "Object", data: { allow_binary_mode: true }, callback_id: own!.id });
        probe.release();
        probe.read(TRANSITION, frame(11, "String", "ask", id));
        late(1); // its id does not fit into a frame
        probe.received[1]!.callback!(Buffer.from("ok"));
        expect(probe.bytes()).to.deep.equal(
            Buffer.concat([frame(12, "Number", 1, "x".repeat(36)), frame(15, "Buffer", Buffer.from("ok"), id)]),
        );
    });

    it("waits with the transition for a queue, and for lines that the socket holds", async () => {
        const probe = new Probe();
        probe.isQueued = true;
        probe.greet();
        await turn();
        expect(probe.written()).to.deep.equal([]);
        probe.socket.isSlow = true;
        void probe._send(probe.connection, "line");
        probe.connection.flush();
        probe.isQueued = false;
        await turn();
        await turn();
        expect(probe.written()).to.deep.equal([{ type: "String", data: "line" }]);
        probe.socket.accept();
        while (!(probe.connection.wire as V2Wire).format.hasFrames) await turn();
        expect(probe.written().map(({ type }) => type)).to.deep.equal(["SockhopPing", "SockhopBinaryModeTransition"]);
    });

    it("does not wait with the transition of a closed connection", async () => {
        const probe = new Probe();
        probe.isQueued = true;
        probe.greet();
        probe.close();
        probe.isQueued = false;
        await turn();
        await turn();
        expect(probe.written()).to.deep.equal([]);
    });

    it("refuses requests, and fails those that were sent before", async () => {
        const probe = new Probe();
        const early = probe._ask(probe.connection, {});
        probe.read(handshake());
        expect(await rejection(early)).to.have.property("code", "ERR_REQUEST_TYPE");
        expect(await rejection(probe._ask(probe.connection, {}))).to.have.property("code", "ERR_REQUEST_TYPE");
        const refused = await rejection(probe._request(probe.connection, {}));
        expect(refused).to.have.property("code", "ERR_REQUEST_TYPE");
        expect(refused.message).to.include("2.x");
        expect(probe.connection.pending).to.equal(0);
        expect(probe.written().map(({ type }) => type)).to.deep.equal(["SockhopRequest", "Object", "SockhopHandshake"]);
    });

    it("reports bad frames, and reads on", () => {
        const probe = new Probe();
        probe.greet(false);
        const bad = frame(10, "A", 1);
        bad[4] = 99;
        probe.read(TRANSITION, bad, frame(10, "Number", 1), frame(12, "A", 1, ""), frame(10, "Number", 2));
        expect(probe.received.map(({ value }) => value)).to.deep.equal([1, 2]);
        expect(probe.errors).to.have.length(2);
        expect(probe.errors[0]).to.include("unknown number 99");
    });

    it("replies to pings in frames, and ignores the messages of a handshake there", () => {
        const probe = new Probe();
        probe.greet();
        probe.release();
        probe.read(TRANSITION, frame(10, "SockhopPing", { _id: "p" }));
        const pong = probe.bytes();
        expect(pong[4]).to.equal(10);
        expect(pong.toString("latin1")).to.include("SockhopPong").and.to.include('"_id":"p"');
        probe.read(
            frame(10, "SockhopBinaryModeTransition", {}),
            frame(11, "SockhopHandshake", handshake().data, "i"),
            frame(10, "String", "after"),
        );
        expect(probe.received.map(({ value }) => value)).to.deep.equal(["after"]);
        expect(probe.bytes()).to.have.length(0);
    });

    it("survives any order of its messages, split anywhere", () => {
        const own = (probe: Probe): unknown =>
            /"type":"SockhopHandshake".*"id":"([-0-9a-f]{36})"/.exec(probe.socket.text)?.[1] ?? "none";
        const parts: ((probe: Probe) => object | string | Buffer)[] = [
            () => handshake(),
            () => handshake({ request_binary_mode: false }),
            () => ({ ...handshake(), data: null }),
            (probe) => ({ type: "Object", data: { allow_binary_mode: true }, callback_id: own(probe) }),
            (probe) => ({ type: "Object", data: null, callback_id: own(probe) }),
            () => TRANSITION,
            () => ({ type: "SockhopPing", data: { _id: "x" } }),
            () => ({ type: "SockhopRequest", data: { uuid: "u", data: 1 } }),
            () => ({ type: "String", data: "x", id: "i" }),
            () => frame(11, "String", "x", "i"),
            () => frame(13, "Buffer", Buffer.of(1)),
            () => frame(10, "SockhopPong", { _id: "sockhop", hello: {} }),
            () => frame(10, "SockhopRequest", { uuid: "u", data: 1 }),
            () => Buffer.from("ff0102030405", "hex"),
            () => Buffer.of(0, 0, 0, 0, 10),
            () => Buffer.from("{\n"),
        ];
        const step = fc.tuple(fc.nat(parts.length - 1), fc.integer({ min: 1, max: 40 }));
        fc.assert(
            fc.property(fc.array(step, { maxLength: 25 }), fc.boolean(), (steps, hasCodec) => {
                const probe = new Probe(hasCodec ? { codec: "binary" } : {});
                if (hasCodec) probe._greet(probe.connection, () => undefined, false);
                for (const [index, cut] of steps) {
                    const part = parts[index]!(probe);
                    const bytes = Buffer.isBuffer(part)
                        ? part
                        : Buffer.from(typeof part === "string" ? part : `${JSON.stringify(part)}\n`);
                    probe.read(bytes.subarray(0, cut));
                    probe.read(bytes.subarray(cut));
                    for (const { callback } of probe.received.splice(0)) callback?.(Buffer.of(1));
                    probe._send(probe.connection, { a: 1 }).catch(() => undefined);
                }
                probe.close();
            }),
            { numRuns: 500 },
        );
    });

    describe("with a greeting of this library", () => {
        const hello = { version: 1, codecs: ["binary"], token: "0123456789abcdef" };

        it("speaks 2.x with a peer that replies to the ping behind the greeting only", async () => {
            const probe = new Probe({ codec: "binary" });
            let known = 0;
            probe._greet(probe.connection, () => (known += 1), false);
            const [, ping] = probe.written();
            probe.read(handshake());
            await turn();
            expect([known, probe.codecs]).to.deep.equal([0, []]);
            probe.read({ type: "SockhopPong", data: ping!.data });
            await turn();
            expect([known, probe.codecs]).to.deep.equal([1, ["sockhop-2"]]);
        });

        it("ignores the greeting of a peer of 2.x", () => {
            const probe = new Probe({ codec: "binary" });
            probe._greet(probe.connection, () => undefined, false);
            const [, ping] = probe.written();
            probe.read(handshake(), { type: "SockhopPong", data: { _id: "sockhop", hello } });
            probe.read({ type: "SockhopPong", data: ping!.data });
            expect(probe.connection.codec).to.equal("sockhop-2");
        });

        it("delivers a handshake as 1.x does after another codec was agreed on", () => {
            const probe = new Probe({ codec: "binary" });
            probe._greet(probe.connection, () => undefined, false);
            probe.read({ type: "SockhopPong", data: { _id: "sockhop", hello } }, handshake());
            expect(probe.connection.codec).to.equal("binary");
            expect(probe.received.map(({ type }) => type)).to.deep.equal(["SockhopHandshake"]);
        });
    });
});
