import { expect } from "chai";
import vm from "node:vm";
import { codeOf, messageOf, printable, toError } from "../../src/runtime/thrownValues";

/** A proxy that throws on every operation. */
function revoked(): object {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
}

/** An object whose members and whose string form throw. */
const hostile = {
    get message(): string {
        throw new Error("message");
    },
    get code(): string {
        throw new Error("code");
    },
    toString(): string {
        throw new Error("toString");
    },
};

describe("toError()", () => {
    it("returns errors unchanged, also those of another realm", () => {
        const foreign = vm.runInNewContext("new TypeError('foreign')") as Error;
        for (const error of [new Error("own"), new RangeError("own"), foreign]) expect(toError(error)).to.equal(error);
    });

    it("makes an error of any other value, with the value as its cause", () => {
        for (const [thrown, message] of [
            ["text", "text"],
            [5, "5"],
            [undefined, "undefined"],
            [Symbol("s"), "Symbol(s)"],
            [hostile, "[object Object]"],
            [revoked(), "unknown error"],
        ] as const) {
            const error = toError(thrown);
            expect(error).to.be.instanceOf(Error).with.property("message", message);
            expect(error.cause === thrown).to.equal(true);
        }
    });
});

describe("messageOf()", () => {
    it("is the message of an error, or the string form of another value", () => {
        expect([new Error("a"), { message: "b" }, { message: 5 }, "c", null, undefined].map(messageOf)).to.deep.equal([
            "a",
            "b",
            "[object Object]",
            "c",
            "null",
            "undefined",
        ]);
    });

    it("never throws", () => {
        expect([hostile, revoked()].map(messageOf)).to.deep.equal(["unknown error", "unknown error"]);
    });

    it("takes no time that depends on the content of a value", () => {
        let laughs: unknown[] = [];
        for (let n = 0; n < 60; n++) laughs = [laughs, laughs];
        expect(messageOf(laughs)).to.equal("[object Array]");
        expect(messageOf({ message: laughs })).to.equal("[object Object]");
        expect(messageOf(Object.assign(new Error("e"), { message: laughs }))).to.equal("[object Error]");
        expect(messageOf(2n ** 4_000_000n)).to.equal("a large BigInt");
        expect(messageOf(-5n)).to.equal("-5");
        expect(printable(laughs)).to.equal("[object Array]");
    });

    it("has at most 4096 characters", () => {
        expect(messageOf(new Error("x".repeat(10_000)))).to.equal("x".repeat(4096));
    });
});

describe("codeOf()", () => {
    it("is the code if that is a string", () => {
        const values = [{ code: "ENOENT" }, { code: 42 }, {}, null, undefined, "text", hostile, revoked()];
        expect(values.map(codeOf)).to.deep.equal(["ENOENT", ...Array<undefined>(7).fill(undefined)]);
    });
});

describe("printable()", () => {
    it("is one line without control characters", () => {
        expect(printable(" a\r\n\tb  c \x1b[31m\u202e ")).to.equal("a b c \uFFFD[31m\uFFFD");
    });
});
