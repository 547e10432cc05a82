import { expect } from "chai";
import { pair } from "../support/pair";
import { used } from "../support/memory";

const MIB = 2 ** 20;

describe("signal of many calls", () => {
    it("has a constant cost per call", async () => {
        const { s, c } = await pair();
        s.on("request", (_, response) => void response.send(1));
        const time = async (count: number): Promise<number> => {
            const { signal } = new AbortController();
            const start = process.cpuUsage();
            await Promise.all(Array.from({ length: count }, () => c.ask(1, { signal })));
            const { user } = process.cpuUsage(start);
            return user / count;
        };
        await time(5000);
        const few = await time(2000);
        expect(await time(40_000)).to.be.below(5 * few + 20); // node alone: 20 times
    });
});

describe("different timeouts", () => {
    it("leave no timers after all replies have arrived", async () => {
        const { s, c } = await pair();
        s.on("request", (_, response) => void response.send(1));
        let timeout = 3_600_000;
        const round = async (step: number): Promise<number> => {
            const before = used();
            for (let n = 0; n < 20; n++) {
                await Promise.all(Array.from({ length: 100 }, () => c.ask(1, { timeout: (timeout -= step) })));
            }
            return used() - before;
        };
        await round(0);
        const same = await round(0);
        expect(await round(0.37)).to.be.below(Math.max(0, same) + MIB / 4);
    });
});
