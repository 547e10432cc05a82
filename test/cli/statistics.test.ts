import { expect } from "chai";
import { BenchResults } from "../../src/cli/measure/BenchResults";
import { PingStatistics, roundToMicroseconds } from "../../src/cli/measure/PingStatistics";

function statisticsOf(sent: number, ...times: number[]): PingStatistics {
    const statistics = new PingStatistics();
    statistics.sent = sent;
    for (const time of times) statistics.add(time);
    return statistics;
}

describe("PingStatistics", () => {
    it("computes minimum, mean, maximum and standard deviation", () => {
        const { times } = statisticsOf(4, 2, 4, 4, 6);
        expect(times).to.include({ min: 2, avg: 4, max: 6 });
        expect(times.mdev).to.be.closeTo(Math.SQRT2, 1e-12);
        expect(statisticsOf(3, 0.1, 0.1, 0.1).times.mdev).to.be.closeTo(0, 1e-6); // not NaN by rounding
    });

    it("computes the percentage of lost pings", () => {
        expect(statisticsOf(0).lossPercent).to.equal(0);
        expect(statisticsOf(3, 1).lossPercent).to.equal(66.7);
        expect(statisticsOf(2).lossPercent).to.equal(100);
    });

    it("prints one line with counts, and one with times if there are any", () => {
        expect(statisticsOf(2, 1, 3).text("h:5")).to.equal(
            "h:5: 2 sent, 2 received, 0% lost\nmin/avg/max/mdev 1.00/2.00/3.00/1.00 ms",
        );
        expect(statisticsOf(1).text("h:5")).to.equal("h:5: 1 sent, 0 received, 100% lost");
    });

    it("is JSON with times in microsecond precision", () => {
        expect(JSON.parse(JSON.stringify(statisticsOf(1, 1.23456)))).to.deep.equal({
            ...{ sent: 1, received: 1, loss_percent: 0, ms: { min: 1.235, avg: 1.235, max: 1.235, mdev: 0 } },
        });
        expect(JSON.parse(JSON.stringify(statisticsOf(1)))).to.deep.equal({ sent: 1, received: 0, loss_percent: 100 });
        expect(roundToMicroseconds(0.0004)).to.equal(0);
    });
});

describe("BenchResults", () => {
    function resultsOf(mode: "callbacks" | "messages"): BenchResults {
        const results = new BenchResults({ mode, size: 100 }, "h:5", 10);
        results.begin();
        for (let time = 1; time <= 100; time++) results.add(time);
        results.end();
        return results;
    }

    it("has a value whose JSON has the size of the workload", () => {
        expect(JSON.stringify(resultsOf("callbacks").value)).to.have.length(100);
    });

    it("reports the rate and the percentiles of the latency", () => {
        const json = JSON.parse(JSON.stringify(resultsOf("callbacks"))) as Record<string, number> & {
            ms: Record<string, number>;
        };
        expect(json).to.include({ endpoint: "h:5", mode: "callbacks", size: 100, parallel: 10, messages: 100 });
        expect(json["per_second"]).to.be.closeTo(100 / json["seconds"]!, 0.1);
        expect(json["bytes_per_second"]).to.be.closeTo(100 * json["per_second"]!, 10);
        const { min, p50, p99, max } = json.ms;
        for (const [found, expected] of [
            [min, 1],
            [p50, 50],
            [p99, 99],
            [max, 100],
        ] as const)
            expect(found).to.be.closeTo(expected, expected / 100);
    });

    it("prints three lines, and calls the latency by the kind of the message", () => {
        expect(resultsOf("callbacks").text()).to.match(
            /^h:5: 100 callbacks of 100 bytes in [\d.,]+ s, 10 in flight\n[\d.,]+ per second, [\d.,]+ MB\/s\nround-trip time in ms: min [\d.]+ {2}p50 50\.\d {2}p90 /,
        );
        expect(resultsOf("messages").text()).to.match(/^write time in ms: /m);
    });

    it("does not count time after the end", async () => {
        const results = resultsOf("messages");
        const { elapsed } = results;
        await new Promise((resolve) => setTimeout(resolve, 5));
        expect(results.elapsed).to.equal(elapsed);
    });
});
