import { expect } from "chai";
import { TypeEventName } from "../../src/emitter/TypeEventName";

describe("TypeEventName", () => {
    it("joins the event and the type, for any previous name", () => {
        const event = new TypeEventName("receive");
        const types = ["Widget", "Widget", "String", "", "Widget"];
        expect(types.map((type) => event.name(type))).to.deep.equal([
            "receive:Widget",
            "receive:Widget",
            "receive:String",
            "receive:",
            "receive:Widget",
        ]);
    });

    it("has no name for a type that is not a string", () => {
        const event = new TypeEventName("request");
        const types = [undefined, null, 5, {}, ["Widget"], "Widget", undefined];
        expect(types.map((type) => event.name(type))).to.deep.equal([
            ...Array<undefined>(5).fill(undefined),
            "request:Widget",
            undefined,
        ]);
    });
});
