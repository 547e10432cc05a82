import { expect } from "chai";
import { SYSTEM_BUFFER_BYTES, SendProgress } from "../../../src/connection/writing/SendProgress";

/** Counters of a connection. `writeQueueSize` is the unaccepted part of the current write. */
function counters(bytesSent: number, bytesPending = 0, writeQueueSize = bytesPending) {
    return { bytesSent, bytesPending, writeQueueSize };
}

describe("SendProgress", () => {
    it("does not advance without data", () => {
        const progress = new SendProgress();
        for (let round = 0; round < 5; round++) expect(progress.isAdvancing(counters(0))).to.equal(false);
    });

    it("does not advance by bytes that the system accepts at once", () => {
        const progress = new SendProgress();
        for (let round = 1; round <= 5; round++) expect(progress.isAdvancing(counters(1000 * round))).to.equal(false);
    });

    it("advances when the system accepts bytes that had to wait", () => {
        const progress = new SendProgress();
        expect(progress.isAdvancing(counters(1000, 5000))).to.equal(false); // their waiting time is unknown
        expect(progress.isAdvancing(counters(2000, 4000))).to.equal(true);
        expect(progress.isAdvancing(counters(3000, 3000))).to.equal(true);
        expect(progress.isAdvancing(counters(3000, 3000))).to.equal(false);
    });

    it("advances within one write", () => {
        const progress = new SendProgress();
        progress.isAdvancing(counters(0, 5000, 5000));
        expect(progress.isAdvancing(counters(0, 5000, 4999))).to.equal(true);
        expect(progress.isAdvancing(counters(0, 5000, 4999))).to.equal(false);
    });

    describe("when the system has accepted all bytes", () => {
        /** Sends at this rate for some intervals, so that the system buffers are full. */
        function flushed(rate: number, rounds = 3): SendProgress {
            const progress = new SendProgress();
            for (let round = 0; round <= rounds; round++) {
                progress.isAdvancing(counters(rate * round, rate * (rounds - round)));
            }
            return progress;
        }

        /** Number of following intervals that count as progress. */
        function roundsLeft(progress: SendProgress, bytesSent: number): number {
            let rounds = 0;
            while (rounds < 100 && progress.isAdvancing(counters(bytesSent))) rounds += 1;
            return rounds;
        }

        it("advances for the time in which the peer reads the system buffers", () => {
            expect(roundsLeft(flushed(SYSTEM_BUFFER_BYTES / 4), (SYSTEM_BUFFER_BYTES / 4) * 3)).to.be.within(3, 4);
        });

        it("advances for at most 20 intervals", () => {
            expect(roundsLeft(flushed(1), 3)).to.be.within(19, 20);
        });

        it("does not advance after the peer has sent data and then falls silent", () => {
            const progress = flushed(1);
            progress.onReceived();
            expect(roundsLeft(progress, 3)).to.equal(0);
        });
    });
});
