import { types } from "node:util";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import { classRegistry } from "../../../src/codec/classes";
import { sent, wires } from "./support";
import { assertSame } from "./values";

describe("Values in frames", () => {
    const memory = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
    const same: Record<string, unknown> = {
        "an invalid date": new Date(NaN),
        "an empty object": {},
        "an object with 100 members": Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`k${n}`, n])),
        "keys with separators": { "a\0b": 1, a: { "\0": 2 } },
        "members of objects": JSON.parse('{"__proto__":{"a":1},"constructor":2,"toString":3}') as unknown,
        "a long name": { ["x".repeat(2000)]: 1 },
        "100 items": Array.from({ length: 100 }, (_, n) => ({ n, s: `${n}` })),
        "small integers": Array.from({ length: 50 }, (_, n) => n - 25),
        "large integers": Array.from({ length: 50 }, (_, n) => n * 2 ** 24),
        "integers with -0": new Array(20).fill(-0),
        holes: [, 1, , , 2, ,], // eslint-disable-line no-sparse-arrays
        "a Buffer": Buffer.from("text"),
        "a part of memory": memory.subarray(3, 5),
        "an unaligned view": new DataView(memory.buffer, 1, 3),
        "a Float64Array": new Float64Array([1.5, NaN, -0]),
        "a BigInt": [10n ** 50n, -(10n ** 50n), 0n],
        "a URL": [String(new URL("http://a.b/c?d#e"))],
    };
    for (const [name, value] of Object.entries(same)) it(`keep ${name}`, () => assertSame(sent(value), value));

    it("keep errors, with their members", () => {
        const error = Object.assign(new TypeError("bad", { cause: new RangeError("why") }), {
            code: "E_BAD",
            data: [1],
        });
        const copy = sent(error) as typeof error;
        expect(copy).to.be.instanceOf(TypeError);
        expect(copy).to.include({ name: "TypeError", message: "bad", code: "E_BAD" });
        expect(copy.cause).to.be.instanceOf(RangeError);
        expect(Object.keys(copy)).to.deep.equal(["code", "data"]);
        expect(copy.stack).not.to.contain("values.test");
        expect((sent(error, { errorStacks: true }) as Error).stack).to.equal(error.stack);
        const all = sent(new AggregateError([error], "all")) as AggregateError;
        expect(all).to.be.instanceOf(AggregateError);
        expect(all.errors[0]).to.include({ code: "E_BAD" });
        class MyError extends Error {
            override name = "MyError";
        }
        expect(sent(new MyError("x")))
            .to.be.instanceOf(Error)
            .and.include({ name: "MyError", message: "x" });
        const abort = sent(AbortSignal.abort().reason) as Error;
        expect(abort).to.be.instanceOf(Error).and.include({ name: "AbortError" });
    });

    it("become their built-in class, or plain", () => {
        class MyMap extends Map<number, number> {}
        class MyArray extends Array<number> {}
        class Widget {
            a = 1;
            #hidden = 2;
            get hidden(): number {
                return this.#hidden;
            }
        }
        const bare = Object.assign(Object.create(null) as object, { a: 1 });
        assertSame(sent([new MyMap([[1, 2]]), MyArray.from([1, 2]), new Widget(), bare]), [
            new Map([[1, 2]]),
            [1, 2],
            { a: 1 },
            { a: 1 },
        ]);
        // eslint-disable-next-line no-new-wrappers
        assertSame(sent([new Number(1), new String("s"), new Boolean(false), Object(1n)]), [1, "s", false, 1n]);
        assertSame(sent(new SharedArrayBuffer(2)), new ArrayBuffer(2));
        assertSame(sent({ a: { toJSON: (key: string) => `key ${key}` }, b: new Date(5) }), {
            a: "key a",
            b: new Date(5),
        });
        const foreign: unknown = runInNewContext("({ a: [1], m: new Map([[1, new Set([2])]]), d: new Date(5) })");
        assertSame(sent(foreign), { a: [1], m: new Map([[1, new Set([2])]]), d: new Date(5) });
        assertSame(sent(new Proxy({ a: [1] }, {})), { a: [1] });
        assertSame(sent({ [Symbol.toStringTag]: "Map", constructor: "Map", size: 5 }), { constructor: "Map", size: 5 });
        expect(types.isRegExp(sent(Object.assign(/a/g, { lastIndex: 5 })))).to.equal(true);
    });

    it("are refused with their path", () => {
        const { client } = wires();
        let deep: object = {};
        for (let n = 0; n < 20_000; n++) deep = [deep];
        const endless: object = { toJSON: () => ({ endless }) };
        const bad: [unknown, string][] = [
            [{ a: [1, { b: () => 1 }] }, "a function, at .a[1].b"],
            [{ "a b": Symbol("x") }, 'a symbol, at ["a b"]'],
            [new Map([[{}, Promise.resolve()]]), "a Promise (is await missing?), at .values()[0]"],
            [new Map([[() => 1, 1]]), "a function, at .keys()[0]"],
            [new Map([[5, new WeakMap()]]), "a WeakMap, at .get(5)"],
            [new Set([1, new WeakSet()]), "a WeakSet, at .values()[1]"],
            [{ a: new WeakRef({}) }, "a WeakRef, at .a"],
            [[new Map().keys()], "an iterator, at [0]"],
            [{ g: (function* () {})() }, "a generator, at .g"], // eslint-disable-line @typescript-eslint/no-empty-function
            [{ e: Object.assign(new Error("x"), { f: () => 1 }) }, "a function, at .e.f"],
            [Object(Symbol("x")), "a symbol"],
            [new RegExp("x".repeat(2000)), "a RegExp of more than 1024 characters"],
            [2n ** 300_000n, "a BigInt of 75001 digits"],
        ];
        for (const [value, text] of bad) {
            expect(() => client.encodeMessage(value))
                .to.throw(`This value cannot be sent: ${text}`)
                .with.property("code", "ERR_BAD_DATA");
        }
        expect(() => client.encodeMessage(deep)).to.throw("it has more than 1000 levels");
        expect(() => client.encodeMessage(endless)).to.throw("it has more than 1000 levels");
    });

    describe("are refused if they inherit from a built-in class without its content", () => {
        const classes = [
            Map,
            Set,
            Date,
            RegExp,
            Error,
            Promise,
            WeakMap,
            URL,
            ArrayBuffer,
            DataView,
            Uint8Array,
            Buffer,
        ];
        for (const { name, prototype } of classes as { name: string; prototype: object }[]) {
            const text = (path: string): RegExp => new RegExp(`inherits from .* without its content .*, at ${path}$`);
            const object = Object.create(prototype) as object;
            it(name, () => {
                expect(() => sent({ a: [prototype] })).to.throw(text("\\.a\\[0\\]"));
                if (name === "Error")
                    expect(sent(object)).to.be.instanceOf(Error); // as old programs make them
                else expect(() => sent({ a: { b: object } })).to.throw(text("\\.a\\.b"));
                assertSame(sent(Object.assign(object, { toJSON: () => 5 })), 5);
            });
        }
        for (const value of [new Map([[1, 2]]), new Date(5), Buffer.from("a"), new Error("x"), new URL("http://a.b")]) {
            it(`a Proxy of a ${value.constructor.name}`, () => {
                expect(() => sent([new Proxy(value, {})])).to.throw(/\(a Proxy of one\?\), at \[0\]$/);
            });
        }
    });

    it("are refused if a view is outside of its memory", () => {
        type Resizable = ArrayBuffer & { resize(size: number): void };
        const resizable = ArrayBuffer as unknown as new (size: number, options: object) => Resizable;
        const buffer = new resizable(8, { maxByteLength: 16 });
        const views = [new Uint8Array(buffer, 4, 4), new Float32Array(buffer, 4), new DataView(buffer, 4, 4)];
        const empty = new Uint8Array(buffer, 0, 0);
        buffer.resize(2);
        for (const view of views) expect(() => sent({ a: [view] })).to.throw(/, at \.a\[0\]$/);
        const detached = new Uint8Array(8);
        structuredClone(detached.buffer, { transfer: [detached.buffer] });
        expect(() => sent({ a: [detached] })).to.throw(/resized or transferred\?\), at \.a\[0\]$/);
        expect(sent(empty)).to.deep.equal(new Uint8Array(0));
    });

    it("keep the text of a RegExp whose own members say something else", () => {
        const copy = sent(Object.defineProperties(/a/g, { source: { value: "(" }, flags: { value: "x" } }));
        assertSame(copy, /a/g);
    });

    it("keep the bytes of a view whose own members say something else", () => {
        const view = Object.defineProperties(new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2), {
            byteOffset: { value: 3 },
            byteLength: { value: 1 },
        });
        const copy = sent(view) as DataView;
        expect([copy.byteLength, copy.getUint8(0), copy.getUint8(1)]).to.deep.equal([2, 2, 3]);
    });

    it("are refused if the stack is full", () => {
        const { client } = wires();
        const value = { "a member": [new Map([[1, { "a b": new Set([Promise.resolve()]) }]])] };
        // From the full stack on outwards, with a little more of it each time.
        const send = (): string => {
            let code: string;
            try {
                code = send();
            } catch {
                code = "";
            }
            if (code === "ERR_BAD_DATA" || code === "done") return "done";
            try {
                client.encodeMessage(value);
            } catch (error) {
                return (error as { code?: string }).code ?? "";
            }
            return "";
        };
        expect(send()).to.be.oneOf(["ERR_BAD_DATA", "done"]);
        expect(() => client.encodeMessage(value)).to.throw('a Promise (is await missing?), at ["a member"][0].get(1)');
    });

    it("have up to 1000 levels", () => {
        let deep: unknown = 1;
        for (let n = 0; n < 1000; n++) deep = n % 3 === 0 ? new Map([[1, deep]]) : n % 3 === 1 ? [deep] : { deep };
        assertSame(sent(deep), deep);
        let classes: object = {};
        class Link {
            constructor(readonly next: object) {}
        }
        for (let n = 0; n < 999; n++) classes = new Link(classes);
        sent(classes, { classes: classRegistry([Link]) });
    });

    it("keep references after more objects than are listed", () => {
        const items = Array.from({ length: 200 }, (_, n) => ({ n }));
        const value = { items, again: [...items].reverse(), self: undefined as unknown };
        value.self = value;
        assertSame(sent(value), value);
    });

    it("have the length that JSON takes from a Proxy of an array", () => {
        for (const length of [-1, 1.5, NaN, "2", null, undefined, {}, 5]) {
            const array = new Proxy([1, 2, 3], {
                get: (items, key) => (key === "length" ? length : (Reflect.get(items, key) as unknown)),
            });
            const copy = sent({ array, next: 2 }) as { array: unknown[] };
            assertSame(JSON.parse(JSON.stringify(copy)), JSON.parse(JSON.stringify({ array, next: 2 })));
        }
    });

    it("call no constructor of a class", () => {
        let calls = 0;
        class Numbers extends Array<number> {
            constructor(...items: number[]) {
                super(...items);
                calls += 1;
            }
        }
        const items = Array.from({ length: 20 }, (_, n) => n);
        const numbers = new Numbers(...items);
        const own = Object.defineProperty([...items], "constructor", { get: () => expect.fail("constructor") });
        const name = { value: Object.assign(function species() {}, { [Symbol.species]: Numbers }) }; // eslint-disable-line @typescript-eslint/no-empty-function
        assertSame(sent([numbers, own, Object.defineProperty([...items], "constructor", name)]), [
            [...items],
            [...items],
            [...items],
        ]);
        expect(calls).to.equal(1);
    });

    it("do not contain inherited members", () => {
        sent({ a: 1, b: 2 });
        Object.defineProperty(Object.prototype, "b", { value: 5, enumerable: true, configurable: true });
        const copy = sent({ a: 1 }) as object;
        Reflect.deleteProperty(Object.prototype, "b");
        expect(Object.keys(copy)).to.deep.equal(["a"]);
    });

    describe("can lose members while they are written, as for structured clone", () => {
        /** Adds a getter that removes members behind it. */
        const removing = (value: object, ...names: string[]): object => {
            const get = (): number => {
                for (const name of names) Reflect.deleteProperty(value, name);
                Object.assign(value, { late: 4 });
                return 1;
            };
            return Object.defineProperty(value, "a", { get, enumerable: true, configurable: true });
        };
        const members = (count: number): object =>
            Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}`, n]));
        const makers: Record<string, () => object> = {
            "an object": () => Object.assign(removing({}, "b", "toString"), { b: 2, toString: 3, c: 3 }),
            "an object, its last one": () => Object.assign(removing({}, "b"), { c: 3, b: undefined }),
            "an object with many members": () => Object.assign(removing({}, "m5", "m69"), members(70)),
            "an object that contains it": () => {
                const outer = { inner: {}, b: 2, c: 3 };
                const get = (): boolean => Reflect.deleteProperty(outer, "b");
                Object.defineProperty(outer.inner, "a", { get, enumerable: true });
                return outer;
            },
            "an array": () => {
                const items: unknown[] = [];
                const get = (): number => (items.length = 1);
                items.push(Object.defineProperty({}, "a", { get, enumerable: true }), 2, 3);
                return items;
            },
        };
        for (const [name, make] of Object.entries(makers)) {
            it(name, () => {
                assertSame(sent(make()), structuredClone(make()));
                assertSame(
                    sent({ first: make(), next: [{ a: 1, b: 2 }] }),
                    structuredClone({ first: make(), next: [{ a: 1, b: 2 }] }),
                );
            });
        }

        it("an Error, and an instance of a class", () => {
            const error = Object.assign(removing(new Error("x"), "b", "cause"), { b: 2, cause: 3, c: 4 });
            expect(Object.getOwnPropertyNames(sent(error)).sort()).to.deep.equal(["a", "c", "message", "stack"]);
            class Point {}
            const point = Object.assign(removing(new Point(), "b"), { b: 2, c: 3 });
            const copy = sent(point, { classes: classRegistry([Point]) }) as object;
            expect(copy).to.be.instanceOf(Point);
            expect(Object.entries(copy)).to.deep.equal([
                ["a", 1],
                ["c", 3],
            ]);
        });
    });

    describe("classes", () => {
        class Point {
            constructor(
                readonly x: number,
                public next: unknown = null,
            ) {}
        }
        class Money {
            readonly #cents: number;
            constructor(cents: number) {
                this.#cents = cents;
            }
            get cents(): number {
                return this.#cents;
            }
            toJSON(): object {
                return { cents: this.#cents };
            }
            static fromJSON({ cents }: { cents: number }): Money {
                if (typeof cents !== "number") throw new TypeError("no cents");
                return new Money(cents);
            }
        }
        class MyError extends Error {}
        class List extends Array {}
        const classes = classRegistry({ Point, "shop.Money": Money, MyError, List });
        const options = { classes };

        it("are revived, nested and with references", () => {
            const point = new Point(1);
            point.next = [point, new Map([[point, new Point(2)]])];
            const copy = sent({ point, again: point }, options) as { point: Point; again: Point };
            expect(copy.point).to.be.instanceOf(Point).and.equal(copy.again);
            const next = copy.point.next as [Point, Map<Point, Point>];
            expect(next[0]).to.equal(copy.point);
            expect(next[1].get(copy.point)).to.be.instanceOf(Point).and.include({ x: 2 });
        });

        it("are revived by fromJSON()", () => {
            const money = new Money(5);
            const copy = sent([money, { money }], options) as [Money, { money: Money }];
            expect(copy[0]).to.be.instanceOf(Money).and.include({ cents: 5 });
            expect(copy[1].money).to.equal(copy[0]);
            expect(sent(money)).to.deep.equal({ cents: 5 });
        });

        it("call fromJSON() once", () => {
            class Doubled {
                toJSON(): number {
                    return 5;
                }
                static fromJSON(data: number): number {
                    return 2 * data;
                }
            }
            expect(sent(new Doubled(), { classes: classRegistry([Doubled]) })).to.equal(10);
        });

        it("extend built-in classes", () => {
            const copy = sent([new MyError("x"), List.from([1, 2])], options) as [MyError, List];
            expect(copy[0]).to.be.instanceOf(MyError).and.include({ message: "x" });
            expect(copy[1]).to.be.instanceOf(List).and.have.length(2);
        });

        it("spoil only their own message if fromJSON() fails", () => {
            const { client, server } = wires(options);
            for (const value of [{ a: 1 }, new Money("x" as unknown as number), { b: 2 }]) {
                client.commit(client.encodeMessage(value));
            }
            const messages = server.decodeFrame(client.take());
            expect(messages.map(({ kind }) => kind)).to.deep.equal(["message", "invalid", "message"]);
            expect(messages[1]).to.include({ fault: "fromJSON() of the class shop.Money failed: no cents" });
        });
    });
});
