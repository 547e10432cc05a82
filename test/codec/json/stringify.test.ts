import { expect } from "chai";
import { SockhopError } from "../../../src";
import { toJson } from "../../../src/codec/json/stringify";

describe("toJson()", () => {
    it("returns the JSON text of a value", () => {
        for (const value of [null, 5, "text", [1], { a: { b: "→" } }, new Date(0)]) {
            expect(toJson(value)).to.equal(JSON.stringify(value));
        }
    });

    it("omits the members that JSON omits in an object", () => {
        expect(toJson({ a: undefined, b: () => 1, c: Symbol("s"), d: 1 })).to.equal('{"d":1}');
    });

    it("throws for values without a JSON text, with their kind", () => {
        for (const value of [undefined, () => 1, Symbol("s")]) {
            expect(() => toJson(value))
                .to.throw(SockhopError, typeof value)
                .with.property("code", "ERR_BAD_DATA");
        }
    });

    it("accepts a Proxy whose prototype cannot be read, and refuses one that cannot be read at all", () => {
        const handler: ProxyHandler<object> = {
            getPrototypeOf() {
                throw new Error("of the Proxy");
            },
        };
        for (let n = 0; n < 1100; n++) expect(toJson(new Proxy({}, handler))).to.equal("{}"); // first ones are checked more
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        expect(() => toJson({ a: proxy })).to.throw(SockhopError, /, at \.a$/);
    });

    it("throws for a value that JSON.stringify cannot convert, with its error as the cause", () => {
        const cycle: unknown[] = [];
        cycle.push(cycle);
        const thrown = new Error("of toJSON()");
        const throwing = {
            toJSON() {
                throw thrown;
            },
        };
        for (const value of [cycle, 5n, throwing]) {
            expect(() => toJson(value))
                .to.throw(SockhopError)
                .with.property("code", "ERR_BAD_DATA");
        }
        expect(() => toJson(throwing))
            .to.throw(SockhopError)
            .with.property("cause", thrown);
        expect(() => toJson(5n))
            .to.throw(SockhopError)
            .with.property("cause")
            .that.is.instanceOf(TypeError);
    });
});
