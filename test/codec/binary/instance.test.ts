import { expect } from "chai";
import { ObjectBuffer } from "../../../src";

class Money {
    constructor(readonly cents: number) {}

    toJSON(): number {
        return this.cents;
    }
}

describe("codec binary › instances with toJSON()", () => {
    it("are received as the result of toJSON() where their class is not registered", () => {
        const buffer = new ObjectBuffer({ codec: "binary" });
        const frame = buffer.obj2buf({ sum: new Money(5), rest: "x" }) as Buffer;
        expect(buffer.buf2obj(frame)).to.deep.equal([{ sum: 5, rest: "x" }]);
    });
});
