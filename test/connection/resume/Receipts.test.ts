import { expect } from "chai";
import FakeTimers from "@sinonjs/fake-timers";
import { Receipts } from "../../../src/connection/resume/Receipts";
import { Resumption } from "../../../src/connection/resume/Resumption";

class Peer {
    bytesReceived = 0;
    canSend = true;
    readonly receipts: number[] = [];
    readonly resumption = new Resumption(
        { maxBytes: 1000, maxMessages: 10 },
        {
            token: "",
            timeout: 1,
            framesSent: 0,
        },
    );

    sendReceipt(): boolean {
        if (!this.canSend) return false;
        this.resumption.onReceiptSent(this.bytesReceived);
        this.receipts.push(this.resumption.received);
        return true;
    }
}

describe("Receipts", () => {
    let clock: FakeTimers.Clock;
    let receipts: Receipts;

    beforeEach(() => {
        clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
        receipts = new Receipts();
    });

    afterEach(() => {
        clock.uninstall();
    });

    function receive(peer: Peer, frames: number, bytes = 1): void {
        for (let n = 0; n < frames; n++) {
            peer.bytesReceived += bytes;
            receipts.onFrame(peer, peer.resumption);
        }
    }

    it("are sent 100 ms after the first frame, with one timer for all connections", () => {
        const peers = [new Peer(), new Peer()];
        for (const peer of peers) receive(peer, 10);
        expect(clock.countTimers()).to.equal(1);
        clock.tick(99);
        expect(peers.map((peer) => peer.receipts)).to.deep.equal([[], []]);
        clock.tick(1);
        expect(peers.map((peer) => peer.receipts)).to.deep.equal([[10], [10]]);
        expect(clock.countTimers()).to.equal(0);
    });

    it("are sent at once for 4000 frames, or 256 KiB", () => {
        const peer = new Peer();
        receive(peer, 3999);
        expect(peer.receipts).to.deep.equal([]);
        receive(peer, 1);
        expect(peer.receipts).to.deep.equal([4000]);
        receive(peer, 2, 131_072);
        expect(peer.receipts).to.deep.equal([4000, 4002]);
        clock.tick(1000);
        expect(peer.receipts).to.deep.equal([4000, 4002]);
    });

    it("are sent later while the peer does not read", () => {
        const peer = new Peer();
        peer.canSend = false;
        receive(peer, 1);
        clock.tick(250);
        peer.canSend = true;
        clock.tick(100);
        expect(peer.receipts).to.deep.equal([1]);
        expect(clock.countTimers()).to.equal(0);
    });

    it("leave no timer behind a connection that closes", () => {
        const [first, second] = [new Peer(), new Peer()];
        receive(first, 1);
        receive(second, 1);
        receipts.delete(first);
        expect(clock.countTimers()).to.equal(1);
        receipts.delete(second);
        expect(clock.countTimers()).to.equal(0);
    });
});
