import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import { type TimerEntry, TimerLists, type Link, unlink } from "../../src/timers/TimerLists";

/** The real one. */
const turn = setImmediate;

describe("TimerLists", () => {
    let clock: FakeTimers.Clock;
    let deadlines: TimerLists;
    let expired: string[];

    beforeEach(() => {
        clock = FakeTimers.install({
            toFake: ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate", "performance"],
        });
        deadlines = new TimerLists(() => false); // a fake clock, but shared timers as with the real one
        expired = [];
    });

    afterEach(() => {
        clock.uninstall();
    });

    /** Ends this tick and advances the clock. */
    async function pass(time: number): Promise<void> {
        await new Promise((resolve) => {
            process.nextTick(resolve);
        });
        clock.tick(time);
    }

    /** The same, and the iteration of the event loop that TimerLists grants. */
    async function tick(time: number): Promise<void> {
        await pass(time);
        await new Promise((resolve) => turn(resolve)); // for entries that expired on the real clock as well
        await pass(1);
    }

    function entry(name: string, more: () => void = () => undefined): TimerEntry {
        return new (class implements TimerEntry {
            before: Link = this;
            after: Link = this;
            since: TimerEntry["since"];
            expire(): void {
                expired.push(name);
                more();
            }
        })();
    }

    it("expires entries once, after their timeout", async () => {
        deadlines.add(entry("a"), 100);
        await pass(99);
        expect(expired).to.deep.equal([]);
        await tick(1);
        expect(expired).to.deep.equal(["a"]);
        await tick(1000);
        expect(expired).to.deep.equal(["a"]);
    });

    it("lets the event loop poll its sockets first", async () => {
        const answered = entry("answered");
        const missed = entry("not answered");
        clock.uninstall();
        deadlines.add(answered, 20);
        deadlines.add(missed, 20);
        const fired = new Promise((resolve) => setTimeout(resolve, 20)); // right after the timer of the list
        await new Promise((resolve) => process.nextTick(resolve));
        for (const start = performance.now(); performance.now() - start < 30;); // a long tick: the timeout passes
        await fired;
        expect(expired).to.deep.equal([]); // the timer has fired, and lets the event loop poll its sockets
        unlink(answered); // the reply had already arrived
        await new Promise((resolve) => setImmediate(resolve));
        expect(expired).to.deep.equal(["not answered"]);
    });

    it("expires entries of the same timeout in order, each at its time", async () => {
        for (const name of ["a", "b", "c"]) {
            deadlines.add(entry(name), 100);
            await pass(30);
        }
        expect(expired).to.deep.equal([]);
        await tick(10); // 100 after a
        expect(expired).to.deep.equal(["a"]);
        await pass(28);
        expect(expired).to.deep.equal(["a"]);
        await tick(2); // the granted iteration costs a millisecond, with these timers only
        expect(expired).to.deep.equal(["a", "b"]);
        await pass(27);
        expect(expired).to.deep.equal(["a", "b"]);
        await tick(3);
        expect(expired).to.deep.equal(["a", "b", "c"]);
    });

    it("expires entries of different timeouts independently", async () => {
        deadlines.add(entry("300"), 300);
        deadlines.add(entry("100"), 100);
        deadlines.add(entry("200"), 200);
        await tick(100);
        expect(expired).to.deep.equal(["100"]);
        await tick(100);
        expect(expired).to.deep.equal(["100", "200"]);
        await tick(100);
        expect(expired).to.deep.equal(["100", "200", "300"]);
    });

    it("starts timeouts at the end of the tick", async () => {
        deadlines.add(entry("a"), 100);
        clock.tick(30); // the tick continues
        deadlines.add(entry("b"), 100);
        await pass(99);
        expect(expired).to.deep.equal([]);
        await tick(3); // the granted iteration costs two milliseconds, with these timers only
        expect(expired).to.deep.equal(["a", "b"]);
    });

    it("uses one timer for all entries of the same timeout", async () => {
        for (let n = 0; n < 1000; n++) deadlines.add(entry(String(n)), 100);
        expect(clock.countTimers()).to.equal(1);
        for (let n = 0; n < 1000; n++) deadlines.add(entry(`other ${n}`), 200);
        expect(clock.countTimers()).to.equal(2);
        await tick(100);
        expect(expired).to.have.length(1000);
        await tick(100);
        expect(expired).to.have.length(2000);
        expect(new Set(expired).size).to.equal(2000);
        expect(clock.countTimers()).to.equal(0);
    });

    it("can remove an entry, also twice, and one that was never added", async () => {
        const [a, b] = [entry("a"), entry("b")];
        deadlines.add(a, 100);
        deadlines.add(b, 100);
        unlink(a);
        unlink(a);
        unlink(entry("stranger"));
        unlink(entry("stranger"));
        await tick(200);
        expect(expired).to.deep.equal(["b"]);
    });

    it("leaves no timer after all entries were removed and it has fired", async () => {
        const entries = ["a", "b"].map((name) => entry(name));
        for (const each of entries) deadlines.add(each, 100);
        for (const each of entries) unlink(each);
        await tick(100);
        expect(clock.countTimers()).to.equal(0);
        expect(expired).to.deep.equal([]);
        deadlines.add(entry("c"), 100); // starts again
        await tick(100);
        expect(expired).to.deep.equal(["c"]);
        expect(clock.countTimers()).to.equal(0);
    });

    it("waits for the next entry when the first was removed", async () => {
        const first = entry("first");
        deadlines.add(first, 100);
        await pass(50);
        deadlines.add(entry("second"), 100);
        unlink(first);
        await pass(99);
        expect(expired).to.deep.equal([]);
        await tick(2);
        expect(expired).to.deep.equal(["second"]);
    });

    it("accepts entries while others expire", async () => {
        deadlines.add(
            entry("a", () => {
                deadlines.add(entry("same"), 100);
                deadlines.add(entry("shorter"), 50);
            }),
            100,
        );
        deadlines.add(entry("b"), 100);
        await tick(100);
        expect(expired).to.deep.equal(["a", "b"]);
        await tick(50);
        expect(expired).to.deep.equal(["a", "b", "shorter"]);
        await tick(50);
        expect(expired).to.deep.equal(["a", "b", "shorter", "same"]);
        expect(clock.countTimers()).to.equal(0);
    });

    it("accepts entries in the granted iteration", async () => {
        deadlines.add(entry("a"), 100);
        await pass(100);
        deadlines.add(entry("b"), 100);
        await pass(1);
        expect(expired).to.deep.equal(["a"]);
        await pass(98);
        expect(expired).to.deep.equal(["a"]);
        await tick(2);
        expect(expired).to.deep.equal(["a", "b"]);
    });

    it("can remove entries while others expire", async () => {
        const later = entry("later");
        deadlines.add(
            entry("a", () => {
                unlink(later);
            }),
            100,
        );
        deadlines.add(later, 100);
        deadlines.add(entry("b"), 100);
        await tick(100);
        expect(expired).to.deep.equal(["a", "b"]);
    });

    it("continues with entries that are added again when they expire", async () => {
        let rounds = 0;
        const again = entry("again", () => {
            rounds += 1;
            deadlines.add(again, 100);
        });
        deadlines.add(again, 100);
        for (let round = 0; round < 5; round++) await tick(100);
        expect(rounds).to.be.within(4, 5);
        unlink(again);
        await tick(1000);
        expect(clock.countTimers()).to.equal(0);
        expect(rounds).to.be.within(4, 5);
    });

    it("starts no timer for Infinity", async () => {
        deadlines.add(entry("never"), 2 ** 31 - 1);
        deadlines.add(entry("never"), Infinity);
        expect(clock.countTimers()).to.equal(0);
        unlink(entry("never"));
        await tick(2 ** 31);
        expect(expired).to.deep.equal([]);
    });

    it("expires a very short timeout in the same millisecond", async () => {
        deadlines.add(entry("0.5"), 0.5);
        deadlines.add(entry("1"), 1);
        await tick(1);
        await pass(1);
        expect(expired).to.have.members(["0.5", "1"]);
    });

    it("leaves no timers for many different timeouts after all entries were removed", () => {
        for (let delay = 1000; delay < 2000; delay++) {
            const each = entry(String(delay));
            deadlines.add(each, delay);
            unlink(each);
        }
        expect(clock.countTimers()).to.be.at.most(16);
    });

    it("expires entries at their time under a fake clock without a fake performance.now()", async () => {
        clock.uninstall();
        clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
        const faked = new TimerLists();
        const off = entry("called off");
        faked.add(entry("a"), 100);
        faked.add(off, 100);
        await pass(50);
        faked.add(entry("b"), 100);
        unlink(off);
        await pass(50);
        expect(expired).to.deep.equal(["a"]);
        await pass(50);
        expect(expired).to.deep.equal(["a", "b"]);
        expect(clock.countTimers()).to.equal(0);
    });

    it("continues under the real clock after a fake one", async () => {
        const shared = new TimerLists();
        shared.add(entry("lost with its clock"), 5);
        clock.uninstall();
        await new Promise<void>((resolve) => shared.add(entry("real", resolve), 5));
        expect(expired).to.include("real");
    });
});
