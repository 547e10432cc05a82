import { expect } from "chai";
import { once } from "node:events";
import { Readable } from "node:stream";
import { SockhopError, SockhopResponsePacket, SockhopResponseReadableStream } from "../../../src";
import { turns } from "../../support/eventLoop";
import { rejection } from "../../support/pair";
import { uncaught, unhandled } from "../../support/rejections";

function packet(data: unknown, more: Partial<SockhopResponsePacket> = {}): SockhopResponsePacket {
    return new SockhopResponsePacket({ uuid: "u", data, ...more });
}

/** A stream with this number of received packets. */
function filled(...data: unknown[]): SockhopResponseReadableStream {
    const stream = new SockhopResponseReadableStream();
    for (const each of data) stream.receive_packet(packet(each));
    return stream;
}

describe("SockhopResponseReadableStream", () => {
    const ERROR = new SockhopError("No reply arrived within the timeout", "ERR_RESPONSE_TIMEOUT");

    it("has the uuid of its request", () => {
        expect(SockhopResponseReadableStream.from_request({ uuid: "u" }).uuid).to.equal("u");
        expect(new SockhopResponseReadableStream().uuid).to.have.length(36);
    });

    describe("events", () => {
        it("deliver packets in separate ticks, and then the end", () => {
            const stream = new SockhopResponseReadableStream();
            const log: unknown[] = [];
            stream.on("data", (data, type) => log.push([data, type]));
            stream.on("end", (error) => log.push(["end", error, stream.ended]));
            stream.receive_packet(packet("a"));
            stream.receive_packet(packet(null, { last: true }));
            stream.receive_packet(packet("late"));
            stream.end();
            expect(log).to.deep.equal([
                ["a", "String"],
                [null, "Object"],
                ["end", undefined, true],
            ]);
        });

        it("deliver packets that arrived before a listener was added", async () => {
            const stream = filled(1, 2);
            stream.end(ERROR);
            const log: unknown[] = [];
            stream.on("data", (data) => log.push(data));
            await new Promise<void>((resolve) => {
                stream.on("end", (error) => {
                    log.push(error);
                    resolve();
                });
            });
            expect(log).to.deep.equal([1, 2, ERROR]);
        });

        it("continue when a handler throws, and report the error as uncaught", async () => {
            const stream = new SockhopResponseReadableStream();
            let ended = false;
            stream.on("data", () => {
                throw new Error("mine");
            });
            stream.on("end", () => (ended = true));
            const error = uncaught();
            stream.receive_packet(packet(1, { last: true }));
            expect(ended).to.equal(true);
            expect(await error).to.have.property("message", "mine");
        });
    });

    describe("next()", () => {
        it("resolves to the next packet, and ends the stream in a later tick", async () => {
            const stream = new SockhopResponseReadableStream();
            const next = stream.next();
            stream.receive_packet(packet("a"));
            expect(await next).to.deep.equal({ data: "a", type: "String" });
            expect(stream.ended).to.equal(true);
        });

        it("resolves to a packet that has arrived", async () => {
            expect(await filled("a").next()).to.deep.equal({ data: "a", type: "String" });
        });

        it("can be called for each packet with keep_open", async () => {
            const stream = filled("a", "b");
            stream.receive_packet(packet("c", { last: true }));
            const all = [];
            for (let n = 0; n < 3; n++) all.push((await stream.next({ keep_open: true })).data as unknown);
            expect(all).to.deep.equal(["a", "b", "c"]);
            expect(await rejection(stream.next())).to.have.property("code", "ERR_RESPONSE_END");
        });

        it("rejects with the error of the stream, after the packets that arrived before", async () => {
            const stream = filled("a");
            const [first, second] = [stream.next({ keep_open: true }), rejection(stream.next({ keep_open: true }))];
            stream.end(ERROR);
            expect((await first).data).to.equal("a");
            expect(await second).to.equal(ERROR);
            expect(await rejection(stream.next())).to.equal(ERROR);
        });

        it("resolves to the empty packet of a response that is only ended, as in 1.8, but not with keep_open", async () => {
            const only = new SockhopResponseReadableStream();
            const acknowledged = only.next();
            only.receive_packet(packet({}, { last: true, empty: true }));
            expect(await acknowledged).to.deep.equal({ data: {}, type: "Object" });
            const more = new SockhopResponseReadableStream();
            const next = rejection(more.next({ keep_open: true }));
            more.receive_packet(packet({}, { last: true, empty: true }));
            expect(await next).to.have.property("code", "ERR_RESPONSE_END");
        });

        it("rejects when the stream is ended at this end", async () => {
            const stream = new SockhopResponseReadableStream();
            const next = rejection(stream.next());
            stream.end();
            expect(await next).to.have.property("code", "ERR_RESPONSE_END");
        });

        it("emits no events without their listeners", async () => {
            const stream = new SockhopResponseReadableStream();
            const heard: unknown[] = [];
            stream.on("data", (data) => heard.push(data));
            const next = stream.next();
            stream.receive_packet(packet("a"));
            expect([(await next).data, heard]).to.deep.equal(["a", ["a"]]);
        });
    });

    describe("all()", () => {
        it("resolves to all packets, before and after the call, and that of end()", async () => {
            const stream = filled("a");
            const all = stream.all();
            stream.receive_packet(packet("b"));
            stream.receive_packet(packet({}, { last: true, empty: true }));
            expect(await all).to.deep.equal([
                { data: "a", type: "String" },
                { data: "b", type: "String" },
                { data: {}, type: "Object" },
            ]);
        });

        it("resolves after the stream has ended", async () => {
            const stream = filled("a");
            stream.end();
            expect(await stream.all()).to.deep.equal([{ data: "a", type: "String" }]);
            expect(await stream.all()).to.deep.equal([]);
        });

        it("resolves to the packets so far when the program ends the stream, as in 1.8", async () => {
            const stream = filled("a");
            const all = stream.all();
            stream.end();
            expect(await all).to.deep.equal([{ data: "a", type: "String" }]);
        });

        it("rejects when the stream fails", async () => {
            const stream = filled("a");
            const all = rejection(stream.all());
            stream.receive_failure(ERROR);
            expect(await all).to.equal(ERROR);
        });
    });

    describe("for await", () => {
        it("yields each packet but the empty one", async () => {
            const stream = filled("a", "b");
            stream.receive_packet(packet({}, { last: true, empty: true }));
            const all = [];
            for await (const { data } of stream) all.push(data as unknown);
            expect(all).to.deep.equal(["a", "b"]);
        });

        it("ends the stream on a break", async () => {
            const finished: boolean[] = [];
            const stream = new SockhopResponseReadableStream({ released: (how) => finished.push(how) });
            stream.receive_packet(packet("a"));
            for await (const { data } of stream) {
                expect(data).to.equal("a");
                break;
            }
            expect([stream.ended, finished]).to.deep.equal([true, [false]]);
        });

        it("ends the stream at once with return(), before the first packet and while it waits for one", async () => {
            for (const begin of [false, true]) {
                const finished: boolean[] = [];
                const stream = new SockhopResponseReadableStream({ released: (how) => finished.push(how) });
                const iterator = stream[Symbol.asyncIterator]();
                const pending = begin ? iterator.next() : undefined;
                const left = iterator.return?.();
                expect([stream.ended, finished]).to.deep.equal([true, [false]]);
                const over = { done: true, value: undefined };
                expect(await Promise.all([pending ?? over, left, iterator.next()])).to.deep.equal([over, over, over]);
            }
        });

        it("yields nothing after return(), and leaves packets that have arrived to others", async () => {
            const stream = filled("a", "b");
            const iterator = stream[Symbol.asyncIterator]();
            expect((await iterator.next()).value).to.deep.equal({ data: "a", type: "String" });
            await iterator.return?.();
            expect((await iterator.next()).done).to.equal(true);
            expect(await stream.all()).to.deep.equal([{ data: "b", type: "String" }]);
        });

        it("rejects once when the stream fails, without an unhandled rejection", async () => {
            const reasons = unhandled();
            const stream = new SockhopResponseReadableStream();
            const iterator = stream[Symbol.asyncIterator]();
            const next = iterator.next();
            stream.end(ERROR);
            await turns(3);
            expect(await rejection(next)).to.equal(ERROR);
            expect((await iterator.next()).done).to.equal(true);
            expect(reasons).to.deep.equal([]);
        });

        it("ends the stream when a Readable of it is destroyed", async () => {
            const stream = new SockhopResponseReadableStream();
            const readable = Readable.from(stream);
            const chunks: unknown[] = [];
            const first = once(readable, "data");
            readable.on("data", (chunk) => chunks.push(chunk));
            stream.receive_packet(packet("a"));
            await first;
            readable.destroy();
            await once(readable, "close");
            expect([stream.ended, chunks]).to.deep.equal([true, [{ data: "a", type: "String" }]]);
        });

        it("completes when the program ends the stream elsewhere", async () => {
            const stream = filled("a");
            const all: unknown[] = [];
            const loop = (async () => {
                for await (const { data } of stream) all.push(data);
            })();
            await turns(1);
            stream.end();
            await loop;
            expect(all).to.deep.equal(["a"]);
        });

        it("throws when the stream fails, after the packets that arrived before", async () => {
            const stream = filled("a");
            stream.end(ERROR);
            const all: unknown[] = [];
            const loop = (async () => {
                for await (const { data } of stream) all.push(data);
            })();
            expect(await rejection(loop)).to.equal(ERROR);
            expect(all).to.deep.equal(["a"]);
        });
    });

    it("reject without an unhandled rejection, whatever has ended the stream", async () => {
        const reasons = unhandled();
        for (const error of [undefined, new SockhopError("late", "ERR_RESPONSE_TIMEOUT")]) {
            const stream = new SockhopResponseReadableStream();
            const reads = [stream.next(), stream.next({ keep_open: true }), ...(error ? [stream.all()] : [])];
            stream.end(error);
            void stream.next();
            await turns(3);
            const code = error?.code ?? "ERR_RESPONSE_END";
            for (const read of reads) expect(await rejection(read)).to.have.property("code", code);
        }
        expect(reasons).to.deep.equal([]);
    });

    it("notifies its owner once when it ends", () => {
        for (const [end, how] of [
            [
                (stream: SockhopResponseReadableStream) => {
                    stream.end();
                },
                false,
            ],
            [
                (stream: SockhopResponseReadableStream) => {
                    stream.receive_packet(packet(1, { last: true }));
                },
                true,
            ],
            [
                (stream: SockhopResponseReadableStream) => {
                    stream.receive_failure(ERROR);
                },
                true,
            ],
        ] as const) {
            const finished: boolean[] = [];
            const stream = new SockhopResponseReadableStream({ released: (value) => finished.push(value) });
            end(stream);
            stream.end(ERROR);
            expect(finished).to.deep.equal([how]);
        }
    });
});
