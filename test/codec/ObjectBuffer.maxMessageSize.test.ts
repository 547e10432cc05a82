import { expect } from "chai";
import fc from "fast-check";
import { ObjectBuffer } from "../../src";
import { type Coded } from "../support/events";

describe("max_message_size", () => {
    describe("of an ObjectBuffer", () => {
        /** The decoded values, and the codes of errors. */
        function feed(
            bytes: Buffer,
            size: number,
            terminator: string,
            limit = 20,
        ): { values: unknown[]; errors: unknown[] } {
            const buffer = new ObjectBuffer({ terminator, max_message_size: limit });
            const errors: unknown[] = [];
            buffer.on("error", ({ code }: Coded) => errors.push(code));
            const values: unknown[] = [];
            for (let at = 0; at < bytes.length; at += size) {
                values.push(...buffer.buf2obj(bytes.subarray(at, at + size)));
            }
            return { values, errors };
        }

        for (const terminator of ["\n", "\r\n", "aa", "abcabd", "→", "\0\0\0"]) {
            it(`skips frames above the limit at every split, and continues: ${JSON.stringify(terminator)}`, () => {
                const [large, nearly] = ["y".repeat(21), JSON.stringify("z".repeat(18))];
                // Prefixes of the terminator inside the skipped frame.
                const baits = Array.from(terminator, (_, end) => large + terminator.slice(0, end) + "y");
                const texts = ["1", large, "2", nearly, ...baits, large.repeat(5), "[3]"];
                const bytes = Buffer.from(texts.map((text) => text + terminator).join(""));
                for (const size of [1, 2, 3, 7, 20, 21, 22, 64, bytes.length]) {
                    expect(feed(bytes, size, terminator)).to.deep.equal({
                        values: [1, 2, "z".repeat(18), [3]],
                        errors: Array(2 + baits.length).fill("ERR_MESSAGE_TOO_LARGE"),
                    });
                }
            });
        }

        it("counts bytes, without the terminator", () => {
            for (const terminator of ["\n", "<end>"]) {
                for (const text of ["é".repeat(9), "😀😀😀😀xx"]) {
                    const fits = Buffer.from(JSON.stringify(text) + terminator);
                    const large = Buffer.from(JSON.stringify(text + "x") + terminator);
                    for (const size of [1, 5, 100]) {
                        expect(feed(fits, size, terminator)).to.deep.equal({ values: [text], errors: [] });
                        expect(feed(large, size, terminator).errors).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]);
                    }
                }
            }
        });

        it("gives the same result for any frames and any splits", () => {
            const frames = fc.array(fc.oneof(fc.nat({ max: 30 }), fc.constant(500)), { maxLength: 12 });
            fc.assert(
                fc.property(frames, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (sizes, cuts) => {
                    const buffer = new ObjectBuffer({ terminator: "\r\n", max_message_size: 16 });
                    let errors = 0;
                    buffer.on("error", () => errors++);
                    const texts = sizes.map((size) => JSON.stringify("v".repeat(size)));
                    const bytes = Buffer.from(texts.map((text) => text + "\r\n").join(""));
                    const values: unknown[] = [];
                    for (let at = 0, turn = 0; at < bytes.length; turn++) {
                        const end = at + cuts[turn % cuts.length]!;
                        values.push(...buffer.buf2obj(bytes.subarray(at, end)));
                        at = end;
                    }
                    const fit = texts.filter((text) => text.length <= 16);
                    expect(values).to.deep.equal(fit.map((text) => JSON.parse(text) as unknown));
                    expect(errors).to.equal(texts.length - fit.length);
                }),
                { numRuns: 300 },
            );
        });

        it("buffers less than twice the limit of a frame, and nothing of a skipped one", () => {
            const limit = 100_000;
            const buffer = new ObjectBuffer({ max_message_size: limit });
            const errors: unknown[] = [];
            buffer.on("error", ({ code }: Coded) => errors.push(code));
            const originals = Object.getOwnPropertyDescriptors(Buffer);
            const reserved: number[] = [];
            for (const name of ["allocUnsafe", "allocUnsafeSlow"] as const) {
                Buffer[name] = (size) => {
                    reserved.push(size);
                    return originals[name].value!(size);
                };
            }
            try {
                const chunk = Buffer.alloc(1000, "x");
                for (let count = 0; count < 100; count++) buffer.buf2obj(chunk);
                expect(errors).to.deep.equal([]);
                buffer.buf2obj(chunk);
                expect(errors).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]);
                expect(Math.max(...reserved))
                    .to.be.at.least(limit)
                    .and.below(2 * limit);
                reserved.length = 0;
                for (let count = 0; count < 1000; count++) buffer.buf2obj(chunk);
                expect(Math.max(0, ...reserved)).to.be.at.most(chunk.length);
                expect(errors).to.have.length(1);
            } finally {
                Object.defineProperties(Buffer, originals);
            }
            expect(buffer.buf2obj(Buffer.from("\n[1]\n"))).to.deep.equal([[1]]);
        });
    });
});
