import { expect } from "chai";
import { SockhopClient, SockhopServer } from "../../../src";
import { resumeLimits } from "../../../src/connection/resume/resumeOptions";
import { MAX_TIMEOUT } from "../../../src/validators";

describe("The option resume", () => {
    it("is off by default", () => {
        for (const off of [undefined, null, false]) expect(resumeLimits(off)).to.equal(undefined);
    });

    it("has defaults for true and for missing members", () => {
        const defaults = { timeout: 30_000, maxBytes: 16 * 2 ** 20, maxMessages: 100_000 };
        expect(resumeLimits(true)).to.deep.equal(defaults);
        expect(resumeLimits({})).to.deep.equal(defaults);
        expect(resumeLimits({ timeout: 5, max_bytes: 6, max_messages: 7 })).to.deep.equal({
            timeout: 5,
            maxBytes: 6,
            maxMessages: 7,
        });
        expect(resumeLimits({ timeout: Infinity })?.timeout).to.equal(MAX_TIMEOUT);
    });

    it("is rejected by both ends if it is not valid", () => {
        const bad = [1, "true", [], { timeout: -1 }, { timeout: "x" }, { max_bytes: 0 }, { max_messages: "many" }];
        for (const resume of bad as never[]) {
            expect(() => new SockhopClient({ resume }))
                .to.throw()
                .with.property("code", "ERR_BAD_OPTION");
            expect(() => new SockhopServer({ resume }))
                .to.throw()
                .with.property("code", "ERR_BAD_OPTION");
        }
        expect(() => new SockhopServer({ max_suspended: 0 }))
            .to.throw()
            .with.property("code", "ERR_BAD_OPTION");
    });
});
