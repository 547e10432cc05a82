import { expect } from "chai";
import { parseReceipt } from "../../src/protocol/Receipt";

const NOTHING = { held: 0, ask: false, bye: false, off: false };

describe("parseReceipt()", () => {
    it("returns the count and the flags", () => {
        expect(parseReceipt({ ack: 5 })).to.deep.equal({ ack: 5, ...NOTHING });
        expect(parseReceipt({ ack: 0, held: 7, ask: true, bye: true, off: true })).to.deep.equal({
            ack: 0,
            held: 7,
            ask: true,
            bye: true,
            off: true,
        });
    });

    it("ignores other pongs", () => {
        for (const data of [null, 5, "ack", [], {}, { _id: "x" }, Object.create({ ack: 5 })])
            expect(parseReceipt(data)).to.equal(undefined);
    });

    it("returns a count that is never right for one that is not valid, and no flags of other types", () => {
        for (const ack of [-1, 1.5, "5", null, NaN, Infinity, 2 ** 53, {}])
            expect(parseReceipt({ ack, held: -1, bye: 1, ask: "true" })).to.deep.equal({ ack: -1, ...NOTHING });
    });
});
