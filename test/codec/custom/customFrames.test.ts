import { expect } from "chai";
import { classRegistry } from "../../../src/codec/classes";
import { SockhopError } from "../../../src";
import { CustomFormat } from "../../../src/codec/custom/CustomFormat";
import type { ValueCodec } from "../../../src/codec/ValueOptions";
import type { InvalidMessage, Message } from "../../../src/protocol/Message";
import { CLIENT, SERVER, json } from "../binary/support";

const KINDS = { message: 0, call: 1, reply: 2, request: 3, response: 4, cancel: 5 };
const FAILED = 0x20;

/** Frame with a kind and flags, a number, a type and the text of a value. */
function frame(head: number, id: number, type: string, value = "1"): Buffer {
    const [name, bytes] = [Buffer.from(type), Buffer.from(value)];
    const header = Buffer.alloc(21);
    header.set([0xff, 2]);
    header.writeUInt32LE(15 + name.length + bytes.length, 2);
    header.writeUInt32LE(10 + name.length + bytes.length, 7);
    header[11] = head;
    header.writeUIntLE(id, 12, 6);
    header.writeUIntLE(name.length, 18, 3);
    return Buffer.concat([header, name, bytes]);
}

function formatOf(codec: Partial<ValueCodec>): CustomFormat {
    class Widget {}
    return new CustomFormat({
        codec: {
            name: "text",
            encode: (value) => Buffer.from(JSON.stringify(value)),
            decode: (content) => JSON.parse(content.toString()) as unknown,
            ...codec,
        },
        maxSize: 2 ** 20,
        classes: classRegistry([Widget]),
        json,
    });
}

function decode(bytes: Buffer, decodeValue?: (bytes: Buffer) => unknown): Message | InvalidMessage {
    const format = formatOf(decodeValue ? { decode: decodeValue } : {});
    return format.createWire({ own: SERVER, peer: CLIENT }).decodeFrame(bytes)[0] as Message | InvalidMessage;
}

describe("Frames of a codec of the program", () => {
    it("are messages", () => {
        expect(decode(frame(KINDS.message, 0, "Number"))).to.include({ kind: "message", type: "Number", data: 1 });
        expect(decode(frame(KINDS.call, 7, "\u4e00".repeat(1024)))).to.include({ kind: "call", id: 7 });
    });

    const faults: Record<string, [string, Buffer]> = {
        "a reserved type": ["the type of a message is reserved", frame(KINDS.message, 0, "SockhopRequest")],
        "a type of 1025 characters": ["the type of a message is too long", frame(KINDS.message, 0, "x".repeat(1025))],
        "a type of 4000 bytes": ["the type of a message is too long", frame(KINDS.message, 0, "x".repeat(4000))],
        "a message with a number": ["the number of a message is not valid", frame(KINDS.message, 1, "X")],
    };
    for (const [kind, head] of Object.entries(KINDS).slice(1)) {
        faults[`a ${kind} with the number 0`] = ["the number of a message is not valid", frame(head, 0, "X")];
    }
    for (const [what, [fault, bytes]] of Object.entries(faults)) {
        it(`are refused: ${what}`, () => expect(decode(bytes)).to.include({ kind: "invalid", fault }));
    }

    for (const error of ["5", "null", "[]", "{}", `{"code":"E"}`, `{"code":"E","message":{}}`, "{"]) {
        it(`fail the request, if the error of its response is ${error}`, () => {
            const message = decode(frame(KINDS.response | FAILED, 3, "X", error));
            expect(message).to.have.property("kind", "invalid");
            expect(message).to.have.deep.property("refused", {
                kind: "response",
                id: 3,
                hasUuid: false,
                errors: true,
            });
        });
    }

    it("are refused if decode() is an async function", () => {
        const fault = "the value cannot be decoded: decode() returned a Promise";
        const failing = (): Promise<unknown> => Promise.reject(new Error("not reported"));
        for (const decodeValue of [failing, () => Promise.resolve(1)]) {
            expect(decode(frame(KINDS.message, 0, "Number"), decodeValue)).to.include({ kind: "invalid", fault });
        }
    });

    describe("are not made of anything else than bytes, such as", () => {
        const revoked = Proxy.revocable({}, {});
        revoked.revoke();
        const detached = new Uint8Array(8);
        structuredClone(detached.buffer, { transfer: [detached.buffer] });
        const results: Record<string, unknown> = {
            nothing: undefined,
            "a text": "text",
            "an ArrayBuffer": new ArrayBuffer(8),
            "a Promise": Promise.resolve(new Uint8Array(8)),
            "a Proxy": new Proxy(new Uint8Array(8), {}),
            "a revoked Proxy": revoked.proxy,
            "an object with the prototype of bytes": Object.create(Uint8Array.prototype) as object,
            "bytes that were transferred": detached,
        };
        for (const [what, result] of Object.entries(results)) {
            it(what, () => {
                const format = formatOf({ encode: () => result as Uint8Array });
                expect(() => format.encodeShared({ a: 1 }))
                    .to.throw(SockhopError)
                    .with.property("code", "ERR_BAD_DATA");
            });
        }
    });

    it("are refused at once if their receiver would refuse their type", () => {
        const wire = formatOf({}).createWire({ own: CLIENT, peer: SERVER });
        for (const name of ["SockhopPing", "x".repeat(1025)]) {
            expect(() => wire.encodeMessage({}, name))
                .to.throw(SockhopError)
                .with.property("code", "ERR_BAD_DATA");
        }
        const request = { id: 7, uuid: "", assign: () => undefined };
        const frame = wire.encodeRequest({}, request, "SockhopPing") as Buffer;
        const response = wire.encodeResponse({ uuid: 7 as never, data: new (class SockhopPing {})() }, false) as Buffer;
        expect(wire.decodeFrame(frame)[0]).to.have.nested.property("data.type", "SockhopPing");
        expect(wire.decodeFrame(response)[0]).to.have.nested.property("data.type", "SockhopPing");
    });

    it("can be made of any value, also of a Proxy that was revoked", () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        const format = formatOf({ encode: () => Buffer.from("1") });
        expect(format.decodeShared(format.encodeShared(proxy))[0]).to.include({ type: "Object", data: 1 });
    });

    it("that are too large are refused before they need memory", () => {
        const format = formatOf({ encode: () => new Uint8Array(2 ** 20) });
        const allocUnsafe = Object.getOwnPropertyDescriptor(Buffer, "allocUnsafe")!;
        Buffer.allocUnsafe = () => expect.fail("memory was allocated");
        try {
            expect(() => format.encodeShared({}))
                .to.throw(
                    SockhopError,
                    "A message (Object) of 1048603 bytes is larger than max_message_size (1048576 bytes)",
                )
                .with.property("code", "ERR_MESSAGE_TOO_LARGE");
        } finally {
            Object.defineProperty(Buffer, "allocUnsafe", allocUnsafe);
        }
    });

    it("keep the class of an object that decode() has made", () => {
        class Own {}
        const own = new Own();
        expect(decode(frame(KINDS.message, 0, "Widget"), () => own)).to.have.property("data", own);
        expect(Object.getPrototypeOf(own)).to.equal(Own.prototype);
        const { data } = decode(frame(KINDS.message, 0, "Widget", "{}")) as Message;
        expect((data as object).constructor.name).to.equal("Widget");
    });
});
