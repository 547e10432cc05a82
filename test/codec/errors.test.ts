import { expect } from "chai";
import vm from "node:vm";
import { SockhopError } from "../../src";
import { assertAwaited, assertEncodable, badFrameError, withoutStack } from "../../src/codec/errors";

describe("assertEncodable()", () => {
    it("throws for functions and symbols", () => {
        for (const value of [() => 1, class {}, Symbol("s")]) {
            expect(() => assertEncodable(value))
                .to.throw(SockhopError)
                .with.property("code", "ERR_BAD_DATA");
        }
    });

    it("accepts other values, also undefined", () => {
        for (const value of [undefined, null, 0, "", {}, []]) expect(() => assertEncodable(value)).to.not.throw();
    });
});

describe("assertAwaited()", () => {
    it("throws for a Promise, and leaves a Proxy that throws to the encoder", () => {
        expect(() => assertAwaited(Promise.resolve()))
            .to.throw(SockhopError, "Is await missing?")
            .with.property("code", "ERR_BAD_DATA");
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        expect(() => assertAwaited(proxy)).to.not.throw();
    });
});

describe("assertAwaited() and members", () => {
    const members: Record<string, PropertyDescriptor> = {
        "that is Object": { value: Object },
        "that throws": {
            get() {
                throw new Error("of the getter");
            },
        },
    };
    for (const [which, descriptor] of Object.entries(members)) {
        it(`throws for a Promise with a constructor ${which}`, () => {
            const promise = Object.defineProperty(Promise.resolve(), "constructor", descriptor);
            expect(() => assertAwaited(promise))
                .to.throw(SockhopError, "Is await missing?")
                .with.property("code", "ERR_BAD_DATA");
        });
    }

    it("accepts a plain object with a constructor of any kind", () => {
        for (const constructor of [Promise, Object, "Promise", undefined]) {
            expect(() => assertAwaited({ constructor, then: () => undefined })).to.not.throw();
        }
    });
});

describe("assertAwaited() in another realm", () => {
    it("throws for a Promise of that realm, as Node's functions return in Jest", () => {
        const promise: unknown = vm.runInNewContext("Promise.resolve()");
        expect(() => assertAwaited(promise))
            .to.throw(SockhopError)
            .with.property("code", "ERR_BAD_DATA");
    });
});

describe("badFrameError()", () => {
    it("has the reason, its cause and no stack", () => {
        const cause = new SyntaxError("of JSON.parse()");
        const error = badFrameError("no JSON", cause);
        expect(error).to.include({ code: "ERR_OBJECTBUFFER_BAD_BUFFER_DATA", cause });
        expect(error.message).to.include("no JSON");
        expect(error.stack).to.not.match(/\n {4}at /);
    });
});

describe("withoutStack()", () => {
    it("keeps the stacks of other errors unchanged, also if the function throws", () => {
        const { stackTraceLimit } = Error;
        const thrown = new Error("of the function");
        expect(() =>
            withoutStack(() => {
                throw thrown;
            }),
        ).to.throw(thrown);
        withoutStack(() => new Error("without"));
        expect(Error.stackTraceLimit).to.equal(stackTraceLimit);
        expect(new Error("with").stack).to.match(/\n {4}at /);
    });
});
