import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { classRegistry } from "../../../src/codec/classes";
import type { Message } from "../../../src/protocol/Message";
import { commit, decoded, json, sent, taken, wires } from "./support";
import { assertSame } from "./values";

/** Runs with a method toJSON() of a built-in class. */
function withToJson(prototype: object, toJSON: () => unknown, run: () => void): void {
    const own = Object.getOwnPropertyDescriptor(prototype, "toJSON");
    Object.defineProperty(prototype, "toJSON", { value: toJSON, configurable: true, writable: true });
    try {
        run();
    } finally {
        if (own) Object.defineProperty(prototype, "toJSON", own);
        else Reflect.deleteProperty(prototype, "toJSON");
    }
}

class Copied {
    a = 1;
    secret?: number = 2;
    toJSON(): Copied {
        const copy = Object.assign(new Copied(), this);
        delete copy.secret;
        return copy;
    }
}

class ApiError extends Error {
    config = { f: () => 1 };
    toJSON(): object {
        return { message: this.message };
    }
}

class Entries extends Map<unknown, unknown> {
    toJSON(): unknown {
        return [...this];
    }
}

class Year extends Date {
    override toJSON(): string {
        return "1970";
    }
}

class Text extends Array<number> {
    toJSON(): string {
        return "text";
    }
}

const values: Record<string, () => unknown> = {
    "that returns a copy of its own class": () => new Copied(),
    "that returns a copy of the object": () => ({
        a: 1,
        toJSON() {
            return { ...this, b: 2, toJSON: 3 };
        },
    }),
    "that returns a copy of the object with the same method": () => {
        const toJSON = { enumerable: false, value: () => Object.defineProperty({ a: 1, b: 2 }, "toJSON", toJSON) };
        return Object.defineProperty({ a: 1 }, "toJSON", toJSON);
    },
    "that returns a copy of the object with its toJSON()": () => ({
        a: 1,
        toJSON() {
            return { ...this, b: 2 };
        },
    }),
    "that is a member, and returns the object": () => ({
        a: 1,
        toJSON() {
            return this;
        },
        b: 2,
    }),
    "that returns an object with many members and a toJSON()": () => {
        const copy = Object.fromEntries(Array.from({ length: 70 }, (_, n) => [`m${n}`, n]));
        return { toJSON: () => ({ ...copy, toJSON: () => 1 }) };
    },
    "that returns the object": () =>
        Object.defineProperty({ a: [1] }, "toJSON", {
            value(this: object) {
                return this;
            },
        }),
    "of an error": () => new ApiError("failed"),
    "of a subclass of Map": () => new Entries([[1, { a: 2 }]]),
    "of a subclass of Date": () => new Year(0),
    "of a subclass of Array": () => Text.of(1),
    "of a Date alone": () => Object.assign(new Date(0), { toJSON: () => "own" }),
    "of a Map alone": () => Object.assign(new Map([[1, 2]]), { toJSON: () => "own" }),
    "of an array alone": () => Object.assign([1], { toJSON: () => "own" }),
    "of a Buffer alone": () => Object.assign(Buffer.from("a"), { toJSON: () => ({ own: true }) }),
    "of a RegExp, bound": () => Object.assign(/a/, { toJSON: (() => "own").bind(null) }),
    "of a boxed number": () => Object.assign(Object(5) as object, { toJSON: () => 6 }),
    "of an object without a prototype": () => Object.assign(Object.create(null) as object, { toJSON: () => [1] }),
};

describe("codec binary › toJSON()", () => {
    for (const [name, value] of Object.entries(values)) {
        it(`${name} is called once, as in JSON`, () => {
            for (const sentValue of [value(), [value()], { a: value(), b: [value(), value()] }]) {
                assertSame(sent(sentValue), JSON.parse(JSON.stringify(sentValue)));
            }
        });
    }

    it("cannot return a function, whatever its key is", () => {
        class Bad {
            toJSON(): unknown {
                return () => 1;
            }
        }
        for (const value of [{ toJSON: new Bad(), b: 2 }, { toJSON: { toJSON: () => () => 1 } }, { a: new Bad() }]) {
            expect(() => sent(value)).to.throw(/a function, at \.(toJSON|a)$/);
        }
    });

    it("is called once for each value, with its key", () => {
        const keys: string[] = [];
        class Keyed {
            toJSON(key: string): Keyed {
                keys.push(key);
                return new Keyed();
            }
        }
        const map = new Map([[1, new Keyed()]]);
        sent({
            a: new Keyed(),
            b: [0, new Keyed(), Object.assign(new Map(), { toJSON: (key: string) => new Keyed().toJSON(key) })],
            map,
        });
        sent(new Keyed());
        expect(keys).to.deep.equal(["a", "1", "2", "", ""]);
    });

    it("of an instance that is there twice is called once, if the result is an object", () => {
        let calls = 0;
        class Counted {
            constructor(readonly result: unknown) {}
            toJSON(): unknown {
                calls += 1;
                return this.result;
            }
        }
        const object = new Counted({ a: 1 });
        const [first, second] = sent([object, object]) as unknown[];
        expect(first).to.deep.equal({ a: 1 }).and.equal(second);
        expect(calls).to.equal(1);
        const text = new Counted("b");
        expect(sent([text, text])).to.deep.equal(["b", "b"]);
        expect(calls).to.equal(3);
    });

    for (const count of [0, 100]) {
        it(`is called for an instance that is also a result of toJSON(), with ${count} other objects`, () => {
            class Account {
                secret = 1;
                toJSON(): object {
                    return { open: true };
                }
            }
            const account = new Account();
            const others = Array.from({ length: count }, (_, n) => ({ n }));
            const value = [others, { toJSON: () => account }, account, [account]]; // its own is not called first
            expect(sent(value)).to.deep.equal(JSON.parse(JSON.stringify(value)));
        });
    }

    it("of all values of a class is called", () => {
        withToJson(
            Map.prototype,
            () => "a Map",
            () => {
                assertSame(sent([new Map()]), ["a Map"]);
            },
        );
        withToJson(
            Date.prototype,
            () => "a Date",
            () => {
                assertSame(sent({ date: new Date(5) }), { date: "a Date" });
            },
        );
        withToJson(
            Array.prototype,
            () => 5,
            () => {
                assertSame(sent({ a: [1] }), { a: 5 });
            },
        );
    });

    it("of BigInts is called", () => {
        const toText = function (this: bigint): string {
            return String(this);
        };
        withToJson(BigInt.prototype, toText, () => {
            assertSame(sent([1n, { a: 2n }, new Set([3n])]), ["1", { a: "2" }, new Set(["3"])]);
            assertSame(sent({ toJSON: () => 5n }), 5n);
            const { client, server } = wires();
            commit(client, client.encodeMessage(1n));
            expect(decoded(server, taken(client))[0]).to.include({ type: "BigInt", data: "1" });
        });
        assertSame(sent(1n), 1n);
    });

    it("of Node.js is not called for values of frames", () => {
        class Day extends Date {}
        const foreign = runInNewContext("new Date(5)") as Date;
        const value = [new Date(5), new Day(5), foreign, Buffer.from("a"), new URL("http://a.b")];
        assertSame(String(sent(value)), String([new Date(5), new Day(5), new Date(5), "a", "http://a.b/"]));
        const copy = sent(value) as unknown[];
        for (const n of [0, 1, 2]) expect(copy[n]).to.be.instanceOf(Date);
        expect(copy[3]).to.be.instanceOf(Buffer);
        expect(copy[4]).to.be.instanceOf(URL);
        assertSame(sent({ toJSON: () => new Date(5) }), new Date(5));
    });

    it("keeps the type of a message", () => {
        for (const value of Object.values(values)) {
            const { client, server } = wires();
            commit(client, client.encodeMessage(value()));
            const [message] = decoded(server, taken(client)) as [Message];
            expect(message.type).to.equal((json.decode(json.encodeMessage(value()).trimEnd()) as Message).type);
        }
    });

    describe("of registered classes", () => {
        class Shared {
            constructor(readonly data: object) {}
            toJSON(): object {
                return this.data;
            }
        }
        class Money {
            constructor(readonly cents: number) {}
            toJSON(): Money {
                return new Money(this.cents);
            }
            static fromJSON(data: { cents: number }): Money {
                if (data instanceof Money) throw new TypeError("is made already");
                return new Money(data.cents);
            }
        }
        class Point {
            constructor(readonly x: number) {}
        }
        const options = { classes: classRegistry([Shared, Money, Point]) };

        it("can return an instance of the same class", () => {
            const copy = sent([new Money(5)], options) as Money[];
            expect(copy[0]).to.be.instanceOf(Money).and.include({ cents: 5 });
        });

        it("can return an instance of another class", () => {
            const copy = sent([{ toJSON: () => new Point(5) }], options) as Point[];
            expect(copy[0]).to.be.instanceOf(Point).and.include({ x: 5 });
        });

        for (const count of [0, 100]) {
            it(`can return an object that is elsewhere in the message, too, with ${count} other objects`, () => {
                const others = Array.from({ length: count }, (_, n) => ({ n }));
                const data = { a: 1 };
                const shared = new Shared(data);
                const value = { others, first: data, shared, again: shared, second: new Shared(data), last: data };
                const copy = sent(value, options) as typeof value;
                for (const part of [copy.first, copy.last]) {
                    expect(Object.getPrototypeOf(part)).to.equal(Object.prototype);
                    expect(part).to.deep.equal({ a: 1 });
                }
                expect(copy.shared).to.be.instanceOf(Shared).and.include({ a: 1 });
                expect(copy.again).to.equal(copy.shared);
                expect(copy.second).to.be.instanceOf(Shared).and.not.equal(copy.shared);
            });

            it(`can return an object that contains the instance, with ${count} other objects`, () => {
                const others = Array.from({ length: count }, (_, n) => ({ n }));
                const data: { self?: Shared } = {};
                data.self = new Shared(data);
                const copy = sent({ others, a: data.self }, options) as { a: { self: unknown } };
                expect(copy.a).to.be.instanceOf(Shared);
                expect(copy.a.self).to.equal(copy.a);
            });
        }
    });
});
