import { expect } from "chai";
import { type TickTask, atEndOfTick } from "../../src/timers/endOfTick";
import "../support/pair";
import { uncaught } from "../support/rejections";

/** A task that calls a function. */
function task(run: () => void): TickTask {
    return { nextTask: undefined, endTick: run };
}

/** Resolves after the tasks of this tick. */
const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

describe("atEndOfTick()", () => {
    it("runs the tasks at the end of the tick, in order", async () => {
        const order: number[] = [];
        for (const n of [1, 2, 3]) atEndOfTick(task(() => order.push(n)));
        expect(order).to.deep.equal([]);
        await tick();
        expect(order).to.deep.equal([1, 2, 3]);
    });

    it("runs a task once, and accepts it again afterwards", async () => {
        let calls = 0;
        const counting = task(() => (calls += 1));
        atEndOfTick(counting);
        await tick();
        await tick();
        expect(calls).to.equal(1);
        atEndOfTick(counting);
        await tick();
        expect(calls).to.equal(2);
    });

    it("runs a task that another task adds", async () => {
        const order: string[] = [];
        atEndOfTick(
            task(() => {
                order.push("first");
                atEndOfTick(task(() => order.push("added")));
            }),
        );
        atEndOfTick(task(() => order.push("second")));
        await tick();
        await tick();
        expect(order).to.deep.equal(["first", "second", "added"]);
    });

    it("runs the tasks after one that throws, and reports its error as uncaught", async () => {
        const thrown = uncaught();
        const error = new Error("a task has failed");
        const order: string[] = [];
        atEndOfTick(
            task(() => {
                throw error;
            }),
        );
        atEndOfTick(task(() => order.push("second")));
        await tick();
        expect(order).to.deep.equal(["second"]);
        expect(await thrown).to.equal(error);
    });
});
