import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import { TransferWatch } from "../../src/connection/TransferWatch";

/** Counters during a write of 1 MB. */
function transfers() {
    return {
        bytesSent: 0,
        bytesPending: 1_000_000,
        writeQueueSize: 1_000_000,
        bytesReceived: 0,
        framesReceived: 0,
        partialFrame: undefined,
    };
}

describe("TransferWatch", () => {
    let clock: FakeTimers.Clock;

    beforeEach(() => {
        clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
    });

    afterEach(() => {
        clock.uninstall();
    });

    it("waits for a transfer until it is sent", () => {
        const bytes = transfers();
        const ended: (number | undefined)[] = [];
        expect(new TransferWatch(bytes).wait((grace) => ended.push(grace))).to.equal(true);
        for (let look = 0; look < 10; look++) {
            bytes.writeQueueSize -= 20_000;
            clock.tick(250);
            expect(ended).to.deep.equal([]);
        }
        Object.assign(bytes, { bytesSent: 1_000_000, bytesPending: 0, writeQueueSize: 0 });
        clock.tick(250);
        expect(ended).to.have.length(1);
        expect(ended[0]).to.be.above(0); // time for the data in the system buffers
    });

    it("reports a stalled transfer after two checks if it advances by single bytes only", () => {
        const bytes = transfers();
        const ended: (number | undefined)[] = [];
        new TransferWatch(bytes).wait((grace) => ended.push(grace));
        for (let look = 0; look < 2; look++) {
            expect(ended).to.deep.equal([]);
            bytes.writeQueueSize -= 1;
            clock.tick(250);
        }
        expect(ended).to.deep.equal([undefined]);
    });

    it("reports a transfer that stalls after it has advanced, and counts the checks of the next one anew", () => {
        const bytes = transfers();
        const watch = new TransferWatch(bytes);
        const ended: (number | undefined)[] = [];
        watch.wait((grace) => ended.push(grace));
        bytes.bytesSent += 20_000;
        bytes.bytesPending -= 20_000;
        clock.tick(500);
        expect(ended).to.deep.equal([]);
        clock.tick(250);
        expect(ended).to.deep.equal([undefined]);

        watch.wait((grace) => ended.push(grace));
        clock.tick(250);
        expect(ended).to.have.length(1);
        clock.tick(250);
        expect(ended).to.have.length(2);
    });

    it("waits for the frame that is being received, and not for the next one", () => {
        const bytes = { ...transfers(), bytesPending: 0, writeQueueSize: 0, partialFrame: { length: 100_000 } };
        const ended: (number | undefined)[] = [];
        expect(new TransferWatch(bytes).wait((grace) => ended.push(grace))).to.equal(true);
        for (let look = 0; look < 10; look++) {
            bytes.bytesReceived += 20_000;
            clock.tick(250);
            expect(ended).to.deep.equal([]);
        }
        bytes.framesReceived += 1;
        clock.tick(250);
        expect(ended).to.deep.equal([undefined]);
    });

    it("ends all waits when it is closed", () => {
        const watch = new TransferWatch(transfers());
        const ended: string[] = [];
        watch.wait(() => ended.push("first"));
        watch.wait(() => ended.push("second"));
        watch.close();
        expect(ended).to.deep.equal(["first", "second"]);
        expect(clock.countTimers()).to.equal(0);
    });

    it("does not wait without a transfer", () => {
        const watch = new TransferWatch({ ...transfers(), bytesPending: 0, writeQueueSize: 0 });
        expect(watch.wait(() => undefined)).to.equal(false);
    });

    it("does not wait for bytes that were written after what its caller waits for", () => {
        const watch = new TransferWatch({ ...transfers(), bytesSent: 5000 });
        expect(watch.wait(() => undefined, 4900)).to.equal(false);
        expect(watch.wait(() => undefined, 5000)).to.equal(true);
        watch.close();
    });
});
