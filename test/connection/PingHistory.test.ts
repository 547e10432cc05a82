import { expect } from "chai";
import { Pulse, type SignsOfLife } from "../../src/connection/PingHistory";

/** Bytes as a connection shows them. Nothing has come from the peer, and the system is taking a large write. */
interface Signs extends SignsOfLife {
    writeQueueSize: number;
}

function signs(): Signs {
    return { received: 0, taken: 0, written: 1e6, writeQueueSize: 1e6 };
}

describe("Pulse", () => {
    it("gives a peer up that shows no sign of life in four rounds", () => {
        const pulse = new Pulse();
        const rounds = Array.from({ length: 5 }, () => pulse.next(signs()) !== undefined);
        expect(rounds).to.deep.equal([true, true, true, false, false]);
    });

    it("pings take bytes that flow for life, also within one large write", () => {
        const pulse = new Pulse();
        const each = signs();
        for (let round = 0; round < 20; round++) {
            each.writeQueueSize -= 100;
            expect(pulse.next(each)).to.not.equal(undefined);
        }
    });

});
