import { expect } from "chai";
import { PingHistory, type ActivityCounters } from "../../src/connection/PingHistory";

/** Byte counters of a connection. The peer has sent nothing, and the system is accepting a large write. */
interface Signs extends ActivityCounters {
    writeQueueSize: number;
}

function signs(): Signs {
    return { bytesReceived: 0, bytesSent: 0, bytesPending: 1e6, writeQueueSize: 1e6 };
}

describe("PingHistory", () => {
    it("reports a peer without activity in four intervals", () => {
        const pulse = new PingHistory();
        const rounds = Array.from({ length: 5 }, () => pulse.next(signs()) !== undefined);
        expect(rounds).to.deep.equal([true, true, true, false, false]);
    });

    it("counts flowing bytes as activity, also within one large write", () => {
        const pulse = new PingHistory();
        const each = signs();
        for (let round = 0; round < 20; round++) {
            each.writeQueueSize -= 100;
            expect(pulse.next(each)).to.not.equal(undefined);
        }
    });
});
