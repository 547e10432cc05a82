import { expect } from "chai";
import { PingHistory, type ActivityCounters } from "../../src/connection/PingHistory";

/** Bytes as a connection shows them. Nothing has come from the peer, and the system is taking a large write. */
interface Signs extends ActivityCounters {
    writeQueueSize: number;
}

function signs(): Signs {
    return { bytesReceived: 0, bytesSent: 0, bytesPending: 1e6, writeQueueSize: 1e6 };
}

describe("PingHistory", () => {
    it("gives a peer up that shows no sign of life in four rounds", () => {
        const pulse = new PingHistory();
        const rounds = Array.from({ length: 5 }, () => pulse.next(signs()) !== undefined);
        expect(rounds).to.deep.equal([true, true, true, false, false]);
    });

    it("pings take bytes that flow for life, also within one large write", () => {
        const pulse = new PingHistory();
        const each = signs();
        for (let round = 0; round < 20; round++) {
            each.writeQueueSize -= 100;
            expect(pulse.next(each)).to.not.equal(undefined);
        }
    });
});
