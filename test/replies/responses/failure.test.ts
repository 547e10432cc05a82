import { expect } from "chai";
import { SockhopError } from "../../../src";
import { used } from "../../support/memory";
import { failureOf } from "../../../src/replies/responses/failure";

describe("failureOf()", () => {
    it("is an error with the message of the peer", () => {
        const error = failureOf({ code: "ERR_REQUEST_FAILED", message: "no such user" });
        expect(error).to.be.instanceOf(SockhopError);
        expect(error).to.include({ code: "ERR_REQUEST_FAILED", message: "no such user" });
    });

    it("distinguishes a request without a handler", () => {
        expect(failureOf({ code: "ERR_REQUEST_UNHANDLED", message: "" })).to.have.property(
            "code",
            "ERR_REQUEST_UNHANDLED",
        );
    });

    it("has no other code, whatever the peer sends", () => {
        for (const code of ["ERR_ABORTED", "ERR_REQUEST", "", 5, null, ["ERR_REQUEST_UNHANDLED"], {}]) {
            expect(failureOf({ code, message: "m" })).to.include({ code: "ERR_REQUEST_FAILED", message: "m" });
        }
    });

    it("is an error for a reason of any type", () => {
        const reasons: unknown[] = [
            true,
            1,
            "text",
            [],
            [1],
            {},
            { message: 5 },
            { message: null },
            { toString: 5, valueOf: 5 },
        ];
        for (const reason of reasons) {
            const error = failureOf(reason);
            expect(error.code).to.equal("ERR_REQUEST_FAILED");
            expect(error.message).to.be.a("string");
        }
        expect(failureOf("text").message).to.equal("text");
    });

    it("keeps no longer text of the peer in memory", () => {
        const errors: unknown[] = [];
        const before = used();
        for (let n = 0; n < 8; n++) {
            const text = JSON.parse(`"${"A".repeat(2 ** 21)}"`) as string;
            errors.push(failureOf({ code: text, message: text, remote: { code: text } }));
        }
        expect(used() - before).to.be.below(2 ** 22);
        expect(errors).to.have.length(8);
    });

    it("takes no time that depends on the reason, which may be an array that has another one twice, and so on", () => {
        let laughs: unknown[] = [];
        for (let n = 0; n < 60; n++) laughs = [laughs, laughs];
        for (const reason of [laughs, { message: laughs }, { code: laughs, message: "", remote: laughs }]) {
            expect(failureOf(reason).message.length).to.be.below(100);
        }
    });

    it("limits the length of the message", () => {
        expect(failureOf({ message: "x".repeat(1_000_000) }).message.length).to.be.below(10_000);
    });
});
