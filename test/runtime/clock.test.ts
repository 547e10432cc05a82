import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import { Interval, Timer, afterPoll, isClockFaked, nodeSetTimeout, now, setImmediate } from "../../src/runtime/clock";
import { later } from "../support/pair";

/** Replaces the global timers until the end of the test. */
function fakeClock(): FakeTimers.Clock {
    const clock = FakeTimers.install({
        toFake: [
            "setTimeout",
            "clearTimeout",
            "setInterval",
            "clearInterval",
            "setImmediate",
            "clearImmediate",
            "performance",
        ],
    });
    later(() => clock.uninstall());
    return clock;
}

const nothing = (): void => undefined;

describe("Timer", () => {
    it("follows the clock that is installed when it starts", () => {
        const clock = fakeClock();
        let calls = 0;
        new Timer(() => (calls += 1), 1000);
        clock.tick(999);
        expect(calls).to.equal(0);
        clock.tick(1);
        expect(calls).to.equal(1);
    });

    it("is cleared on its own clock after another one was installed", () => {
        const clock = fakeClock();
        const timer = new Timer(nothing, 1000);
        expect([clock.countTimers(), timer.isCurrent]).to.deep.equal([1, true]);
        clock.uninstall();
        expect(timer.isCurrent).to.equal(false);
        timer.clear();
        expect(clock.countTimers()).to.equal(0);
    });

    it("has not passed if only a fake clock has advanced", () => {
        const clock = fakeClock();
        const timer = new Timer(nothing, 60_000);
        clock.tick(60_000);
        expect(timer.hasPassed).to.equal(false);
    });

    it("has passed when it fires on node's clock", async () => {
        const timer = await new Promise<Timer>((resolve) => {
            const started: Timer = new Timer(() => resolve(started), 5);
        });
        expect(timer.hasPassed).to.equal(true);
    });

    it("lets the process end after unref()", () => {
        const timer = new Timer(nothing, 60_000);
        later(() => timer.clear());
        expect(timer.handle.hasRef()).to.equal(true);
        expect(timer.unref()).to.equal(timer);
        expect(timer.handle.hasRef()).to.equal(false);
    });

    it("works with a clock whose timers are numbers", () => {
        const { setTimeout: original } = globalThis;
        later(() => Object.assign(globalThis, { setTimeout: original }));
        Object.assign(globalThis, { setTimeout: () => 5 });
        expect(() => new Timer(nothing, 1).unref()).to.not.throw();
    });
});

describe("Interval", () => {
    it("repeats until it is cleared", () => {
        const clock = fakeClock();
        let calls = 0;
        const interval = new Interval(() => (calls += 1), 100);
        clock.tick(350);
        expect(calls).to.equal(3);
        interval.clear();
        clock.tick(1000);
        expect([calls, clock.countTimers()]).to.deep.equal([3, 0]);
    });

    it("lets the process end", () => {
        const interval = new Interval(nothing, 1000);
        later(() => interval.clear());
        expect(interval.handle.hasRef()).to.equal(false);
    });

    it("has passed only if node's clock has advanced since the last check", async () => {
        const clock = fakeClock();
        const interval = new Interval(nothing, 20);
        clock.tick(20);
        expect(interval.hasPassed).to.equal(false);
        await new Promise((resolve) => nodeSetTimeout(resolve, 25));
        expect(interval.hasPassed).to.equal(true);
        expect(interval.hasPassed).to.equal(false);
    });
});

describe("afterPoll()", () => {
    it("calls back at once if the time has passed on a fake clock only", () => {
        let calls = 0;
        afterPoll({ hasPassed: false }, () => (calls += 1));
        expect(calls).to.equal(1);
    });

    it("calls back in a later phase of the event loop if the time has passed on the real clock", async () => {
        let calls = 0;
        afterPoll({ hasPassed: true }, () => (calls += 1));
        expect(calls).to.equal(0);
        await new Promise(setImmediate);
        expect(calls).to.equal(1);
    });
});

describe("timers of node", () => {
    it("stay real on a fake clock", async () => {
        fakeClock();
        expect(setImmediate).to.not.equal(globalThis.setImmediate);
        await new Promise(setImmediate);
        await new Promise((resolve) => nodeSetTimeout(resolve, 1));
    });

    it("are distinguished from those of a fake clock", () => {
        expect(isClockFaked()).to.equal(false);
        const clock = fakeClock();
        expect(isClockFaked()).to.equal(true);
        clock.uninstall();
        expect(isClockFaked()).to.equal(false);
    });
});

describe("now()", () => {
    it("follows a fake clock", () => {
        const clock = fakeClock();
        const before = now();
        clock.tick(500);
        expect(now() - before).to.equal(500);
    });
});
