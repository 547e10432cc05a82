import { expect } from "chai";
import { inspect } from "node:util";
import { SockhopError } from "../../src";
import { BrokerErrors } from "../../src/engines/BrokerErrors";

describe("BrokerErrors", () => {
    const errors = new BrokerErrors("redis", ["redis://me:pass@word@host:1/2", "pass@word", undefined, 5, "x"]);

    it("makes ERR_CLUSTER_DEGRADED with the name of the engine, and keeps its own errors", () => {
        const error = errors.from(new Error("broken"));
        expect(error).to.be.instanceOf(SockhopError).and.include({ code: "ERR_CLUSTER_DEGRADED" });
        expect(error.message).to.equal("redis: broken");
        expect(errors.from(error)).to.equal(error);
        expect(errors.from("a text").message).to.equal("redis: a text");
    });

    it("has neither URLs nor credentials, also in its cause", () => {
        const original = Object.assign(
            new Error("no redis://me:pass@word@host:1/2 at //you:other@elsewhere with pass@word, x"),
            { code: "ERR_INVALID_URL", input: "redis://me:pass@word@host:1/2" },
        );
        const error = errors.from(original);
        expect(error.message).to.equal("redis: no *** at //elsewhere with ***, x");
        expect(error.cause).to.include({ code: "ERR_INVALID_URL", message: error.message.replace("redis: ", "") });
        expect(inspect(error, { depth: Infinity, showHidden: true })).to.not.match(/pass@word|other@|redis:\/\//);
    });

    it("has a text for an error without a message, and for any value", () => {
        const attempts = [new Error("connect ECONNREFUSED ::1:1"), new Error("connect ECONNREFUSED 127.0.0.1:1")];
        const message = "redis: connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1";
        expect(errors.from(new AggregateError(attempts, "")).message).to.equal(message);
        expect(errors.from(Object.assign(new Error(""), { code: "EPIPE" })).message).to.equal("redis: EPIPE");
        expect(errors.from(undefined).message).to.equal("redis: the connection has ended");
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        for (const value of [null, 5, {}, Symbol("s"), proxy]) {
            expect(errors.from(value).message).to.match(/^redis: ./);
        }
    });
});
