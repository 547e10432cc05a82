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
            [hostile, "unknown error"],
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
        expect([hostile, revoked(), Object.create(null)].map(messageOf)).to.deep.equal(Array(3).fill("unknown error"));
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
