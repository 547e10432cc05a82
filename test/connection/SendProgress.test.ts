import { expect } from "chai";
import { SYSTEM_BUFFER_BYTES, SendProgress } from "../../src/connection/SendProgress";

/** Counters of a connection; `writeQueueSize` is what the system has not taken of the write under way. */
function counters(bytesSent: number, bytesPending = 0, writeQueueSize = bytesPending) {
    return { bytesSent, bytesPending, writeQueueSize };
}

describe("SendProgress", () => {
    it("does not advance when there is nothing to send", () => {
        const progress = new SendProgress();
        for (let round = 0; round < 5; round++) expect(progress.isAdvancing(counters(0))).to.equal(false);
    });

    it("does not advance by bytes that the system takes at once", () => {
        const progress = new SendProgress();
        for (let round = 1; round <= 5; round++) expect(progress.isAdvancing(counters(1000 * round))).to.equal(false);
    });

    it("advances when the system takes bytes that had to wait", () => {
        const progress = new SendProgress();
        expect(progress.isAdvancing(counters(1000, 5000))).to.equal(false); // how long they have waited is unknown
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

    describe("when the system has taken all", () => {
        /** Sends at this rate for some rounds, so that the buffers of the systems are full. */
        function flushed(rate: number, rounds = 3): SendProgress {
            const progress = new SendProgress();
            for (let round = 0; round <= rounds; round++) {
                progress.isAdvancing(counters(rate * round, rate * (rounds - round)));
            }
            return progress;
        }

        /** Rounds that the peer gets from then on. */
        function roundsLeft(progress: SendProgress, bytesSent: number): number {
            let rounds = 0;
            while (rounds < 100 && progress.isAdvancing(counters(bytesSent))) rounds += 1;
            return rounds;
        }

        it("advances for the rounds in which the peer reads the buffers of the systems", () => {
            expect(roundsLeft(flushed(SYSTEM_BUFFER_BYTES / 4), (SYSTEM_BUFFER_BYTES / 4) * 3)).to.be.within(3, 4);
        });

        it("advances for at most 20 rounds", () => {
            expect(roundsLeft(flushed(1), 3)).to.be.within(19, 20);
        });

        it("does not advance any more when the peer has sent something and then falls silent", () => {
            const progress = flushed(1);
            progress.onReceived();
            expect(roundsLeft(progress, 3)).to.equal(0);
        });
    });
});
