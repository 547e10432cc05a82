import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import { GraceTimeout } from "../../src/timers/GraceTimeout";

describe("GraceTimeout", () => {
    describe("on a fake clock", () => {
        let clock: FakeTimers.Clock;
        let calls: number;

        beforeEach(() => {
            clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
            calls = 0;
        });

        afterEach(() => {
            clock.uninstall();
        });

        it("expires once, at its time", () => {
            new GraceTimeout(100, () => (calls += 1));
            clock.tick(99);
            expect(calls).to.equal(0);
            clock.tick(1);
            expect(calls).to.equal(1);
            clock.tick(1000);
            expect(calls).to.equal(1);
        });

        it("does not expire after clear()", () => {
            const timeout = new GraceTimeout(100, () => (calls += 1));
            clock.tick(99);
            timeout.clear();
            clock.tick(1000);
            expect([calls, clock.countTimers()]).to.deep.equal([0, 0]);
        });

        it("is not current after the clock was replaced, and can still be cleared", () => {
            const timeout = new GraceTimeout(100, () => (calls += 1));
            expect(timeout.isCurrent).to.equal(true);
            clock.uninstall();
            expect(timeout.isCurrent).to.equal(false);
            timeout.clear();
            expect(clock.countTimers()).to.equal(0);
        });
    });

    describe("after a tick that took longer than the timeout", () => {
        /** Keeps the event loop busy. */
        function block(milliseconds: number): void {
            const end = performance.now() + milliseconds;
            while (performance.now() < end);
        }

        it("expires after the event loop has polled its sockets", async () => {
            const order: string[] = [];
            const expired = new Promise<void>((resolve) => {
                new GraceTimeout(5, () => {
                    order.push("expired");
                    resolve();
                });
            });
            setTimeout(() => order.push("timer"), 5);
            block(20);
            await expired;
            expect(order).to.deep.equal(["timer", "expired"]);
        });

        it("does not expire if it is cleared in the grace time", async () => {
            let calls = 0;
            const timeout = new GraceTimeout(5, () => (calls += 1));
            const fired = new Promise<void>((resolve) => {
                setTimeout(() => {
                    timeout.clear();
                    resolve();
                }, 5);
            });
            block(20);
            await fired;
            await new Promise(setImmediate);
            await new Promise(setImmediate);
            expect(calls).to.equal(0);
        });
    });
});
