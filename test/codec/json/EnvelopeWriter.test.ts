import { expect } from "chai";
import { SockhopError } from "../../../src";
import { EnvelopeWriter } from "../../../src/codec/json/EnvelopeWriter";
import { typeName } from "../../../src/protocol/typeName";

describe("EnvelopeWriter", () => {
    const frame = (value: unknown, more?: string): string => `${new EnvelopeWriter().value(value, more)}}\n`;

    class Widget {
        a = 1;
        s = "x\ny";
    }

    describe("type name of a value", () => {
        it("is the name of its class", () => {
            const values = ["s", 5, true, [1], { a: 1 }, new Widget(), new Date(), Buffer.from(""), () => 1];
            expect(values.map(typeName)).to.deep.equal([
                "String",
                "Number",
                "Boolean",
                "Array",
                "Object",
                "Widget",
                "Date",
                "Buffer",
                "Function",
            ]);
        });

        it("is empty for a class without one", () => {
            expect(typeName(new (class {})())).to.equal("");
        });

        it("is Object without a class", () => {
            class Odd {
                static name = 5;
            }
            expect([null, undefined, Object.create(null), new Odd()].map(typeName)).to.deep.equal(
                Array(4).fill("Object"),
            );
        });

        it("cannot be forged by a member named constructor", () => {
            expect(typeName({ constructor: { name: "Evil" } })).to.equal("Object");
            expect(typeName({ constructor: null })).to.equal("Object");
        });
    });

    describe("text", () => {
        it("is the same as in sockhop 1.x", () => {
            expect(frame(new Widget())).to.equal('{"type":"Widget","data":{"a":1,"s":"x\\ny"}}\n');
            expect(frame("é→😀")).to.equal('{"type":"String","data":"é→😀"}\n');
            expect(frame({ u: undefined })).to.equal('{"type":"Object","data":{}}\n');
            expect(frame(new Date(0))).to.equal('{"type":"Date","data":"1970-01-01T00:00:00.000Z"}\n');
            expect(frame(Buffer.from("hi"))).to.equal('{"type":"Buffer","data":{"type":"Buffer","data":[104,105]}}\n');
            expect(frame(NaN)).to.equal('{"type":"Number","data":null}\n');
            expect(frame(new Map())).to.equal('{"type":"Map","data":{}}\n');
            expect(frame(new Uint8Array([1, 2]))).to.equal('{"type":"Uint8Array","data":{"0":1,"1":2}}\n');
            expect(frame(null)).to.equal('{"type":"Object","data":null}\n');
        });

        it("has the ids after the data", () => {
            expect(frame(0, ',"id":"i"')).to.equal('{"type":"Number","data":0,"id":"i"}\n');
            expect(frame(0, ',"callback_id":7')).to.equal('{"type":"Number","data":0,"callback_id":7}\n');
        });

        it("is an error for a value that JSON cannot express", () => {
            for (const value of [undefined, () => 1, Symbol("s"), 1n, { deep: [1n] }]) {
                expect(() => frame(value))
                    .to.throw(SockhopError)
                    .with.property("code", "ERR_BAD_DATA");
            }
        });
    });

    it("rejects classes with the names of library messages", () => {
        class SockhopPong {}
        expect(() => frame(new SockhopPong()))
            .to.throw(SockhopError, "SockhopPong")
            .with.property("code", "ERR_BAD_DATA");
    });
});
