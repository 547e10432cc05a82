import { expect } from "chai";
import { allocate, giveBack } from "../../../../src/codec/binary/write/largeMemory";
import { commit, decoded, wires } from "../support";

const LARGE = 1_000_000;

describe("largeMemory", () => {
    it("gives memory once, and only if it is large enough", () => {
        const memory = Buffer.allocUnsafeSlow(LARGE);
        giveBack(memory);
        const larger = allocate(LARGE + 1);
        expect(larger).to.have.property("length").that.is.above(LARGE);
        expect(allocate(LARGE - 1)).to.equal(memory);
        const other = allocate(LARGE - 1);
        expect(other).to.not.equal(memory);
        expect(other)
            .to.have.property("length")
            .that.is.at.least(LARGE - 1);
    });

    it("gives it also to frames that are a little larger", () => {
        const memory = allocate(LARGE);
        giveBack(memory);
        expect(allocate(LARGE + 100)).to.equal(memory);
    });

    it("does not keep what is small or very large, and not for what is small", () => {
        const memory = Buffer.allocUnsafeSlow(LARGE);
        giveBack(memory);
        for (const size of [1000, 2 ** 25]) giveBack(Buffer.allocUnsafeSlow(size));
        expect(allocate(1000)).to.have.length(1000);
        expect(allocate(LARGE)).to.equal(memory);
    });
});

describe("Large frames", () => {
    for (const isWritten of [true, false]) {
        it(`keep their bytes until they are written${isWritten ? ", at once" : ""}`, () => {
            const { client, server } = wires();
            const frames: Buffer[] = [];
            for (let n = 0; n < 6; n++) {
                commit(client, client.encodeMessage(Buffer.alloc(LARGE - n, n)));
                const frame = client.take();
                // What is written at once need not stay as it is.
                frames.push(isWritten ? Buffer.from(frame) : frame);
                client.release(isWritten);
            }
            for (const [n, frame] of frames.entries()) {
                const [message] = decoded(server, frame) as { data: Buffer }[];
                expect(message?.data.equals(Buffer.alloc(LARGE - n, n)), `frame ${n}`).to.equal(true);
            }
        });
    }
});
