import { expect } from "chai";
import { SockhopError, SockhopResponsePacket, SockhopResponseWriteableStream } from "../../../src";
import { rejection } from "../../support/pair";

/** A stream and a log of its frames. */
function responding(errors = true): { stream: SockhopResponseWriteableStream; sent: object[]; finished: () => number } {
    const sent: object[] = [];
    let finished = 0;
    const stream = SockhopResponseWriteableStream.from_request(
        { uuid: "u" },
        {
            errors,
            transmit: (packet) => {
                sent.push({ ...new SockhopResponsePacket(packet) });
                return Promise.resolve();
            },
            finished: () => (finished += 1),
        },
    );
    return { stream, sent, finished: () => finished };
}

describe("SockhopResponseWriteableStream", () => {
    it("sends one response", async () => {
        const { stream, sent, finished } = responding();
        await stream.send("a");
        expect(sent).to.deep.equal([{ uuid: "u", type: "String", data: "a", last: true }]);
        expect(finished()).to.equal(1);
    });

    it("sends several responses, and an end", async () => {
        const { stream, sent } = responding();
        await stream.write(null);
        await stream.write();
        await stream.end();
        expect(sent).to.deep.equal([
            { uuid: "u", type: "Object", data: null, last: false },
            { uuid: "u", type: "Object", data: {}, last: false },
            { uuid: "u", type: "Object", data: {}, last: true, empty: true },
        ]);
    });

    it("sends nothing after the end", async () => {
        const { stream, sent } = responding();
        const first = stream.send(1);
        for (const refused of [stream.send(2), stream.write(2), stream.end(), stream.fail(new Error("late"))]) {
            expect(await rejection(refused)).to.have.property("code", "ERR_RESPONSE_SEND");
        }
        await first;
        expect(sent).to.have.length(1);
    });

    it("throws for a value that cannot be sent, and can still respond then", async () => {
        const { stream, sent } = responding();
        for (const value of [() => 1, Symbol("s")]) {
            expect(await rejection(stream.send(value))).to.have.property("code", "ERR_BAD_DATA");
        }
        await stream.send("better");
        expect(sent).to.have.length(1);
    });

    it("sends nothing if it was created without a request", async () => {
        const stream = new SockhopResponseWriteableStream({});
        for (const refused of [stream.write(1), stream.send(1), stream.end()]) {
            expect(await rejection(refused)).to.have.property("code", "ERR_RESPONSE_SEND");
        }
    });

    describe("fail()", () => {
        it("responds that the request has failed", async () => {
            const { stream, sent } = responding();
            await stream.fail(new Error("why"));
            const error = { code: "ERR_REQUEST_FAILED", message: "why" };
            expect(sent).to.deep.equal([{ uuid: "u", type: "Object", data: {}, last: true, empty: true, error }]);
        });

        it("sends no error to a requester that cannot read it", async () => {
            const { stream, sent, finished } = responding(false);
            await stream.fail(new Error("why"));
            expect([sent, finished()]).to.deep.equal([[], 1]);
        });
    });

    describe("signal", () => {
        const reason = new SockhopError("The requester canceled the request", "ERR_RESPONSE_SEND");

        it("is aborted when the requester closes, and then nothing is sent", async () => {
            const { stream, sent, finished } = responding();
            expect(stream.signal.aborted).to.equal(false);
            stream.abort(reason);
            expect(stream.signal.aborted).to.equal(true);
            expect(stream.signal.reason).to.equal(reason);
            expect(await rejection(stream.write("late"))).to.equal(reason);
            expect([sent, finished()]).to.deep.equal([[], 1]);
        });

        it("lets a late response resolve if the requester has canceled, not if it has disconnected", async () => {
            const { stream, sent } = responding();
            stream.abort(reason);
            await Promise.all([stream.send("late"), stream.end(), stream.fail(new Error("late"))]);
            expect(sent).to.deep.equal([]);
            const { stream: lost } = responding();
            const disconnected = new SockhopError("Not connected", "ERR_SOCKET_DESTROYED");
            lost.abort(disconnected);
            expect(await rejection(lost.send("late"))).to.equal(disconnected);
        });

        it("is already aborted when it is read for the first time after that", () => {
            const { stream } = responding();
            stream.abort(reason);
            expect(stream.signal.aborted).to.equal(true);
        });
    });
});
