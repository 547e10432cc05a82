import { expect } from "chai";
import fc from "fast-check";
import { FrameSplitter } from "../../src/cli/tap/FrameSplitter";
import type { TappedMessage } from "../../src/inspect/frames/parseFrame";
import { TapCodec } from "../../src/cli/tap/TapCodec";
import { TapLog } from "../../src/cli/tap/TapLog";
import type { Side } from "../../src/inspect/protocol";
import { ObjectBuffer, type ObjectBufferOptions } from "../../src";
import type { createFormat } from "../../src/codec/formatOption";
import type { Identified } from "../../src/codec/Encoder";
import type { Wire } from "../../src/codec/Wire";
import { helloData } from "../../src/protocol/Hello";
import { uuidOf } from "../../src/protocol/uuid";
import { CapturedStream, outputOf } from "./CapturedStream";

const TOKENS = { client: "0123456789abcdef", server: "fedcba9876543210" };

/** Codec of a program. */
const ROT = { name: "rot", encode: (value: unknown) => Buffer.from(String(value)), decode: String };

function line(type: string, data: unknown): Buffer {
    return Buffer.from(`${JSON.stringify({ type, data })}\n`);
}

function greeting(from: Side, ...codecs: string[]): Buffer {
    return line("SockhopPong", helloData({ codecs, token: TOKENS[from] }));
}

/** Encodes the frames of one side. */
function wireOf(from: Side, codec: ObjectBufferOptions["codec"] = "binary"): Wire {
    const { client, server } = TOKENS;
    const tokens = from === "client" ? { own: client, peer: server } : { own: server, peer: client };
    return (new ObjectBuffer({ codec }).format as NonNullable<ReturnType<typeof createFormat>>).createWire(tokens);
}

/** Returns the bytes of frames, which `encode` adds to a wire. */
function framesOf(wire: Wire, ...encode: ((wire: Wire) => ReturnType<Wire["encodeMessage"]>)[]): Buffer {
    for (const each of encode) wire.commit(each(wire));
    const bytes = Buffer.from(wire.take());
    wire.release(true);
    return bytes;
}

/** Call or request that gets the next number, or has one. */
function identified(number = 0): Identified {
    let id = number;
    return {
        uuid: "",
        get id() {
            return id;
        },
        assign: (next) => (id = next),
    };
}

/** Both directions of a connection. */
class Tapped {
    readonly #codec = new TapCodec();
    readonly client = new FrameSplitter("\n", false, this.#codec.of("client"));
    readonly server = new FrameSplitter("\n", false, this.#codec.of("server"));

    push(from: Side, ...chunks: Buffer[]): TappedMessage[] {
        return chunks.flatMap((chunk) => [...this[from].push(chunk)]);
    }

    /** Greets on both sides. */
    agree(...codecs: string[]): this {
        this.push("client", greeting("client", ...codecs));
        this.push("server", greeting("server", ...codecs));
        return this;
    }
}

describe("TapCodec", () => {
    it("shows greetings", () => {
        const [message] = new Tapped().push("client", greeting("client", "binary"));
        expect(message).to.deep.equal({
            bytes: greeting("client", "binary").length - 1,
            kind: "hello",
            data: { codecs: ["binary"], token: TOKENS.client },
        });
    });

    it("shows messages of lines and frames in order, wherever the chunks end", () => {
        const wire = wireOf("client");
        const whole = Buffer.concat([
            ...[line("Number", 1), framesOf(wire, () => wire.encodeMessage({ a: 2n, t: "é→" })), line("Number", 3)],
            framesOf(
                wire,
                () => wire.encodeMessage(new Date(4)),
                () => wire.encodeMessage("ÿ\n"),
            ),
            ...[Buffer.from("\n"), line("Number", 6)],
        ]);
        const tapped = new Tapped().agree("binary");
        const expected = tapped.push("client", whole);
        expect(expected.map(({ bytes: _bytes, ...message }) => message)).to.deep.equal([
            { kind: "message", type: "Number", data: 1 },
            { codec: "binary", kind: "message", type: "Object", data: { a: 2n, t: "é→" } },
            { kind: "message", type: "Number", data: 3 },
            { codec: "binary", kind: "message", type: "Date", data: new Date(4) },
            { codec: "binary", kind: "message", type: "String", data: "ÿ\n" },
            { kind: "message", type: "Number", data: 6 },
        ]);
        for (let at = 1; at < whole.length; at++) {
            const parts = [whole.subarray(0, at), whole.subarray(at)];
            expect(tapped.push("client", ...parts), `at ${at}`).to.deep.equal(expected);
        }
        expect(tapped.push("client", ...Array.from(whole, (byte) => Buffer.of(byte)))).to.deep.equal(expected);
    });

    it("shows frames behind the greeting in one chunk", () => {
        const tapped = new Tapped();
        tapped.push("client", greeting("client", "binary"));
        const frame = framesOf(wireOf("server"), (wire) => wire.encodeMessage(5));
        const [, message] = tapped.push("server", Buffer.concat([greeting("server", "binary"), frame]));
        expect(message).to.include({ kind: "message", data: 5 });
    });

    it("marks the frames of both ends that are sent again, and no others", () => {
        const tapped = new Tapped();
        const greet = (from: Side, received: number, sent: number): Buffer => {
            const resume = { timeout: 1, token: "9a0c64f6f3be2a15d07e88c1b2493e6d", received, sent };
            return line("SockhopPong", helloData({ codecs: ["binary"], token: TOKENS[from], resume }));
        };
        const wire = wireOf("server");
        const twice = framesOf(
            wire,
            () => wire.encodeMessage(1),
            () => wire.encodeMessage(2),
        );
        tapped.push("client", greet("client", 5, 7));
        const [answer, ...others] = tapped.push("server", greet("server", 6, 7), twice, line("Number", 3), twice);
        expect(answer).to.include({ kind: "resume" }).and.not.have.property("replayed");
        expect(others.map(({ data, replayed }) => [data, replayed])).to.deep.equal([
            ...[
                [1, true],
                [2, true],
                [3, true],
                [1, undefined],
                [2, undefined],
            ],
        ]);
        const receipt = line("SockhopPong", { ack: 5 });
        const sent = tapped.push("client", Buffer.from("\n"), receipt, line("Number", 7), line("Number", 8));
        expect(sent.map(({ kind, replayed }) => [kind, replayed])).to.deep.equal([
            ...[
                ["receipt", undefined],
                ["message", true],
                ["message", undefined],
            ],
        ]);
    });

    it("gives a call and its reply, and a request and its responses, the id that both ends have", () => {
        const tapped = new Tapped().agree("binary");
        const [client, server] = [wireOf("client"), wireOf("server")];
        const sent = tapped.push(
            "client",
            framesOf(
                client,
                () => client.encodeCall("a", identified()),
                () => client.encodeRequest({ b: 1 }, identified()),
                () => client.encodeCancel(identified(2)),
            ),
        );
        const received = tapped.push(
            "server",
            framesOf(
                server,
                () => server.encodeReply(["r"], 1, false),
                () => server.encodeResponse({ uuid: 2 as never, data: "s", last: true }, false),
                () =>
                    server.encodeResponse({ uuid: 2 as never, error: { code: "E", message: "m" }, last: true }, false),
                () => server.encodeCall("from the server", identified()),
            ),
        );
        const [first, second] = [1, 2].map((number) => uuidOf(TOKENS.client, number));
        expect(sent.map(({ kind, type, data, id, cancel }) => [kind, type, data, id, cancel])).to.deep.equal([
            ["question", "String", "a", first, undefined],
            ["request", "Object", { b: 1 }, second, undefined],
            ["response", "Object", {}, second, true],
        ]);
        expect(received.map(({ kind, data, id, last, error }) => [kind, data, id, last, error])).to.deep.equal([
            ["answer", ["r"], first, undefined, undefined],
            ["response", "s", second, true, undefined],
            ["response", {}, second, true, { code: "E", message: "m" }],
            ["question", "from the server", uuidOf(TOKENS.server, 1), undefined, undefined],
        ]);
    });

    it("shows the bytes of a codec of a program", () => {
        const tapped = new Tapped().agree("rot");
        const wire = wireOf("server", ROT);
        const frames = framesOf(
            wire,
            () => wire.encodeMessage("hi", "Widget"),
            () => wire.encodeReply("ho", 1, false),
        );
        const [message, reply] = tapped.push("server", ...Array.from(frames, (byte) => Buffer.of(byte)));
        expect(message).to.deep.equal({
            ...{ bytes: 29, codec: "rot", kind: "message", type: "Widget", data: Buffer.from("hi") },
        });
        expect(reply).to.include({ kind: "answer", type: "String", id: uuidOf(TOKENS.client, 1) });
    });

    it("reads a frame as a line if its receiver has not greeted", () => {
        const tapped = new Tapped();
        const frame = framesOf(wireOf("client"), (wire) => wire.encodeMessage("hello"));
        const shown = tapped.push("client", greeting("client", "binary"), frame, Buffer.from("\n"), line("Number", 1));
        expect(shown.map(({ kind }) => kind)).to.deep.equal(["hello", "invalid", "message"]);
        expect(shown[1]).to.have.property("text").that.includes("hello");
    });

    it("shows a frame as invalid if the ends have no codec in common, or another one", () => {
        const frame = framesOf(wireOf("client"), (wire) => wire.encodeMessage("hello"));
        const tapped = new Tapped();
        tapped.push("client", greeting("client", "rot"));
        tapped.push("server", greeting("server", "binary"));
        const error = "the frame is binary, and no codec was agreed on";
        const bytes = frame.length;
        expect(tapped.push("client", frame)).to.deep.equal([{ bytes, kind: "invalid", error, data: frame }]);
        for (const codec of ["rot", "binary"]) {
            const other = codec === "rot" ? frame : wireOf("client", ROT).format.encodeShared("x");
            const [message] = new Tapped().agree(codec).push("client", other);
            expect(message).to.deep.include({ bytes: other.length, codec, kind: "invalid", data: other });
        }
    });

    it("ignores greetings once the ends have agreed", () => {
        const tapped = new Tapped().agree("binary");
        tapped.push("client", greeting("client", "rot"));
        const frame = framesOf(wireOf("client"), (wire) => wire.encodeMessage("hello"));
        expect(tapped.push("client", frame)[0]).to.include({ kind: "message", data: "hello" });
    });

    it("skips a frame that is too large, and does not allocate what is announced", () => {
        const tapped = new Tapped().agree("binary");
        const size = 17 * 2 ** 20;
        const header = Buffer.from("ff010000000000000000ff", "hex");
        header.writeUInt32LE(size - 6, 2);
        const mebibyte = Buffer.alloc(2 ** 20);
        const rest = Array.from({ length: 17 }, (_, n) => (n === 0 ? mebibyte.subarray(header.length) : mebibyte));
        expect(
            tapped.push("client", header, ...rest, line("Number", 1)).map(({ bytes, kind }) => [bytes, kind]),
        ).to.deep.equal([
            [size, "large"],
            [26, "message"],
        ]);
        header.writeUInt32LE(0xffff_ffff, 2);
        expect(tapped.push("client", header, mebibyte)).to.deep.equal([]);
        expect(tapped.client.end()).to.include({
            bytes: 2 ** 20 + header.length,
            kind: "incomplete",
            incomplete: true,
        });
        expect(tapped.client.end()).to.equal(undefined);
    });

    it("prints whatever a peer sends", () => {
        const { output, out, err } = outputOf({ jsonOutput: true });
        const record = new CapturedStream();
        const logs = [
            new TapLog(output, {}, record as never),
            new TapLog(outputOf({ pretty: true }).output, {}, undefined),
        ];
        const wire = wireOf("client");
        const frame = framesOf(wire, () =>
            wire.encodeCall({ m: new Map([[1n, new Error("x")]]), d: [1.5, 2] }, identified()),
        );
        const edit = fc.record({ at: fc.nat(frame.length - 1), byte: fc.nat(255) });
        const bytes = fc.oneof(
            fc.uint8Array({ maxLength: 64 }).map((random) => Buffer.concat([Buffer.of(0xff, 1), random])),
            fc.array(edit, { maxLength: 4 }).map((edits) => {
                const edited = Buffer.from(frame);
                for (const { at, byte } of edits) edited[at] = byte;
                return edited;
            }),
        );
        fc.assert(
            fc.property(bytes, fc.constantFrom("binary", "rot"), (hostile, codec) => {
                const tapped = new Tapped().agree(codec);
                const messages = tapped.push("client", hostile);
                const last = tapped.client.end();
                for (const log of logs) log.add(1, "client", last ? [...messages, last] : messages);
            }),
        );
        expect(err.text).to.equal("");
        expect(out.lines).to.deep.equal(record.lines);
        for (const printed of out.lines) expect(JSON.parse(printed)).to.have.property("kind");
    });
});

describe("TapLog with a codec", () => {
    function printed(flags: object, ...messages: TappedMessage[]): string[] {
        const { output, out } = outputOf(flags);
        new TapLog(output, flags, undefined).add(1, "client", messages);
        return out.lines;
    }

    const message: TappedMessage = {
        ...{ bytes: 9, codec: "binary", kind: "question", type: "Date", data: new Date(0) },
        id: uuidOf(TOKENS.client, 300),
    };

    it("prints values that JSON does not have, and the number of a call", () => {
        expect(printed({ pretty: true }, message)[0]).to.match(
            /^\S+ #1 → question Date 9 B 1970-01-01T00:00:00.000Z 300$/,
        );
        expect(JSON.parse(printed({}, message)[0]!)).to.deep.include({
            ...{ codec: "binary", kind: "question", type: "Date", data: { $date: "1970-01-01T00:00:00.000Z" } },
            id: message.id,
        });
        expect(printed({ bare: true }, message)).to.deep.equal(['{"$date":"1970-01-01T00:00:00.000Z"}']);
    });

    it("prints the fault of a frame that is not valid", () => {
        const invalid: TappedMessage = { bytes: 2, kind: "invalid", error: "the fault", data: Buffer.of(255, 1) };
        expect(printed({ pretty: true }, invalid)[0]).to.match(/ invalid {2}2 B 'the fault'$/);
        expect(JSON.parse(printed({}, invalid)[0]!)).to.deep.include({ error: "the fault", data: { $bytes: "/wE=" } });
    });
});
