import { expect } from "chai";
import { inspect } from "node:util";
import type { ServerOptions, SockhopError } from "../../../src";
import { ObjectBuffer } from "../../../src/codec/ObjectBuffer";
import { PreparedMessage, ValueMessage } from "../../../src/server/broadcasts/SharedMessage";
import { later, pair } from "../../support/pair";
import { odd } from "../../support/states";
import { TestFormat, split } from "../../support/TestWire";

const LINE = '{"type":"Widget","data":{"a":"x|y"}}';

function codeOf(act: () => unknown): string | undefined {
    try {
        act();
    } catch (error) {
        return (error as SockhopError).code;
    }
    return undefined;
}

describe("ValueMessage", () => {
    it("encodes the line once", () => {
        let count = 0;
        const value = { toJSON: () => (count += 1) };
        const message = new ValueMessage(new ObjectBuffer(), value, "Count");
        expect([message.encode(undefined), message.encode(undefined)]).to.deep.equal(
            Array(2).fill('{"type":"Count","data":1}\n'),
        );
    });
});

describe("PreparedMessage", () => {
    const buffer = new ObjectBuffer();

    it("is the same line for peers with an envelope, with the terminator of the server", () => {
        expect(new PreparedMessage(buffer, LINE).encode(undefined)).to.equal(`${LINE}\n`);
        const piped = new ObjectBuffer({ terminator: "|" });
        const line = new PreparedMessage(piped, LINE).encode(undefined) as string;
        expect(line.indexOf("|")).to.equal(line.length - 1);
        expect(piped.decode(line.slice(0, -1)))
            .to.include({ type: "Widget" })
            .and.to.deep.include({ data: { a: "x|y" } });
    });

    it("is the value alone for json peers", () => {
        const json = new ObjectBuffer(odd({ peer_type: "json" }));
        expect(new PreparedMessage(json, LINE).encode(undefined)).to.equal('{"a":"x|y"}\n');
    });

    it("becomes a frame of bytes with the type of the line", () => {
        const format = new TestFormat();
        const frame = new PreparedMessage(buffer, LINE).encode(format) as Buffer;
        expect(split(frame)).to.deep.equal([[{ a: "x|y" }]]);
        const { format: binary } = new ObjectBuffer({ codec: "binary" });
        const [decoded] = binary!.decodeShared(new PreparedMessage(buffer, LINE).encode(binary) as Buffer);
        expect(decoded).to.deep.include({ kind: "message", type: "Widget", data: { a: "x|y" } });
    });

    it("is refused if it is not one frame, which would damage those behind it", () => {
        const binary = new ObjectBuffer({ codec: "binary" });
        const frame = binary.binaryFormat.encodeShared({ a: 1 });
        const long = Buffer.from(frame);
        long.writeUInt32LE(2 ** 32 - 1, 2);
        for (const bytes of [
            long,
            frame.subarray(1),
            frame.subarray(0, -1),
            Buffer.alloc(3),
            Buffer.concat([frame, frame]),
        ]) {
            const message = new PreparedMessage(binary, bytes, binary.format);
            expect(codeOf(() => message.encode(binary.format))).to.equal("ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
        }
    });

    it("is the same frame for its own format, and is decoded for lines", () => {
        const binary = new ObjectBuffer({ codec: "binary" });
        const frame = binary.format!.encodeShared({ at: new Date(0) }, "Event");
        const message = new PreparedMessage(binary, frame, binary.format);
        expect(message.encode(binary.format)).to.equal(frame);
        expect(message.encode(undefined)).to.equal('{"type":"Event","data":{"at":"1970-01-01T00:00:00.000Z"}}\n');
    });

    it("throws for what is no message, when it must be decoded", () => {
        const { format } = new ObjectBuffer({ codec: "binary" });
        for (const text of ["", "{", "5", "null", "[]", "{}", '{"type":"SockhopPing","data":{}}', '{"type":5}', "\0"]) {
            const message = new PreparedMessage(buffer, text);
            expect(
                codeOf(() => message.encode(format)),
                text,
            ).to.equal("ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
        }
        for (const bytes of ["", "x", "\0\0\0\0"]) {
            const message = new PreparedMessage(buffer, Buffer.from(bytes), format);
            expect(
                codeOf(() => message.encode(undefined)),
                inspect(bytes),
            ).to.equal("ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
        }
    });

    it("does not pollute prototypes", () => {
        const { format } = new ObjectBuffer({ codec: "binary" });
        const text =
            '{"type":"__proto__","data":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}';
        new PreparedMessage(buffer, text).encode(format);
        expect(({} as { polluted?: unknown }).polluted).to.equal(undefined);
    });

    it("throws ERR_MESSAGE_TOO_LARGE above max_message_size, without the type of another message", () => {
        const small = new ObjectBuffer({ max_message_size: LINE.length - 1 });
        small.json.encodeMessage({ a: 1 }, "Other");
        expect(() => new PreparedMessage(small, LINE).encode(undefined))
            .to.throw(/^A message of 36 bytes is larger than max_message_size/)
            .with.property("code", "ERR_MESSAGE_TOO_LARGE");
    });

    for (const text of ["x".repeat(100), "é".repeat(100), "é\ud83d".repeat(50)]) {
        it(`has exactly the limit of its server, as a frame of the codec binary: ${text.slice(0, 2)}`, () => {
            const { format } = new ObjectBuffer({ codec: "binary" });
            const frame = format!.encodeShared({ text });
            const encodes = (limit: number, message: (buffer: ObjectBuffer) => unknown): boolean => {
                const limited = new ObjectBuffer({ codec: "binary", max_message_size: limit });
                return codeOf(() => message(limited)) !== "ERR_MESSAGE_TOO_LARGE";
            };
            for (let limit = 90; limit < 400; limit++) {
                const prepared = encodes(limit, (to) => new PreparedMessage(to, frame, to.format).encode(to.format));
                expect(prepared, `${limit}`).to.equal(encodes(limit, (to) => to.format!.encodeShared({ text })));
            }
        });
    }
});

describe("a message of another server", () => {
    for (const options of [{}, { codec: "binary" }, { terminator: "|" }] as ServerOptions[]) {
        it(`is sent as sendall() sends a value, with ${inspect(options)}`, async () => {
            const { s, c } = await pair(options);
            const received: unknown[] = [];
            const arrived = new Promise<void>((resolve) => {
                c.on("receive", (value: unknown, { type }: { type: string }) => {
                    received.push([type, value]);
                    if (value === "last") resolve();
                });
            });
            later(() => c.disconnect());
            const before = s.stats.messages_sent;
            void s.sendall("first");
            const sent = s._broadcasts.send(new PreparedMessage(s._objectBuffer, LINE));
            void s.sendall("last");
            expect(await sent).to.deep.equal([undefined]);
            await arrived;
            expect(received).to.deep.equal([
                ["String", "first"],
                ["Widget", { a: "x|y" }],
                ["String", "last"],
            ]);
            expect(s.stats.messages_sent - before).to.equal(3);
        });
    }
});
