import { expect } from "chai";
import { isJson, lastLine } from "../../../src/codec/json/lastLine";

describe("lastLine()", () => {
    it("is the text of the bytes", () => {
        expect(lastLine(Buffer.from("é→😀"))).to.equal("é→😀");
    });

    it("is empty where a string cannot hold the bytes", () => {
        const bytes = Object.assign(Buffer.from("too long"), {
            toString: () => {
                throw new RangeError("Cannot create a string longer than 0x1fffffe8 characters");
            },
        });
        expect(lastLine(bytes)).to.equal("");
    });
});

describe("isJson()", () => {
    it("is true for one whole JSON text", () => {
        expect(['{"a":1}', "[]", "5", '"text"', " null "].map(isJson)).to.not.include(false);
    });

    it("is false for a part of one, for two, and for none", () => {
        expect(["", '{"a":', "1 2", "text", "{}}"].map(isJson)).to.not.include(true);
    });
});
