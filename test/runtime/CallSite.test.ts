import { expect } from "chai";
import { CallSite, cutStack, framesOf } from "../../src/runtime/CallSite";

/** A method whose errors have a stack that starts at its caller. */
function method(): CallSite {
    return new CallSite(method);
}

function caller(): CallSite {
    return method();
}

describe("CallSite", () => {
    it("makes the stack of an error start at the caller of the method", () => {
        const site = caller();
        const error = new TypeError("wrong\nin two lines");
        const { message } = error;
        site.mark(error);
        const [first] = framesOf(error.stack).trim().split("\n");
        expect(first).to.match(/^at caller /);
        expect(error.stack).to.not.match(/at method /);
        expect(error.stack).to.satisfy((stack: string) => stack.startsWith(`TypeError: ${message}\n`));
        expect(error.message).to.equal(message);
    });

    it("does not change an error without a stack, or a frozen one", () => {
        const site = caller();
        const bare = Object.assign(new Error("bare"), { stack: undefined });
        const frozen = Object.freeze(new Error("frozen"));
        const { stack } = frozen;
        site.mark(bare);
        site.mark(frozen);
        expect([bare.stack, frozen.stack]).to.deep.equal([undefined, stack]);
    });

    it("does not change the stack if stacks have no lines", () => {
        const { stackTraceLimit } = Error;
        Error.stackTraceLimit = 0;
        const site = caller();
        Error.stackTraceLimit = stackTraceLimit;
        const error = new Error("whole");
        const { stack } = error;
        site.mark(error);
        expect(error.stack).to.equal(stack);
    });
});

describe("cutStack()", () => {
    function outer(): Error {
        return inner(); // as an encoder does for each level of a value
    }

    function inner(): Error {
        return new Error("deep");
    }

    it("makes the stack of an error start at the caller of the method", () => {
        function method(): Error {
            const error = outer();
            cutStack(error, method);
            return error;
        }
        const { stack = "" } = method();
        expect(stack).to.not.match(/at (?:inner|outer|method) /);
        expect(framesOf(stack)).to.include("CallSite.test");
    });

    it("does not throw, whatever was thrown", () => {
        const fixed = Object.defineProperty(new Error("fixed"), "stack", { value: "its own", configurable: false });
        const { proxy, revoke } = Proxy.revocable(new Error("revoked"), {});
        revoke();
        for (const thrown of [fixed, Object.freeze(new Error("frozen")), proxy, undefined, null, "text", {}]) {
            expect(() => {
                cutStack(thrown, outer);
            }).to.not.throw();
        }
    });
});

describe("framesOf()", () => {
    it("is the part of a stack after the message", () => {
        expect(framesOf("Error: a\nb\n    at c (d:1:2)\n    at e")).to.equal("\n    at c (d:1:2)\n    at e");
    });

    it("is empty for a stack without lines, and for other values", () => {
        expect(["Error: a", "", undefined, 5, {}].map(framesOf)).to.deep.equal(["", "", "", "", ""]);
    });
});
