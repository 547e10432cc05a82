import { expect } from "chai";
import fc from "fast-check";
import { messageText } from "../../../src/inspect/hub/messageText";
import type { TappedMessage } from "../../../src/inspect/frames/parseFrame";
import type { MessageRow } from "../../../src/inspect/protocol";

const HEAD = { n: 1, time: "2026-01-01T00:00:00.000Z", connection: 1, from: "client" } as const;
const parsed = (message: TappedMessage): MessageRow => JSON.parse(messageText(HEAD, message)) as MessageRow;

describe("messageText()", () => {
    it("is JSON of limited length, whatever the message has", () => {
        const anything = fc.anything({
            ...{ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true },
            ...{ withNullPrototype: true, withObjectString: true, withSparseArray: true },
        });
        fc.assert(
            fc.property(fc.record({ type: anything, data: anything, id: anything, error: anything }), (members) => {
                const text = messageText(HEAD, { bytes: 1, kind: "message", ...members });
                expect(text.length).to.be.below(300_000);
                expect(JSON.parse(text)).to.include({ ...HEAD, kind: "message" });
            }),
        );
    });

    it("shows no value if a getter or a method of a class of the program throws", () => {
        const fail = (): never => {
            throw new Error("not today");
        };
        for (const data of [Object.defineProperty({}, "x", { enumerable: true, get: fail }), { toJSON: fail }]) {
            const row = parsed({ bytes: 1, kind: "message", type: "T", data });
            expect(row).to.deep.equal({ ...HEAD, bytes: 1, kind: "message", text: "(cannot be shown)" });
        }
    });
});
