import { deepStrictEqual, strictEqual } from "node:assert";
import fc from "fast-check";
import { commit, decoded, sent, taken, wires } from "./support";
import { anyValue, assertSame } from "./values";

describe("BinaryFormat: any value", () => {
    it("arrives as structured clone copies it, with its references", () => {
        fc.assert(
            fc.property(anyValue, (value) => {
                const copy = sent(value, { maxSize: Infinity });
                assertSame(copy, value);
            }),
            { numRuns: 200 },
        );
    });

    it("arrives in any batch of messages", () => {
        fc.assert(
            fc.property(fc.array(anyValue, { minLength: 1, maxLength: 12 }), (values) => {
                const { client, server } = wires({ maxSize: Infinity });
                for (const value of values) commit(client, client.encodeMessage(value));
                const messages = decoded(server, taken(client));
                strictEqual(messages.length, values.length);
                for (const [n, message] of messages.entries()) {
                    strictEqual(message.kind, "message");
                    assertSame((message as { data: unknown }).data, values[n]);
                }
            }),
            { numRuns: 60 },
        );
    });

    it("arrives as JSON copies it, if it has only values of JSON", () => {
        fc.assert(
            fc.property(fc.jsonValue(), (value) => {
                const copy = JSON.parse(JSON.stringify(value)) as unknown;
                deepStrictEqual(sent(copy), copy);
            }),
            { numRuns: 300 },
        );
    });

    it("is written the same again after it was received", () => {
        fc.assert(
            fc.property(anyValue, (value) => {
                const first = encoded(value);
                const second = encoded(sent(value));
                strictEqual(second.toString("hex"), first.toString("hex"));
            }),
            { numRuns: 200 },
        );
    });
});

function encoded(value: unknown): Buffer {
    const { client } = wires();
    commit(client, client.encodeMessage(value));
    return taken(client);
}
