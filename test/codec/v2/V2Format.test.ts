import { expect } from "chai";
import fc from "fast-check";
import { ObjectBuffer, type SockhopError } from "../../../src";
import type { V2Format } from "../../../src/codec/v2/V2Format";
import { PendingCallback } from "../../../src/replies/PendingCallback";
import { CAPTURED } from "./bytes";

function frames(options: object = {}): V2Format {
    return new ObjectBuffer(options).v2Format.frames;
}

/** Frame with any payload. */
function rawFrame(layout: number, payload: Buffer): Buffer {
    const header = Buffer.alloc(5);
    header.writeUInt32LE(payload.length);
    header[4] = layout;
    return Buffer.concat([header, payload]);
}

function codeOf(run: () => unknown): unknown {
    try {
        run();
    } catch (error) {
        return (error as SockhopError).code;
    }
    return undefined;
}

describe("V2Format", () => {
    for (const { bytes, type, data, kind, id } of CAPTURED) {
        it(`writes and reads the captured ${kind} of the type ${type}, ${bytes.length} bytes`, () => {
            const format = frames();
            expect(format.encode(kind, data, id, type).toString("hex")).to.equal(bytes.toString("hex"));
            expect(format.latestType).to.equal(type);
            const decoded = format.decode(bytes);
            expect(decoded).to.deep.include({ kind, type, data, id, bytes: bytes.length });
        });

        it(`ignores bytes after the fields of the ${kind} of the type ${type}`, () => {
            const longer = rawFrame(bytes[4]!, Buffer.concat([bytes.subarray(5), Buffer.from("more")]));
            expect(frames().decode(longer)).to.deep.include({ kind, type, data, id });
        });

        it(`reports the ${kind} of the type ${type} if it is cut anywhere`, () => {
            for (let length = 0; length < bytes.length - 5; length++) {
                const cut = rawFrame(bytes[4]!, bytes.subarray(5, 5 + length));
                expect(frames().decode(cut)).to.include({ kind: "invalid" });
            }
        });
    }

    it("writes pings and pongs as messages", () => {
        const ping = frames().encodeControl("ping", { _id: "1" });
        expect(ping.toString("hex")).to.equal(
            "1b000000" +
                "0a" +
                "0b" +
                Buffer.from("SockhopPing").toString("hex") +
                "0b000000" +
                Buffer.from('{"_id":"1"}').toString("hex"),
        );
        expect(frames().decode(ping)).to.deep.include({ kind: "ping", data: { _id: "1" } });
        expect(frames().decode(frames().encodeControl("pong", { _id: "1" }))).to.include({ kind: "pong" });
    });

    it("pads a short id with zeros, cuts a long one, and reads an id up to the first zero", () => {
        const format = frames();
        const short = format.encode("reply", 1, "abc");
        expect(short.subarray(-36).toString("latin1")).to.equal("abc" + "\0".repeat(33));
        expect(format.decode(short)).to.include({ id: "abc" });
        expect(format.decode(format.encode("reply", 1, "x".repeat(100)))).to.include({ id: "x".repeat(36) });
        expect(format.decode(format.encode("reply", 1, 7))).to.include({ id: "7" });
    });

    it("reads a call without an id as a message, and refuses a reply without one", () => {
        const format = frames();
        expect(format.decode(format.encode("call", 1, ""))).to.include({ kind: "message", data: 1 });
        expect(format.decode(format.encode("call", Buffer.of(1), ""))).to.include({ kind: "message" });
        expect(format.decode(format.encode("reply", 1, ""))).to.include({ kind: "invalid" });
        expect(format.decode(format.encode("reply", Buffer.of(1), ""))).to.include({ kind: "invalid" });
    });

    it("reports unknown numbers, text that is not JSON, and bytes with a reserved type", () => {
        const format = frames();
        const [{ bytes }] = CAPTURED as [(typeof CAPTURED)[0]];
        for (const layout of [0, 9, 16, 255]) {
            expect(format.decode(rawFrame(layout, bytes.subarray(5)))).to.include({
                kind: "invalid",
                fault: `the binary frame has the unknown number ${layout}`,
            });
        }
        const text = Buffer.concat([Buffer.of(1, 65, 2, 0, 0, 0), Buffer.from("{]")]);
        expect(format.decode(rawFrame(10, text))).to.include({ kind: "invalid", type: "A" });
        const ping = format.encodeControl("ping", {});
        expect(format.decode(rawFrame(13, ping.subarray(5)))).to.include({ kind: "invalid" });
    });

    it("refuses what it cannot express", () => {
        const format = frames({ max_message_size: 1000 });
        expect(codeOf(() => format.encode("message", () => 1))).to.equal("ERR_BAD_DATA");
        expect(codeOf(() => format.encode("message", Promise.resolve(1)))).to.equal("ERR_BAD_DATA");
        expect(codeOf(() => format.encode("message", 1, undefined, "SockhopPing"))).to.equal("ERR_BAD_DATA");
        expect(codeOf(() => format.encode("message", 1, undefined, "é".repeat(128)))).to.equal("ERR_BAD_DATA");
        expect(codeOf(() => format.encode("message", 1, undefined, "x".repeat(255)))).to.equal(undefined);
        expect(codeOf(() => format.encode("message", "x".repeat(1000)))).to.equal("ERR_MESSAGE_TOO_LARGE");
        expect(codeOf(() => format.encode("message", Buffer.alloc(989)))).to.equal(undefined);
        expect(codeOf(() => format.encode("message", Buffer.alloc(990)))).to.equal("ERR_MESSAGE_TOO_LARGE");
    });

    it("sends registered names, and makes instances of registered classes", () => {
        class Order {
            constructor(readonly id = 1) {}
        }
        const format = frames({ classes: { "shop.Order": Order } });
        const decoded = format.decode(format.encode("message", new Order(5)));
        expect(decoded).to.include({ kind: "message", type: "shop.Order" });
        expect((decoded as { data: unknown }).data)
            .to.be.instanceOf(Order)
            .and.deep.equal(new Order(5));
        class Picky {
            static fromJSON(): never {
                throw new Error("mine");
            }
        }
        const picky = frames({ classes: { Picky } });
        expect(picky.decode(picky.encode("message", {}, undefined, "Picky"))).to.include({ kind: "invalid" });
    });

    it("copies bytes out of the frame", () => {
        const bytes = Buffer.from(CAPTURED[3]!.bytes);
        const decoded = frames().decode(bytes) as { data: Buffer };
        bytes.fill(0);
        expect(decoded.data).to.deep.equal(Buffer.of(0, 1, 2, 255));
    });

    it("keeps an own member __proto__ as data", () => {
        const text = Buffer.from('{"__proto__":{"polluted":1}}');
        const payload = Buffer.concat([Buffer.of(1, 65, text.length, 0, 0, 0), text]);
        const decoded = frames().decode(rawFrame(10, payload)) as { data: object };
        expect(Object.getPrototypeOf(decoded.data)).to.equal(Object.prototype);
        expect(({} as { polluted?: number }).polluted).to.equal(undefined);
    });

    it("reads any bytes without an exception", () => {
        const format = frames();
        fc.assert(
            fc.property(fc.integer({ min: 8, max: 17 }), fc.uint8Array({ maxLength: 80 }), (layout, payload) => {
                const { kind } = format.decode(rawFrame(layout, Buffer.from(payload)));
                return typeof kind === "string";
            }),
            { numRuns: 3000 },
        );
    });

    it("writes a broadcast of lines with base64, and describes it", () => {
        const { v2Format } = new ObjectBuffer();
        const wire = v2Format.createWire();
        const line = v2Format.encodeShared(Buffer.from("hi"));
        expect(line.toString()).to.equal('{"type":"Buffer","data":"aGk="}\n');
        expect(wire.describe(line)).to.deep.equal({ type: "Buffer", bytes: line.length - 1 });
        const shared = v2Format.frames.encodeShared(Buffer.from("hi"), "Img");
        expect(wire.describe(shared)).to.deep.equal({ type: "Img", bytes: shared.length });
        expect(v2Format.frames.decodeShared(shared)).to.have.length(1);
        expect(v2Format.decodeShared(v2Format.encodeShared([1]))).to.deep.include({
            kind: "message",
            type: "Array",
            data: [1],
            id: undefined,
            hasUuid: false,
            bytes: 0,
        });
    });
});

describe("V2Wire", () => {
    it("writes Buffers in lines as base64: messages, calls, replies; other types as 1.x", () => {
        const wire = new ObjectBuffer().v2Format.createWire();
        const hi = Buffer.from("hi");
        expect(wire.encodeMessage(hi)).to.equal('{"type":"Buffer","data":"aGk="}\n');
        expect(wire.encodeMessage(hi, "Buffer")).to.equal('{"type":"Buffer","data":"aGk="}\n');
        expect(wire.encodeMessage(hi, "Img")).to.equal('{"type":"Img","data":{"type":"Buffer","data":[104,105]}}\n');
        const call = new PendingCallback(() => undefined, undefined);
        expect(wire.encodeCall(hi, call)).to.equal(`{"type":"Buffer","data":"aGk=","id":"${call.uuid}"}\n`);
        expect(wire.encodeReply(hi, 5, false)).to.equal('{"type":"Buffer","data":"aGk=","callback_id":5}\n');
        expect(wire.encodeMessage(new Uint8Array([1]))).to.equal('{"type":"Uint8Array","data":{"0":1}}\n');
    });

    it("writes lines of 1.x for a later connection", () => {
        const wire = new ObjectBuffer().v2Format.createWire();
        wire.startFrames();
        wire.isConnected = () => false;
        expect(wire.encodeMessage(Buffer.of(1))).to.equal('{"type":"Buffer","data":{"type":"Buffer","data":[1]}}\n');
        const call = new PendingCallback(() => undefined, undefined);
        expect(wire.encodeRequest({}, call)).to.include("SockhopRequest");
    });

    it("refuses requests", () => {
        const wire = new ObjectBuffer().v2Format.createWire();
        const call = new PendingCallback(() => undefined, undefined);
        expect(codeOf(() => wire.encodeRequest({}, call))).to.equal("ERR_REQUEST_TYPE");
    });
});
