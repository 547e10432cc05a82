import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import { isPromise, withTimeout } from "../../src/timers/promises";
import { later, rejection } from "../support/pair";
import { unhandled } from "../support/rejections";

describe("withTimeout()", () => {
    const late = new Error("late");
    let clock: FakeTimers.Clock;

    beforeEach(() => {
        clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
        later(() => clock.uninstall());
    });

    it("resolves with the promise, and leaves no timer", async () => {
        expect(await withTimeout(Promise.resolve(5), 100, late)).to.equal(5);
        await new Promise(setImmediate);
        expect(clock.countTimers()).to.equal(0);
    });

    it("rejects with the promise, and leaves no timer", async () => {
        const reason = new Error("failed");
        expect(await rejection(withTimeout(Promise.reject(reason), 100, late))).to.equal(reason);
        await new Promise(setImmediate);
        expect(clock.countTimers()).to.equal(0);
    });

    it("rejects with the given error after the timeout", async () => {
        const limited = rejection(withTimeout(new Promise(() => undefined), 100, late));
        clock.tick(100);
        expect(await limited).to.equal(late);
    });

    it("causes no unhandled rejection when the promise rejects after the timeout", async () => {
        const rejections = unhandled();
        let reject!: (reason: Error) => void;
        const limited = rejection(withTimeout(new Promise((_, no) => (reject = no)), 100, late));
        clock.tick(100);
        await limited;
        reject(new Error("later still"));
        await new Promise(setImmediate);
        expect(rejections).to.deep.equal([]);
    });

    it("accepts any object with a then method", async () => {
        const thenable: PromiseLike<number> = {
            then: (resolve) => Promise.resolve(7).then(resolve),
        };
        expect(await withTimeout(thenable, 100, late)).to.equal(7);
    });
});

describe("isPromise()", () => {
    it("is true for every object with a then method", () => {
        const values = [
            Promise.resolve(),
            { then: () => undefined },
            Object.assign(() => 1, { then: () => undefined }),
        ];
        expect(values.map(isPromise)).to.deep.equal([true, true, true]);
    });

    it("is false for other values", () => {
        expect([undefined, null, 0, "then", {}, { then: 1 }, []].map(isPromise)).to.not.include(true);
    });
});
