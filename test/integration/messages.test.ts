import { expect } from "chai";
import { once } from "node:events";
import type { ReceiveMeta, SockhopClient, SockhopServer } from "../../src";
import { errorsOf, parted, valuesOf } from "../support/events";
import { pair, raw, received, rejection, server, socketPath } from "../support/pair";
import { uncaught } from "../support/rejections";

class Widget {
    a = 1;
    s = "x\ny";
    list = [null, "é→😀", { deep: true }];
}

/** The sent value, the received value, and its type: as in sockhop 1.x. */
const VALUES: [sent: unknown, arrives: unknown, type: string][] = [
    ["str", "str", "String"],
    [5, 5, "Number"],
    [true, true, "Boolean"],
    [0, 0, "Number"],
    ["", "", "String"],
    [false, false, "Boolean"],
    [null, null, "Object"],
    [[1, 2], [1, 2], "Array"],
    [{ a: 1, u: undefined }, { a: 1 }, "Object"],
    [new Widget(), { ...new Widget() }, "Widget"],
    [new Date(0), "1970-01-01T00:00:00.000Z", "Date"],
    [Buffer.from("hi"), { type: "Buffer", data: [104, 105] }, "Buffer"],
    [new Uint8Array([7]), { "0": 7 }, "Uint8Array"],
    [new Map([[1, 2]]), {}, "Map"],
    [NaN, null, "Number"],
    [Object.create(null), {}, "Object"],
    [new (class {})(), {}, ""],
    [{ constructor: null }, { constructor: null }, "Object"],
];

const UNSENDABLE = [undefined, () => 1, Symbol("s"), 1n, Promise.resolve(1), { deep: 1n }, cycle()];

function cycle(): object {
    const value: { self?: object } = {};
    value.self = value;
    return value;
}

function arrivals(end: SockhopClient | SockhopServer, count: number): Promise<[unknown, string][]> {
    const all: [unknown, string][] = [];
    return new Promise((resolve) => {
        end.on("receive", (value: unknown, { type }: { type: string }) => {
            if (all.push([value, type]) === count) resolve(all);
        });
    });
}

describe("client and server", () => {
    for (const transport of ["TCP", "a Unix domain socket"]) {
        describe(`over ${transport}`, () => {
            const place = (): { path?: string } => (transport === "TCP" ? {} : { path: socketPath() });
            const expected = VALUES.map(([, value, type]) => [value, type]);

            it("transfer any value to the server", async () => {
                const { s, c, socket } = await pair(place());
                const arrived = arrivals(s, VALUES.length);
                s.once("receive", (_, meta) => {
                    expect(meta).to.have.all.keys("type", "socket", "session");
                    expect([meta.type, meta.socket === socket, meta.session]).to.deep.equal([
                        "String",
                        true,
                        s.sessions[0],
                    ]);
                });
                for (const [value] of VALUES) expect(await c.send(value)).to.equal(undefined);
                expect(await arrived).to.deep.equal(expected);
            });

            it("transfer any value to one client, or to all", async () => {
                const { s, c, socket } = await pair(place());
                const arrived = arrivals(c, 2 * VALUES.length);
                c.once("receive", (_, meta) => {
                    expect(meta).to.deep.equal({ type: "String" });
                });
                for (const [value] of VALUES) expect(await s.send(socket, value)).to.equal(undefined);
                for (const [value] of VALUES) await s.sendall(value);
                expect(await arrived).to.deep.equal([...expected, ...expected]);
            });

            it("transfer any value by remote callback, in both directions", async () => {
                const { s, c, socket } = await pair(place());
                for (const end of [s, c]) {
                    end.on("receive", (n: number, { callback }: ReceiveMeta) => {
                        callback?.(VALUES[n]![0]);
                    });
                }
                for (const n of VALUES.keys()) {
                    const [, value, type] = VALUES[n]!;
                    expect(
                        await new Promise((resolve) =>
                            c.send(n, (...answer) => {
                                resolve(answer);
                            }),
                        ),
                    ).to.deep.equal([value, { type }]);
                    expect(
                        await new Promise((resolve) =>
                            s.send(socket, n, (...answer) => {
                                resolve(answer);
                            }),
                        ),
                    ).to.deep.equal([value, { type }]);
                }
            });
        });
    }

    it("reject values that cannot be sent, in both directions, and continue", async () => {
        const { s, c, socket } = await pair();
        for (const value of UNSENDABLE) {
            for (const refused of [
                c.send(value),
                c.send(value, () => undefined),
                s.send(socket, value),
                s.sendall(value),
            ]) {
                expect(await rejection(refused)).to.have.property("code", "ERR_BAD_DATA");
            }
        }
        const arrived = once(s, "receive");
        await c.send("still here");
        expect((await arrived)[0]).to.equal("still here");
    });

    it("reply with {} for a Promise, as 1.x does, because a peer must not cause an error", async () => {
        const { s, c } = await pair();
        s.on("receive", (_, { callback }) => callback?.(Promise.resolve(1)));
        s.on("request", (_, response) => void response.send(Promise.resolve(1)));
        expect(await new Promise((resolve) => c.send("call", resolve))).to.deep.equal({});
        expect(await c.ask("request")).to.deep.equal({});
    });

    it("keep the order of thousands of messages", async () => {
        const { s, c } = await pair();
        const numbers = Array.from({ length: 5000 }, (_, n) => n);
        const arrived = received(s, numbers.length);
        for (const n of numbers) void c.send(n);
        expect(await arrived).to.deep.equal(numbers);
    });

    it("transfer a message of many megabytes between small ones", async () => {
        const { s, c } = await pair();
        const large = { text: "é→😀".repeat(2 ** 20) };
        const arrived = received(s, 3);
        for (const value of ["before", large, "after"]) void c.send(value);
        expect(await arrived).to.deep.equal(["before", large, "after"]);
    });

    it("escape terminators in values", async () => {
        for (const [there, back] of [
            ["→", "→"],
            ["X", "YZ"],
        ] as const) {
            const { s, c } = await pair({ terminator: [there, back] }, { terminator: [back, there] });
            const value = { aXb: "→ X YZ YYZZ" };
            s.on("receive", (_, { callback }) => {
                callback?.(value);
            });
            const arrived = once(s, "receive");
            const answer = await new Promise((resolve) => c.send(value, resolve));
            expect([(await arrived)[0], answer]).to.deep.equal([value, value]);
        }
    });

    it("deliver further messages when a handler throws, and report the error as uncaught", async () => {
        const s = server();
        await s.listen();
        const socket = await raw(s);
        const values: unknown[] = [];
        const all = new Promise<void>((resolve) => {
            s.on("receive", (value) => {
                values.push(value);
                if (value === 3) resolve();
                if (value === 1) throw new Error("mine");
            });
        });
        const error = uncaught();
        socket.write([1, 2, 3].map((data) => JSON.stringify({ type: "Number", data }) + "\n").join(""));
        await all;
        expect(values).to.deep.equal([1, 2, 3]);
        expect(await error).to.have.property("message", "mine");
    });

    describe("with json peers", () => {
        it("transfer values unchanged", async () => {
            const s = server({ peer_type: "json" });
            await s.listen();
            const socket = await raw(s);
            const lines: unknown[] = [
                { x: 1 },
                [1],
                "s",
                5,
                true,
                { constructor: { name: "Evil" } },
                { constructor: null },
            ];
            const arrived = arrivals(s, lines.length);
            socket.write(lines.map((line) => JSON.stringify(line) + "\n").join(""));
            expect(await arrived).to.deep.equal([
                [{ x: 1 }, "Object"],
                [[1], "Array"],
                ["s", "String"],
                [5, "Number"],
                [true, "Boolean"],
                [{ constructor: { name: "Evil" } }, "Object"],
                [{ constructor: null }, "Object"],
            ]);
            const back = once(socket, "data");
            await s.sendall({ a: 1 });
            await s.sendall(null);
            await s.sendall(new Widget());
            expect(String((await back)[0])).to.match(/^\{"a":1\}\n/);
        });

        it("deliver null only with allow_non_objects, because it would hurt a handler for objects", async () => {
            for (const allow_non_objects of [false, true]) {
                const s = server({ peer_type: "json", allow_non_objects });
                const errors = errorsOf(s);
                await s.listen();
                const values = valuesOf(s);
                const last = parted(s);
                (await raw(s)).end('null\n{"a":1}\n');
                await last;
                expect(values).to.deep.equal(allow_non_objects ? [null, { a: 1 }] : [{ a: 1 }]);
                expect(errors.map(([code]) => code)).to.deep.equal(
                    allow_non_objects ? [] : ["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"],
                );
            }
        });

        it("deliver all objects, also those that look like messages of the library", async () => {
            const s = server({ peer_type: "json" });
            await s.listen();
            const socket = await raw(s);
            const lines = [
                { type: "SockhopPong", mine: 1 },
                { type: "SockhopPing", mine: 2 },
                { type: "x", callback_id: "y" },
                { type: "x", id: "y" },
            ];
            const arrived = received(s, lines.length);
            socket.write(lines.map((line) => JSON.stringify(line) + "\n").join(""));
            expect(await arrived).to.deep.equal(lines);
        });

        it("reject values that are not objects, unless allow_non_objects is set", async () => {
            const { s, c, socket } = await pair({ peer_type: "json" });
            for (const refused of [c.send("text"), s.send(socket, "text"), s.sendall("text")]) {
                expect(await rejection(refused)).to.have.property("code", "ERR_OBJECTBUFFER_BAD_OBJECT");
            }
            const { s: open, c: free } = await pair({ peer_type: "json", allow_non_objects: true });
            const arrived = received(open, 2);
            await free.send("text");
            free.socket!.write("no JSON\n");
            expect(await arrived).to.deep.equal(["text", "no JSON"]);
        });
    });
});
