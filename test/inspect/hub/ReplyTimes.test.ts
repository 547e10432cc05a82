import { expect } from "chai";
import type { TappedMessage } from "../../../src/inspect/frames/parseFrame";
import { percentile, ReplyTimes } from "../../../src/inspect/hub/ReplyTimes";

const call = (id: unknown, type: unknown = "Ask"): TappedMessage => ({ bytes: 1, kind: "question", id, type });
const reply = (id: unknown): TappedMessage => ({ bytes: 1, kind: "answer", id });

describe("ReplyTimes", () => {
    it("knows the reply of each side, each connection and each kind", () => {
        const times = new ReplyTimes();
        times.onAsked(1, "client", call("a"), true);
        expect(times.onReply(2, "server", reply("a"))).to.equal(undefined);
        expect(times.onReply(1, "client", reply("a"))).to.equal(undefined);
        expect(times.onReply(1, "server", { ...reply("a"), kind: "response" })).to.equal(undefined);
        expect(times.onReply(1, "server", reply("a"))).to.include({ asked: "Ask", isKept: true });
        expect(times.onReply(1, "server", reply("a"))).to.equal(undefined);
        expect(times.percentiles().replies).to.equal(1);
        expect(times.percentiles()).to.deep.equal({ replies: 0, p50: null, p99: null });
    });

    it("forgets the calls of a connection that closes", () => {
        const times = new ReplyTimes();
        times.onAsked(1, "client", call("a"), true);
        times.onAsked(2, "client", call("a"), true);
        times.onClose(1);
        times.onClose(1);
        expect(times.size).to.equal(1);
        expect(times.onReply(1, "server", reply("a"))).to.equal(undefined);
        expect(times.onReply(2, "server", reply("a"))).to.include({ asked: "Ask" });
        expect(times.size).to.equal(0);
    });

    it("remembers 10 000 calls at most, and forgets the oldest of the connection that has too many", () => {
        const times = new ReplyTimes();
        times.onAsked(1, "client", call("patient"), true);
        for (let n = 0; n < 10_100; n++) times.onAsked(2, "client", call(n), false);
        expect(times.size).to.equal(10_000);
        expect(times.onReply(2, "server", reply(100))).to.equal(undefined);
        expect(times.onReply(2, "server", reply(101))).to.include({ asked: "Ask" });
        expect(times.onReply(1, "server", reply("patient"))).to.include({ asked: "Ask" });
    });

    it("remembers no ids that are long or of another type, and the first characters of types", () => {
        const times = new ReplyTimes();
        for (const id of ["x".repeat(101), {}, null, undefined, ["a"]]) times.onAsked(1, "client", call(id), true);
        expect(times.size).to.equal(0);
        times.onAsked(1, "client", call(1, "T".repeat(1e6)), true);
        times.onAsked(1, "client", call(2, { toString: 1 }), true);
        expect(times.onReply(1, "server", reply(1))?.asked).to.equal("T".repeat(200));
        expect(times.onReply(1, "server", reply(2))).to.not.have.property("asked");
    });
});

describe("percentile()", () => {
    it("is the nearest rank", () => {
        expect(percentile([], 0.5)).to.equal(null);
        expect(percentile([1], 0.99)).to.equal(1);
        expect(percentile([1, 2, 3, 4], 0.5)).to.equal(2);
        expect(
            percentile(
                Array.from({ length: 100 }, (_, n) => n + 1),
                0.99,
            ),
        ).to.equal(99);
    });
});
