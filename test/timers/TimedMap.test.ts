import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import { SockhopError, TimedMap } from "../../src";

describe("TimedMap", () => {
    let clock: FakeTimers.Clock;
    const reasons: string[] = [];
    const logRemoval =
        (name: string) =>
        (reason: string): void => {
            reasons.push(`${name} ${reason}`);
        };

    beforeEach(() => {
        clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout", "setImmediate"] });
        reasons.length = 0;
    });

    afterEach(() => {
        clock.uninstall();
    });

    it("returns the entries that were set, and no others", () => {
        const map = new TimedMap();
        expect(map.set("a", 1)).to.equal(map._map);
        expect([map.get("a"), map.get("b")]).to.deep.equal([1, undefined]);
    });

    it("removes entries after their timeout", () => {
        const map = new TimedMap({ timeout: 100 });
        map.set("a", 1, logRemoval("a"));
        map.set("b", 2, logRemoval("b"), 200);
        clock.tick(101); // and one iteration of the event loop
        expect([map.get("a"), map.get("b")]).to.deep.equal([undefined, 2]);
        clock.tick(101);
        expect(reasons).to.deep.equal(["a timed-out", "b timed-out"]);
    });

    it("calls removed once, with the reason", () => {
        const map = new TimedMap();
        for (const key of ["a", "b", "c"]) map.set(key, 1, logRemoval(key));
        map.set("a", 2, logRemoval("new a"));
        expect([map.delete("b"), map.delete("b")]).to.deep.equal([true, false]);
        map.stop();
        map.stop();
        expect(reasons).to.deep.equal(["a overwritten", "b deleted", "c stopped", "new a stopped"]);
        clock.tick(1e6);
        expect(reasons).to.have.length(4);
        expect(map._map.size).to.equal(0);
    });

    it("has a timeout of 30 seconds by default, and none with Infinity", () => {
        const map = new TimedMap();
        map.set("a", 1);
        map.set("b", 1, undefined, Infinity);
        clock.tick(29_999);
        expect(map.get("a")).to.equal(1);
        clock.tick(1e8);
        expect([map.get("a"), map.get("b")]).to.deep.equal([undefined, 1]);
    });

    it("rejects an invalid timeout", () => {
        expect(() => new TimedMap({ timeout: -1 }))
            .to.throw(SockhopError)
            .with.property("code", "ERR_BAD_OPTION");
    });

    it("may be used by its callbacks", () => {
        const map = new TimedMap();
        map.set("a", 1, () => map.set("a", "inner", logRemoval("inner")));
        map.set("a", "outer", logRemoval("outer"));
        expect([map.get("a"), reasons]).to.deep.equal(["inner", ["outer overwritten"]]);
        map.stop();
        expect([map._map.size, clock.countTimers()]).to.deep.equal([0, 0]);
    });

    it("removes all entries, even if one callback throws", () => {
        const map = new TimedMap();
        map.set("a", 1, () => {
            throw new Error("mine");
        });
        map.set("b", 2, logRemoval("b"));
        expect(() => map.stop()).to.throw("mine");
        expect([map._map.size, reasons]).to.deep.equal([0, ["b stopped"]]);
    });
});
