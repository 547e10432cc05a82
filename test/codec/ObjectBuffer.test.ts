import { expect } from "chai";
import fc from "fast-check";
import { ObjectBuffer, SockhopError } from "../../src";
import { Terminator } from "../../src/codec/json/Terminator";

/** A buffer that records its errors. */
function listening(options?: ConstructorParameters<typeof ObjectBuffer>[0]): { buffer: ObjectBuffer; codes: string[] } {
    const buffer = new ObjectBuffer(options);
    const codes: string[] = [];
    buffer.on("error", (error: SockhopError) => codes.push(error.code));
    return { buffer, codes };
}

/** The decoded values of `bytes`, split at the given positions. */
function feed(buffer: ObjectBuffer, bytes: Buffer, cuts: number[]): unknown[] {
    const borders = [0, ...cuts, bytes.length];
    return borders.slice(1).flatMap((end, n) => buffer.buf2obj(bytes.subarray(borders[n], end)));
}

describe("ObjectBuffer", () => {
    const VALUES = [
        { a: 1, s: "x\ny" },
        [1, null, true],
        "é→😀",
        {},
        null,
        "",
        0,
        { ключ: ["\u0000\u001f\u2028\ud800"] },
    ];

    describe("obj2buf", () => {
        it("writes JSON in UTF-8 and a newline", () => {
            expect(new ObjectBuffer().obj2buf({ a: "é→😀\n" })).to.deep.equal(Buffer.from('{"a":"é→😀\\n"}\n'));
        });

        it("writes null", () => {
            expect(String(new ObjectBuffer().obj2buf(null))).to.equal("null\n");
        });

        it("emits an error for a value that is not an object", () => {
            const { buffer, codes } = listening();
            expect(buffer.obj2buf("This is a string")).to.equal(undefined);
            expect(codes).to.deep.equal(["ERR_OBJECTBUFFER_BAD_OBJECT"]);
        });

        it("writes any value with allow_non_objects", () => {
            const { buffer, codes } = listening({ allow_non_objects: true });
            expect(String(buffer.obj2buf("This is a string"))).to.equal('"This is a string"\n');
            expect(codes).to.deep.equal([]);
        });

        it("throws ERR_BAD_DATA for a value that JSON cannot express", () => {
            const cycle: { self?: unknown } = {};
            cycle.self = cycle;
            const buffer = new ObjectBuffer({ allow_non_objects: true });
            for (const value of [cycle, { big: 1n }, undefined, () => 1, Symbol("s"), { toJSON: () => undefined }]) {
                expect(() => buffer.obj2buf(value))
                    .to.throw(SockhopError)
                    .with.property("code", "ERR_BAD_DATA");
            }
        });
    });

    describe("buf2obj", () => {
        it("joins a message at every split", () => {
            const bytes = Buffer.from(VALUES.map((value) => JSON.stringify(value) + "\n").join(""));
            for (let cut = 0; cut <= bytes.length; cut++) {
                expect(feed(new ObjectBuffer(), bytes, [cut]), `cut at byte ${cut}`).to.deep.equal(VALUES);
            }
        });

        it("joins messages from single bytes", () => {
            const bytes = Buffer.from(VALUES.map((value) => JSON.stringify(value) + "\n").join(""));
            const everywhere = Array.from(bytes.keys()).slice(1);
            expect(feed(new ObjectBuffer(), bytes, everywhere)).to.deep.equal(VALUES);
        });

        it("reads thousands of messages from one chunk, in order", () => {
            const numbers = Array.from({ length: 10_000 }, (_, n) => n);
            expect(new ObjectBuffer().buf2obj(Buffer.from(numbers.join("\n") + "\n"))).to.deep.equal(numbers);
        });

        it("returns nothing before the terminator", () => {
            const buffer = new ObjectBuffer();
            expect(buffer.buf2obj(Buffer.from('{"a":1}'))).to.deep.equal([]);
            expect(buffer.buf2obj(Buffer.from(""))).to.deep.equal([]);
            expect(buffer.buf2obj(Buffer.from("\n"))).to.deep.equal([{ a: 1 }]);
        });

        it("keeps no reference to its input", () => {
            const buffer = new ObjectBuffer();
            const shared = Buffer.from('1\n{"a"');
            expect(buffer.buf2obj(shared)).to.deep.equal([1]);
            shared.fill(0);
            expect(buffer.buf2obj(Buffer.from(":2}\n"))).to.deep.equal([{ a: 2 }]);
        });

        it("skips a frame that is not JSON, and reports it", () => {
            const { buffer, codes } = listening();
            expect(buffer.buf2obj(Buffer.from("1\nGET / HTTP/1.1\n\n2\n"))).to.deep.equal([1, 2]);
            expect(codes).to.deep.equal(["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]); // a blank line is no error
        });

        it("ignores blank lines, unless frames are texts", () => {
            const { buffer, codes } = listening();
            expect(buffer.buf2obj(Buffer.from("\n1\r\n\r\n \t\n2\n\n"))).to.deep.equal([1, 2]);
            expect(codes).to.deep.equal([]);
            const texts = new ObjectBuffer({ allow_non_objects: true });
            expect(texts.buf2obj(Buffer.from("\na\n"))).to.deep.equal(["", "a"]);
        });

        it("skips a byte order mark at the start of the stream only, at every split", () => {
            const bytes = Buffer.from("\uFEFF1\n\uFEFF2\n3\n");
            for (let cut = 0; cut <= bytes.length; cut++) {
                const { buffer, codes } = listening();
                const values = [...buffer.buf2obj(bytes.subarray(0, cut)), ...buffer.buf2obj(bytes.subarray(cut))];
                expect(values, `cut at ${cut}`).to.deep.equal([1, 3]);
                expect(codes).to.have.length(1);
            }
        });

        it("can be called by a listener of its errors", () => {
            const buffer = new ObjectBuffer({ max_message_size: 10 });
            const inside: unknown[] = [];
            buffer.once("error", () => inside.push(...buffer.buf2obj(Buffer.from("2\n"))));
            expect(buffer.buf2obj(Buffer.from(`${"x".repeat(20)}\n1\n`))).to.deep.equal([1]);
            expect(inside).to.deep.equal([2]);
        });

        it("reports why a frame is not JSON", () => {
            const buffer = new ObjectBuffer();
            let error: Error | undefined;
            buffer.on("error", (reported: Error) => (error = reported));
            buffer.buf2obj(Buffer.from("{\n"));
            expect(error?.message).to.match(/corrupted data in buffer/);
            expect(error?.cause).to.be.instanceOf(SyntaxError);
        });

        it("accepts nesting of any depth", () => {
            const { buffer, codes } = listening();
            const deep = "[".repeat(200_000);
            expect(buffer.buf2obj(Buffer.from(`${deep}\n1\n`))).to.deep.equal([1]);
            expect(codes).to.deep.equal(["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]);
        });

        it("returns strings with allow_non_objects for frames that are not JSON", () => {
            const { buffer, codes } = listening({ allow_non_objects: true });
            expect(buffer.buf2obj(Buffer.from('hello there\n"quoted"\n5\n\n{"a":1}\n'))).to.deep.equal([
                "hello there",
                "quoted",
                5,
                "",
                { a: 1 },
            ]);
            expect(codes).to.deep.equal([]);
        });

        it("reports and ignores an argument that is not a Buffer", () => {
            const { buffer, codes } = listening();
            buffer.buf2obj(Buffer.from('{"a"'));
            for (const wrong of ["a string", undefined, new Uint8Array(1)]) {
                expect(buffer.buf2obj(wrong as Buffer)).to.deep.equal([]);
            }
            expect(codes).to.deep.equal(Array(3).fill("ERR_OBJECTBUFFER_BAD_BUFFER"));
            expect(buffer.buf2obj(Buffer.from(":1}\n"))).to.deep.equal([{ a: 1 }]);
        });

        it("throws without an error listener, like an EventEmitter, and continues", () => {
            const buffer = new ObjectBuffer();
            expect(() => buffer.buf2obj(Buffer.from("bad\n"))).to.throw(SockhopError, "corrupted data in buffer");
            expect(buffer.buf2obj(Buffer.from("1\n"))).to.deep.equal([1]);
        });

        it("reports a frame that is longer than a string can be", () => {
            const { buffer, codes } = listening();
            const huge = Buffer.alloc(2 ** 20, "x");
            const original = huge.toString.bind(huge);
            // Half a gigabyte would be needed for the real limit, so the test simulates it.
            const bytes = Buffer.concat([huge, Buffer.from("\n7\n")]);
            bytes.toString = () => {
                throw new Error("Cannot create a string longer than 0x1fffffe8 characters");
            };
            expect(original().length).to.equal(2 ** 20);
            expect(buffer.buf2obj(bytes)).to.deep.equal([]);
            expect(codes).to.deep.equal(["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]);
            expect(buffer.buf2obj(Buffer.from("8\n"))).to.deep.equal([8]);
        });
    });

    describe("terminators", () => {
        it("may be any string, counted in bytes", () => {
            for (const terminator of ["→", "\r\n", "\n.\n", "END", "😀", "\u0000", "X", "}"]) {
                const buffer = new ObjectBuffer({ terminator });
                const bytes = Buffer.from(`1${terminator}[2]${terminator}3${terminator}`);
                for (let cut = 0; cut <= bytes.length; cut++) {
                    expect(feed(buffer, bytes, [cut]), `${terminator} cut at byte ${cut}`).to.deep.equal([1, [2], 3]);
                }
            }
        });

        it("may differ for each direction", () => {
            const buffer = new ObjectBuffer({ terminator: ["RX", "TX"] });
            expect(String(buffer.obj2buf({ a: 1 }))).to.equal('{"a":1}TX');
            expect(buffer.buf2obj(Buffer.from('{"a":1}RX{"a":2}R'))).to.deep.equal([{ a: 1 }]);
            expect(buffer.buf2obj(Buffer.from("X"))).to.deep.equal([{ a: 2 }]);
        });

        it("apply to both directions if the list has one member", () => {
            expect(String(new ObjectBuffer({ terminator: ["\r"] }).obj2buf({}))).to.equal("{}\r");
        });

        it("use the default if they are neither a string nor a list", () => {
            for (const terminator of [undefined, null, 5, {}, []]) {
                expect(String(new ObjectBuffer({ terminator: terminator as string }).obj2buf({}))).to.equal("{}\n");
            }
        });

        it("must not be empty", () => {
            for (const terminator of ["", ["\n", ""], ["", "\n"]]) {
                expect(() => new ObjectBuffer({ terminator }))
                    .to.throw(SockhopError)
                    .with.property("code", "ERR_BAD_OPTION");
            }
        });

        it("are found as early as possible if they overlap themselves", () => {
            const { buffer } = listening({ terminator: "aa", allow_non_objects: true });
            expect(buffer.buf2obj(Buffer.from("1aaa"))).to.deep.equal([1]);
            expect(buffer.buf2obj(Buffer.from("a2aa"))).to.deep.equal(["", 2]);
        });

        it("are escaped in strings", () => {
            const buffer = new ObjectBuffer({ terminator: "X" });
            const bytes = buffer.obj2buf({ aXb: "XX" })!;
            expect(String(bytes)).to.equal('{"a\\u0058b":"\\u0058\\u0058"}X');
            expect(buffer.buf2obj(bytes)).to.deep.equal([{ aXb: "XX" }]);
        });

        it("do not change text without them", () => {
            expect(String(new ObjectBuffer({ terminator: "END" }).obj2buf({ a: "E N D" }))).to.equal(
                '{"a":"E N D"}END',
            );
        });

        it("are an error if JSON cannot escape them", () => {
            for (const [terminator, value] of [
                ["}", {}],
                ["}}", { a: 1 }],
                ["end", { a: "the end" }],
                ["null", [null]],
            ] as const) {
                expect(() => new ObjectBuffer({ terminator }).obj2buf(value))
                    .to.throw(SockhopError, "terminator")
                    .with.property("code", "ERR_BAD_DATA");
            }
        });
    });

    describe("with random input", () => {
        const cuts = fc.array(fc.nat(1000), { maxLength: 20 });
        // Lone surrogates cannot be a terminator in UTF-8. They become U+FFFD at both ends.
        const terminators = fc.oneof(
            fc.constantFrom("\n", "\r\n", "\n.\n", "aa", "XYX"),
            fc.string({ unit: "binary", minLength: 1, maxLength: 4 }),
            fc.string({ minLength: 1, maxLength: 3 }),
        );

        const plainTerminators = fc.constantFrom("\n", "\r\n", "→", "XY");

        it("returns every JSON value in order, for every terminator and split", () => {
            fc.assert(
                fc.property(
                    fc.array(fc.jsonValue(), { maxLength: 8 }),
                    terminators,
                    cuts,
                    (values, terminator, places) => {
                        const buffer = new ObjectBuffer({ terminator, allow_non_objects: true });
                        const sent: unknown[] = [];
                        const frames: Buffer[] = [];
                        for (const value of values) {
                            try {
                                frames.push(buffer.obj2buf(value)!);
                                sent.push(JSON.parse(JSON.stringify(value)));
                            } catch (error) {
                                // An error is correct only if no JSON text would work.
                                expect(error).to.have.property("code", "ERR_BAD_DATA");
                                expect(JSON.stringify(value) + terminator).to.satisfy(
                                    (text: string) => text.indexOf(terminator) < JSON.stringify(value).length,
                                );
                            }
                        }
                        const bytes = Buffer.concat(frames);
                        const sorted = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
                        expect(
                            feed(new ObjectBuffer({ terminator, allow_non_objects: true }), bytes, sorted),
                        ).to.deep.equal(sent);
                    },
                ),
                { numRuns: 500 },
            );
        });

        it("returns only values and errors, for any bytes", () => {
            fc.assert(
                fc.property(fc.uint8Array({ maxLength: 200 }), plainTerminators, cuts, (array, terminator, places) => {
                    const bytes = Buffer.concat([Buffer.from(array), Buffer.from(terminator)]);
                    const { buffer } = listening({ terminator });
                    const sorted = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
                    feed(buffer, bytes, sorted);
                    const next = Buffer.from(`${terminator}{"after":1}${terminator}`);
                    expect(buffer.buf2obj(next)).to.deep.include({ after: 1 });
                }),
            );
        });
    });

    it("escapes the text by the first character that JSON has only in strings", () => {
        expect(new Terminator("n😀").escape('["n😀"]')).to.equal('["n\\ud83d\\ude00"]');
    });
});
