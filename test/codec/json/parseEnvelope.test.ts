import { expect } from "chai";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { ObjectBuffer } from "../../../src/codec/ObjectBuffer";
import { EnvelopeWriter } from "../../../src/codec/json/EnvelopeWriter";
import { parseEnvelope } from "../../../src/codec/json/parseEnvelope";
import { toMessage } from "../../../src/protocol/Message";
import { kept } from "../../support/memory";

/** The result of JSON.parse(), or `undefined` for an error. */
function parsed(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

/** Parses an envelope inside a longer string, like a chunk. */
function partOf(text: string): string {
    return `${"before ".repeat(10)}${text} behind`.slice(70, -7);
}

/** All kinds of envelopes around a value. */
function envelopes(value: unknown, uuid: string): string[] {
    const writer = new EnvelopeWriter();
    const opened = [
        writer.value(value),
        writer.value(value, `,"id":"${uuid}"`),
        writer.value(value, `,"callback_id":"${uuid}"`),
        writer.request(uuid, value),
        writer.response({ uuid, data: value, last: true }, true),
        writer.response({ uuid, data: value }, true),
        writer.response({ uuid, empty: true, last: true }, true),
        writer.control("SockhopPing", value),
    ];
    return opened.map((text) => `${text}}`);
}

describe("parseEnvelope", () => {
    const plain = fc.dictionary(fc.string(), fc.jsonValue());

    it("parses the envelopes of plain objects", () => {
        fc.assert(
            fc.property(plain, fc.uuid({ version: 4 }), (value, uuid) => {
                for (const text of envelopes(value, uuid).slice(0, 5)) {
                    expect(parseEnvelope(partOf(text)), text).to.deep.equal(toMessage(JSON.parse(text)));
                }
            }),
        );
    });

    it("parses the envelopes of JsonCodec", () => {
        const frame = new ObjectBuffer().json.encodeMessage({ a: 1 });
        expect(parseEnvelope(frame.slice(0, -1))).to.deep.include({ kind: "message", type: "Object", data: { a: 1 } });
    });

    it("always agrees with JSON.parse(), for any text", () => {
        const pieces = [
            '"',
            "\\",
            "\t",
            "{",
            "}",
            ",",
            ":",
            " ",
            '"x":1,',
            ',"data":{}',
            '"}',
            "}}",
            "\\u0041",
            "é",
            "[",
            "]",
        ];
        const change = fc.record({
            at: fc.double({ min: 0, max: 1, noNaN: true }),
            removed: fc.integer({ min: 0, max: 3 }),
            piece: fc.constantFrom("", ...pieces),
        });
        const values = fc.oneof(plain, fc.jsonValue());
        fc.assert(
            fc.property(
                values,
                fc.uuid(),
                fc.nat(7),
                fc.array(change, { maxLength: 3 }),
                (value, uuid, kind, changes) => {
                    let text = envelopes(value, uuid)[kind]!;
                    for (const { at, removed, piece } of changes) {
                        const place = Math.floor(at * text.length);
                        text = text.slice(0, place) + piece + text.slice(place + removed);
                    }
                    const message = parseEnvelope(partOf(text));
                    if (message) expect(message, text).to.deep.equal(toMessage(parsed(text)));
                },
            ),
            { numRuns: 3000 },
        );
    });

    it("returns requests that do not retain their chunk", () => {
        const filling = "x".repeat(60_000);
        const request = (): unknown => {
            const chunk = Buffer.from(`${envelopes({}, randomUUID())[3]!}\n${filling}`).toString();
            return parseEnvelope(chunk.slice(0, chunk.indexOf("\n")));
        };
        expect(request()).to.have.nested.property("data.uuid").that.has.length(36);
        expect(kept(request)).to.be.below(1e6);
    });

    it("returns undefined for text that is only similar", () => {
        const uuid = randomUUID();
        const others = [
            "",
            `{"type":"Object","data":{}`,
            `{"type":"Object","data":} `,
            `{"type":"Object","data":{} `,
            `{"type":"Object","data":{},"more":{}}`,
            `{"type":"Object","data":{"a":1},"data":{}}`,
            `{"type":"Object","data":null}`,
            `{"type":"Object","data":{"long":"${"x".repeat(20_000)}"}}`,
            `{"type":"Widget","data":{}}`,
            `{"type":"Object","data":{},"id":7}`,
            // As long as a UUID, but several strings, or a different one.
            `{"type":"Object","data":{},"id":"7","more":"${"x".repeat(25)}"}`,
            `{"type":"Object","data":{},"id":"\t${uuid.slice(1)}"}`,
            `{"type":"Object","data":{},"callback_id":"\\u0041${uuid.slice(6)}"}`,
            `{"type":"SockhopRequest","data":{"uuid":"7","data":{},"x":"${"x".repeat(18)}","data":{},"type":"Object","errors":true}}`,
            `{"type":"SockhopRequest","data":{"uuid":"${uuid}","data":{},"type":"Object"}}`,
            `{"type":"SockhopResponsePacket","data":{"uuid":"${uuid}","type":"Object","data":{},"last":false}}`,
        ];
        for (const text of others) expect(parseEnvelope(text), text).to.equal(undefined);
    });
});
