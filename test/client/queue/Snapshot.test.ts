import { expect } from "chai";
import type { SockhopClient, SockhopServer } from "../../../src";
import type { Classes } from "../../../src/codec/classes";
import { ObjectBuffer } from "../../../src";
import { SnapshotEncoder } from "../../../src/client/queue/Snapshot";
import { client, placeOf, server } from "../../support/pair";
import { TestFormat } from "../../support/TestWire";

/** Classes of the sender. Their code must not run while a message waits. */
// eslint-disable-next-line @typescript-eslint/no-namespace -- both ends have classes of these names
namespace own {
    export class Amount {
        static calls = 0;
        constructor(readonly cents: number) {}
        toJSON(): unknown {
            Amount.calls += 1;
            return { value: this.cents };
        }
        static fromJSON(): never {
            throw new Error("called at the sender");
        }
    }
    export class Degrees {
        constructor(readonly celsius: number) {}
        toJSON(): unknown {
            return [this.celsius];
        }
    }
    export class Code {
        toJSON(): unknown {
            return "abc";
        }
    }
    export class Point {
        self?: Point;
        constructor(
            readonly x: number,
            readonly y: number,
        ) {}
    }
    export class Unknown {
        constructor(readonly inner: unknown) {}
    }
    export class List extends Array<unknown> {}
    export class Failure extends Error {}
    export class Scores extends Map<string, number> {
        static fromJSON(): never {
            throw new Error("called at the sender");
        }
    }
}

/** The same names at the receiver. */
// eslint-disable-next-line @typescript-eslint/no-namespace -- both ends have classes of these names
namespace peer {
    export class Amount {
        constructor(readonly cents: number) {}
        static fromJSON(data: { value: number }): Amount {
            return new Amount(data.value);
        }
    }
    export class Degrees {
        constructor(readonly celsius: number) {}
        static fromJSON([celsius]: [number]): Degrees {
            return new Degrees(celsius);
        }
    }
    export class Code {
        constructor(readonly text: string) {}
        static fromJSON(text: string): Code {
            return new Code(text);
        }
    }
    export class Point {
        declare self?: Point;
        declare x: number;
    }
    export class Unknown {
        declare inner: unknown;
    }
    export class List extends Array<unknown> {}
    export class Failure extends Error {}
    export class Scores extends Map<string, number> {
        static fromJSON(data: Map<string, number>): Scores {
            return new Scores(data);
        }
    }
}

const { Unknown: _notRegistered, ...OWN } = own;

/** Ends of which the client waits, with the options of each. */
async function ends(
    codec: boolean,
    options: object,
): Promise<{ s: SockhopServer; c: SockhopClient; connect: () => Promise<unknown> }> {
    const s = server(codec ? { codec: "binary", classes: { ...peer } as unknown as Classes } : {});
    await s.listen();
    const c = client({ codec: "binary", classes: OWN as unknown as Classes, ...placeOf(s), ...options });
    return { s, c, connect: () => c.connect() };
}

const WAITS: readonly (readonly [string, boolean])[] = [
    ["in the offline queue", true],
    ["for the codec", false],
];

for (const [where, isOffline] of WAITS) {
    describe(`A request that waits ${where}`, () => {
        /** What a server gets of a value. */
        async function arrived(value: unknown, codec = true): Promise<{ data: unknown; type: string }> {
            const { s, c, connect } = await ends(codec, isOffline ? { queue: true } : {});
            const received = new Promise<{ data: unknown; type: string }>((resolve) => {
                s.on("request", ({ data, type }, response) => {
                    resolve({ data: data as unknown, type });
                    void response.send(1);
                });
            });
            if (!isOffline) await connect();
            const answer = c.ask(value);
            if (isOffline) await connect();
            expect(await answer).to.equal(1);
            return received;
        }

        it("runs no fromJSON() of the sender, and each toJSON() once", async () => {
            own.Amount.calls = 0;
            const { data } = await arrived({ a: new own.Amount(5), b: [new own.Amount(6)] });
            expect(data).to.deep.equal({ a: new peer.Amount(5), b: [new peer.Amount(6)] });
            expect(own.Amount.calls).to.equal(2);
        });

        it("arrives with its classes, as it would without waiting", async () => {
            const { data, type } = await arrived(new own.Amount(7));
            expect([data, type]).to.deep.equal([new peer.Amount(7), "Amount"]);
            const values = await arrived([new own.Degrees(1.5), new own.Code(), new own.Point(1, 2)]);
            expect(values.type).to.equal("Array");
            const [degrees, code, point] = values.data as [unknown, unknown, peer.Point];
            expect([degrees, code]).to.deep.equal([new peer.Degrees(1.5), new peer.Code("abc")]);
            expect(point).to.be.instanceOf(peer.Point).and.include({ x: 1, y: 2 });
            expect((await arrived(new own.Degrees(2))).data).to.deep.equal(new peer.Degrees(2));
            expect((await arrived(new own.Code())).data).to.deep.equal(new peer.Code("abc"));
        });

        it("arrives with the class of a result of toJSON(), which is not the type of the message", async () => {
            const scores = new own.Scores([["a", 1]]);
            const { data, type } = await arrived({ toJSON: () => scores });
            expect(type).to.equal("Object");
            expect(data).to.be.instanceOf(peer.Scores);
            expect([...(data as peer.Scores)]).to.deep.equal([["a", 1]]);
        });

        it("arrives with a class that only the receiver has", async () => {
            const { data } = await arrived([new own.Unknown(new own.Unknown(1))]);
            const [outer] = data as [peer.Unknown];
            expect(outer).to.be.instanceOf(peer.Unknown);
            expect(outer.inner).to.be.instanceOf(peer.Unknown);
        });

        it("can contain subclasses of built-in classes, and itself", async () => {
            const point = new own.Point(1, 2);
            point.self = point;
            const list = new own.List();
            list.push(point, list);
            const { data } = await arrived([list, new own.Failure("no"), point, list]);
            const [first, failure, again, same] = data as [peer.List, Error, peer.Point, unknown];
            expect(first).to.be.instanceOf(peer.List);
            expect(first[1]).to.equal(first);
            expect(same).to.equal(first);
            expect(again).to.equal(first[0]).and.to.be.instanceOf(peer.Point);
            expect(again.self).to.equal(again);
            expect(failure).to.be.instanceOf(peer.Failure).with.property("message", "no");
        });

        it("keeps values of built-in classes, and their types", async () => {
            for (const value of [Buffer.from("a"), new Map([[1, new Date(2)]]), new Set([3n]), new Date(4), 5n, "6"]) {
                const { data, type } = await arrived(value);
                expect([data, type]).to.deep.equal([value, value.constructor.name]);
            }
        });

        it("arrives with the type of the program, which is the name of a class", async () => {
            const cycle: { me?: unknown } = {};
            cycle.me = cycle;
            const { s, c, connect } = await ends(true, isOffline ? { queue: true } : {});
            s.handle("Point", (point: { me?: unknown }) => [point instanceof peer.Point, point.me === point]);
            if (!isOffline) await connect();
            const answer = c.ask(cycle, { type: "Point" });
            if (isOffline) await connect();
            expect(await answer).to.deep.equal([true, true]);
        });

        it("can contain itself if the class of its type has fromJSON()", async () => {
            const cycle: { me?: unknown } = {};
            cycle.me = cycle;
            const { s, c, connect } = await ends(true, isOffline ? { queue: true } : {});
            s.handle("Amount", (amount) => amount instanceof peer.Amount);
            if (!isOffline) await connect();
            const answer = c.ask(cycle, { type: "Amount" });
            if (isOffline) await connect();
            expect(await answer).to.equal(true);
        });

        it("arrives as JSON at a server without the codec", async () => {
            const { data, type } = await arrived(new own.Amount(7), false);
            expect([data, type]).to.deep.equal([{ value: 7 }, "Amount"]);
            const { data: nested } = await arrived([new own.Degrees(1), new own.Unknown(new own.Code())], false);
            expect(nested).to.deep.equal([[1], { inner: "abc" }]);
        });
    });
}

describe("A request that waits, with a codec of the program", () => {
    it("runs no fromJSON() of the sender", async () => {
        const codec = {
            name: "own",
            encode: (value: unknown) => Buffer.from(JSON.stringify(value)),
            decode: (bytes: Buffer) => JSON.parse(bytes.toString()) as unknown,
        };
        const s = server({ codec, classes: { Amount: peer.Amount } });
        await s.listen();
        s.handle("Amount", (amount: peer.Amount) => amount.cents);
        const c = client({ codec, classes: { Amount: own.Amount }, queue: true, ...placeOf(s) });
        const answer = c.ask(new own.Amount(8));
        await c.connect();
        expect(await answer).to.equal(8);
    });
});

describe("A message that waits for the codec", () => {
    it("is refused if there is no memory for its frame", () => {
        const format = new TestFormat();
        format.encodeShared = () => {
            throw new RangeError("Array buffer allocation failed");
        };
        const snapshots = new SnapshotEncoder(format, new ObjectBuffer().json);
        expect(() => snapshots.encodeMessage({})).to.throw(RangeError);
    });
});
