import { expect } from "chai";
import fc from "fast-check";
import net from "node:net";
import { countFrames } from "../../../src/codec/binary/frames";
import * as $ from "../../../src/codec/binary/layout";
import { encodeFrames } from "../../support/frames";
import { Journal } from "../../../src/connection/resume/Journal";
import type { JournalEntry } from "../../../src/connection/resume/JournalEntry";
import { MemoryReturn } from "../../../src/connection/writing/MemoryReturn";
import type { WriteObserver } from "../../../src/connection/writing/WriteObserver";
import { allocateLarge } from "../../../src/runtime/largeMemory";
import { type SockhopError, notConnectedError } from "../../../src/SockhopError";
import { TestSocket } from "../../support/TestSocket";

const UNBOUNDED = { maxBytes: Infinity, maxMessages: Infinity };

/** Records the results that it gets. */
class Results implements WriteObserver {
    readonly results: (string | undefined)[] = [];

    settle(_socket: unknown, error: SockhopError | undefined): void {
        this.results.push(error?.code);
    }
}

describe("Journal", () => {
    const socket = new TestSocket().asSocket;

    function create(limits = UNBOUNDED): Journal {
        return new Journal(limits);
    }

    function add(journal: Journal, data: string | Buffer, frames: number, observer?: WriteObserver): void {
        journal.add(data, frames, frames, Buffer.byteLength(data), socket, observer);
    }

    /** Takes all that may be written. */
    function written(journal: Journal): string {
        let text = "";
        for (let entry; (entry = journal.next());) text += String(entry.data);
        return text;
    }

    it("returns entries in order, once", () => {
        const journal = create();
        add(journal, "a\n", 1);
        add(journal, "b\nc\n", 2);
        expect(journal).to.include({ added: 3, sent: 0, waiting: 6, bytes: 6, messages: 3 });
        expect(written(journal)).to.equal("a\nb\nc\n");
        expect(written(journal)).to.equal("");
        expect(journal).to.include({ added: 3, sent: 3, waiting: 0, bytes: 6, messages: 3 });
    });

    describe("with frames in large memory", () => {
        const SIZE = 1_000_000;

        /** Adds a frame in large memory, and begins to write it. */
        function begin(): { journal: Journal; memory: Buffer; entry: JournalEntry; isReturned: () => boolean } {
            const journal = create();
            const memory = allocateLarge(SIZE);
            add(journal, memory, 1);
            const entry = journal.next() as JournalEntry;
            return { journal, memory, entry, isReturned: () => allocateLarge(SIZE) === memory };
        }

        it("gives it back when the frames are written and acknowledged", () => {
            const { journal, memory, entry, isReturned } = begin();
            entry.release(memory);
            expect(isReturned()).to.equal(false);
            journal.acknowledge(1);
            expect(isReturned()).to.equal(true);
        });

        it("keeps it during the write of a frame that the peer claims to have", () => {
            const { journal, memory, entry, isReturned } = begin();
            journal.acknowledge(1);
            expect(isReturned()).to.equal(false);
            entry.release(memory);
            expect(isReturned()).to.equal(true);
        });

        it("keeps it for ever if the result of one of the writes is unknown", () => {
            const { journal, memory, entry, isReturned } = begin();
            journal.rewind(0, "\n");
            expect(journal.next()).to.equal(entry);
            entry.release(memory);
            journal.acknowledge(1);
            expect(isReturned()).to.equal(false);
        });

        it("gives copies of text back at once", () => {
            const journal = create();
            add(journal, "a\n", 1);
            const memory = allocateLarge(SIZE);
            journal.next()?.release(memory);
            expect(allocateLarge(SIZE)).to.equal(memory);
        });
    });

    it("drops what is acknowledged, in whole entries", () => {
        const journal = create();
        add(journal, "a\nb\n", 2);
        add(journal, "c\n", 1);
        written(journal);
        expect(journal.acknowledge(1)).to.equal(true);
        expect(journal.bytes).to.equal(6);
        expect(journal.acknowledge(2)).to.equal(true);
        expect(journal.bytes).to.equal(2);
        expect(journal.acknowledge(3)).to.equal(true);
        expect(journal).to.include({ bytes: 0, messages: 0, acknowledged: 3 });
    });

    it("refuses acknowledgements of what was not written, or below an earlier one", () => {
        const journal = create();
        add(journal, "a\nb\n", 2);
        expect(journal.acknowledge(1)).to.equal(false);
        written(journal);
        expect(journal.acknowledge(2)).to.equal(true);
        for (const received of [-1, 1, 3, NaN, 1.5, Infinity]) expect(journal.acknowledge(received)).to.equal(false);
        expect(journal.acknowledged).to.equal(2);
    });

    it("lets entries wait above a limit, until others are acknowledged", () => {
        for (const limits of [
            { maxBytes: 4, maxMessages: Infinity },
            { maxBytes: Infinity, maxMessages: 2 },
        ]) {
            const journal = create(limits);
            for (const text of ["a\n", "b\n", "c\n", "d\n"]) add(journal, text, 1);
            expect(written(journal)).to.equal("a\nb\n");
            expect(journal.waiting).to.equal(4);
            journal.acknowledge(1);
            expect(written(journal)).to.equal("c\n");
            expect(journal.next(true)?.data).to.equal("d\n");
        }
    });

    it("returns again what the peer has not received, from the middle of an entry on", () => {
        const journal = create();
        add(journal, "a\nbb\nccc\n", 3);
        add(journal, "d\n", 1);
        written(journal);
        expect(journal.canRewind(4)).to.equal(true);
        expect(journal.canRewind(5)).to.equal(false);
        expect(journal.rewind(1, "\n")).to.equal(3);
        expect(journal).to.include({ waiting: 9, bytes: 9, messages: 3 });
        expect(written(journal)).to.equal("bb\nccc\nd\n");
        expect(journal.rewind(2, "\n")).to.equal(2);
        expect(written(journal)).to.equal("ccc\nd\n");
        expect(journal.canRewind(1)).to.equal(false);
    });

    it("cuts at any terminator, and in the lines of a broadcast", () => {
        const journal = create();
        add(journal, Buffer.from("é→→a→→b→→"), 3);
        add(journal, "c→→d→→", 2);
        written(journal);
        journal.rewind(2, "→→");
        expect(written(journal)).to.equal("b→→c→→d→→");
        journal.rewind(4, "→→");
        expect(written(journal)).to.equal("d→→");
    });

    it("cuts frames of bytes by their sizes", () => {
        const journal = create();
        const bytes = encodeFrames(["one", "two", "three"]);
        expect(countFrames(bytes)).to.equal(3);
        journal.add(bytes, 3, 7, bytes.length, socket, undefined);
        journal.next();
        journal.rewind(2, "\n");
        expect(journal.next()?.data).to.deep.equal(encodeFrames(["three"]));
        expect(journal.messages).to.equal(5); // some of them may have been in the last frame
    });

    it("settles an observer once: at the first write that succeeds, or when the peer has the frames", () => {
        const journal = create();
        const [accepted, failed, received] = [new Results(), new Results(), new Results()];
        add(journal, "a\n", 1, accepted);
        add(journal, "b\n", 1, failed);
        add(journal, "c\n", 1, received);
        journal.next()?.settle(socket, undefined);
        journal.next()?.settle(socket, notConnectedError());
        journal.next();
        expect([accepted, failed, received].map(({ results }) => results)).to.deep.equal([[undefined], [], []]);
        journal.rewind(1, "\n");
        journal.next()?.settle(socket, undefined);
        journal.next();
        journal.acknowledge(3);
        expect([accepted, failed, received].map(({ results }) => results)).to.deep.equal([
            [undefined],
            [undefined],
            [undefined],
        ]);
    });

    it("fails what is not written when it ends, and later what is being written and fails", () => {
        const journal = create({ maxBytes: 4, maxMessages: Infinity });
        const observers = Array.from({ length: 4 }, () => new Results());
        for (const observer of observers) add(journal, "a\n", 1, observer);
        const entries = [journal.next(), journal.next()];
        entries[1]?.settle(socket, notConnectedError());
        journal.end(notConnectedError(), true);
        const failure = ["ERR_SOCKET_DESTROYED"];
        expect(observers.map(({ results }) => results)).to.deep.equal([[], failure, failure, failure]);
        entries[0]?.settle(socket, notConnectedError());
        expect(observers[0]?.results).to.deep.equal(failure);
    });

    it("delivers each frame once and in order, whatever is cut and acknowledged", () => {
        const step = fc.oneof(
            fc.record({ kind: fc.constant("add" as const), lines: fc.integer({ min: 1, max: 4 }) }),
            fc.record({ kind: fc.constant("read" as const), frames: fc.nat(5) }),
            fc.record({ kind: fc.constant("acknowledge" as const) }),
            fc.record({ kind: fc.constant("cut" as const) }),
        );
        const limits = fc.record({
            maxBytes: fc.integer({ min: 1, max: 20 }),
            maxMessages: fc.integer({ min: 1, max: 5 }),
        });
        fc.assert(
            fc.property(limits, fc.array(step, { maxLength: 60 }), (bounds, steps) => {
                const journal = create(bounds);
                let number = 0;
                let onTheWay = "";
                const received: string[] = [];
                const read = (count: number): void => {
                    const lines = onTheWay.split("\n").slice(0, -1).slice(0, count);
                    received.push(...lines);
                    onTheWay = onTheWay.slice(lines.join("\n").length + (lines.length > 0 ? 1 : 0));
                };
                for (const each of [...steps, { kind: "cut" as const }]) {
                    if (each.kind === "add") {
                        add(journal, Array.from({ length: each.lines }, () => `${number++}\n`).join(""), each.lines);
                    } else if (each.kind === "read") read(each.frames);
                    else if (each.kind === "acknowledge") expect(journal.acknowledge(received.length)).to.equal(true);
                    else {
                        onTheWay = "";
                        expect(journal.canRewind(received.length)).to.equal(true);
                        journal.rewind(received.length, "\n");
                    }
                    onTheWay += written(journal);
                    expect(journal.messages).to.be.at.least(number - received.length);
                    expect(journal.bytes - journal.waiting).to.be.below(bounds.maxBytes + 4 * 4);
                }
                for (let turns = 0; turns < 200 && received.length < number; turns++) {
                    read(1000);
                    journal.acknowledge(received.length);
                    onTheWay += written(journal);
                }
                expect(received).to.deep.equal(Array.from({ length: number }, (_, n) => String(n)));
                expect(journal).to.include({ bytes: 0, waiting: 0, messages: 0 });
            }),
        );
    });

    it("gives large memory back when no write and no replay needs it, whatever is cut and acknowledged", () => {
        const SIZE = 150_000;
        const HALF = SIZE / 2;
        const real = new net.Socket(); // one that is known to release bytes
        /** Returns two frames of bytes that have a number. */
        const numbered = (number: number): Buffer => {
            const bytes = allocateLarge(SIZE).subarray(0, SIZE).fill(number);
            for (const start of [0, HALF]) bytes.writeUInt32LE(HALF - $.PREFIX, bytes.writeUInt16LE($.MARK, start));
            return bytes;
        };
        const step = fc.record({
            kind: fc.constantFrom("add", "add", "accept", "accept", "fail", "acknowledge", "acknowledge", "cut"),
            argument: fc.nat(6),
        });
        const memories = new Set<ArrayBufferLike>();
        let additions = 0;
        fc.assert(
            fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
                const journal = create({ maxBytes: 4 * SIZE, maxMessages: Infinity });
                let added = 0;
                let written = 0;
                let pending: { bytes: Buffer; number: number; memory: MemoryReturn }[] = [];
                /** Writes to earlier sockets, which still need the bytes. Their results are not known. */
                const abandoned: typeof pending = [];
                for (const { kind, argument } of steps) {
                    const received = Math.min(journal.acknowledged + argument, 2 * written);
                    if (kind === "add") {
                        const bytes = numbered(++added);
                        additions += 1;
                        memories.add(bytes.buffer);
                        journal.add(bytes, 2, 2, SIZE, socket, undefined);
                    } else if (kind === "acknowledge") journal.acknowledge(received);
                    else if (kind === "cut") {
                        abandoned.push(...pending);
                        pending = [];
                        journal.rewind(received, "\n");
                    } else pending.shift()?.memory.settle(real, kind === "fail" ? notConnectedError() : undefined);
                    for (let entry; (entry = journal.next());) {
                        const bytes = entry.data as Buffer;
                        const number = entry.end / 2;
                        written = Math.max(written, number);
                        expect(bytes.at(-1)).to.equal(number);
                        pending.push({ bytes, number, memory: new MemoryReturn(bytes, real, entry) });
                    }
                    for (const { bytes, number } of [...pending, ...abandoned]) expect(bytes.at(-1)).to.equal(number);
                }
            }),
        );
        expect(memories.size).to.be.below(additions); // some was used again
    });
});
