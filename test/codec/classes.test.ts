import { expect } from "chai";
import fc from "fast-check";
import { type ClassRegistry, classRegistry } from "../../src/codec/classes";
import { typeName } from "../../src/protocol/typeName";

class Widget {
    readonly #secret: unknown;
    constructor(public name = "w") {
        constructed += 1;
    }

    get label(): string {
        return `the ${this.name}`;
    }

    set label(_text: string) {
        constructed += 1;
    }

    hasSecret(): boolean {
        return #secret in this;
    }
}

class Order {
    constructor(readonly items: unknown[]) {}

    static fromJSON(data: unknown): Order {
        if (!Array.isArray(data)) throw new TypeError("an order is an array");
        return new this(data);
    }

    toJSON(): unknown {
        return this.items;
    }
}

/** Number of calls of a constructor or setter of Widget. */
let constructed = 0;

function registry(classes: unknown): ClassRegistry {
    const registered = classRegistry(classes);
    if (!registered) throw new Error("no classes");
    return registered;
}

function thrown(action: () => unknown): Error & { code?: string } {
    try {
        action();
    } catch (error) {
        return error as Error;
    }
    throw new Error("nothing was thrown");
}

describe("classRegistry", () => {
    it("is undefined without classes", () => {
        for (const none of [undefined, null, [], {}]) expect(classRegistry(none)).to.equal(undefined);
    });

    it("takes the names of an array from the classes, and those of an object from the object", () => {
        class w {
            static readonly sockhop_type = "shop.Widget";
        }
        expect(registry([w, Order]).get("shop.Widget")?.type).to.equal(w);
        expect(registry([w, Order]).get("Order")?.type).to.equal(Order);
        expect(registry([w, Order]).get("w")).to.equal(undefined);
        expect(registry({ gadget: w }).typeOf(new w())).to.equal("gadget");
        expect(registry({ gadget: w }).get("shop.Widget")).to.equal(undefined);
    });

    it("accepts the exports of a module, private constructors, old classes, and a class twice", () => {
        class Hidden {
            private constructor() {
                throw new Error("not called");
            }
        }
        function Old(): void {
            // A class of 1.x programs.
        }
        const exported = Object.assign(Object.create(null) as object, { Hidden, Old, Widget });
        expect(registry(exported).get("Old")?.type).to.equal(Old);
        expect(registry([Hidden, Hidden]).revive("Hidden", {})).to.be.an.instanceof(Hidden);
    });

    it("sends a class with two names by the first, and revives both", () => {
        const names = registry({ Widget, "old.Widget": Widget });
        expect(names.typeOf(new Widget())).to.equal("Widget");
        expect(names.revive("old.Widget", {})).to.be.an.instanceof(Widget);
    });

    const wrong: [string, unknown, RegExp][] = [
        ["no list", "Widget", /must be an array of classes/],
        ["a class", Widget, /must be an array/],
        ["a Set", new Set([Widget]), /must be an array/],
        ["an instance in the list", [Widget, new Widget()], /item 1 is not a class/],
        ["a hole", [, Widget], /item 0 is not a class/], // eslint-disable-line no-sparse-arrays
        ["a string as class", { Widget: "Widget" }, /Widget is not a class/],
        ["an arrow function", { Make: () => new Widget() }, /Make is a function, not a class/],
        ["a method", { Make: Reflect.get([], "map") as unknown }, /Make is a function, not a class/],
        ["a class without a name", [class {}], /item 0 has no name: .*\{ Widget: Widget \}/], // eslint-disable-line @typescript-eslint/no-extraneous-class
        ["two classes of one name", [Widget, class Widget {}], /two classes have the name Widget/], // eslint-disable-line @typescript-eslint/no-extraneous-class
        ["an empty name", { "": Widget }, /a name is empty/],
        ["a long name", { ["w".repeat(1025)]: Widget }, /more than 1024 characters/],
        ["a name of the library", { SockhopPing: Widget }, /reserves the name SockhopPing/],
        ["the name of all objects", { Object: Widget }, /Object is the type of built-in values/],
        ["the name of a built-in class", { Map: Widget }, /Map is the type of built-in values/],
        ["a built-in class", [Date], /Date is the type of built-in values/],
        ["a built-in class of another name", { Plain: Object }, /Plain is a built-in class/],
        ["a Date of another name", { When: Date }, /When extends a built-in class, so it needs static fromJSON/],
        ["a subclass of Map", [class Prices extends Map {}], /Prices extends a built-in class/],
        ["a subclass of typed arrays", [class Pixels extends Uint8Array {}], /Pixels extends a built-in class/],
        [
            "a getter that throws",
            [
                class Broken {
                    static get fromJSON(): unknown {
                        throw new Error("no");
                    }
                },
            ],
            /Broken cannot be read/,
        ],
    ];
    for (const [what, classes, text] of wrong) {
        it(`rejects ${what}`, () => {
            const error = thrown(() => classRegistry(classes));
            expect(error.code).to.equal("ERR_BAD_OPTION");
            expect(error.message)
                .to.match(/^The option classes is not valid: /)
                .and.match(text);
        });
    }
});

describe("ClassRegistry", () => {
    const classes = registry([Widget, Order]);

    it("names an instance by its prototype, whatever its members say", () => {
        const forged = Object.assign(new Widget(), { constructor: Order });
        expect(classes.typeOf(forged)).to.equal("Widget");
        expect(classes.typeOf({ constructor: Widget })).to.equal("Object");
        expect(classes.of(forged)?.name).to.equal("Widget");
    });

    it("does not name instances of subclasses that are not registered", () => {
        class Gadget extends Widget {}
        expect(classes.typeOf(new Gadget())).to.equal("Gadget");
        expect(classes.of(new Gadget())).to.equal(undefined);
    });

    it("names all other values as without classes", () => {
        const values = [1, "a", true, null, undefined, 1n, [], {}, Object.create(null), new Date(), () => 1, Symbol()];
        for (const value of values) expect(classes.typeOf(value)).to.equal(typeName(value));
    });

    it("does not throw for a Proxy", () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        expect(classes.typeOf(proxy)).to.equal("Object");
        expect(classes.typeOf(new Proxy(new Widget(), {}))).to.equal("Widget");
    });

    it("never finds inherited names", () => {
        for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "size"]) {
            expect(classes.get(name)).to.equal(undefined);
            const data = {};
            expect(classes.revive(name, data)).to.equal(data);
        }
        for (const type of [undefined, null, 5, {}, ["Widget"]]) expect(classes.revive(type, 1)).to.equal(1);
    });
});

describe("RegisteredClass", () => {
    it("makes an instance without calling a constructor or a setter", () => {
        constructed = 0;
        const data: unknown = JSON.parse('{"name":"x","label":"own","__proto__":{"evil":1},"constructor":2}');
        const widget = registry([Widget]).revive("Widget", data) as Widget;
        expect(constructed).to.equal(0);
        expect(widget).to.be.an.instanceof(Widget).and.to.equal(data);
        expect(Object.entries(widget)).to.deep.equal([
            ["name", "x"],
            ["label", "own"],
            ["__proto__", { evil: 1 }],
            ["constructor", 2],
        ]);
        expect(Object.getPrototypeOf(widget)).to.equal(Widget.prototype);
        expect((widget as unknown as { evil: unknown }).evil).to.equal(undefined);
        expect(widget.hasSecret()).to.equal(false); // only the constructor, or fromJSON, makes private members
    });

    it("works for a frozen prototype", () => {
        class Frozen {
            n = 0;
        }
        Object.freeze(Frozen.prototype);
        Object.freeze(Frozen);
        expect(registry([Frozen]).revive("Frozen", { n: 5 })).to.deep.equal(Object.assign(new Frozen(), { n: 5 }));
    });

    it("has exactly the members of the data, for any data", () => {
        const names = fc.constantFrom("__proto__", "constructor", "label", "name", "toString", "valueOf", "0");
        const data = fc.dictionary(fc.oneof(names, fc.string()), fc.jsonValue());
        const widgets = registry([Widget]);
        constructed = 0;
        fc.assert(
            fc.property(data, (members) => {
                const text = JSON.stringify(members);
                const revived = widgets.revive("Widget", JSON.parse(text)) as object;
                expect(Object.getPrototypeOf(revived)).to.equal(Widget.prototype);
                expect(JSON.stringify({ ...revived })).to.equal(JSON.stringify({ ...(JSON.parse(text) as object) }));
            }),
        );
        expect(constructed).to.equal(0);
        expect(Object.keys(Object.prototype)).to.deep.equal([]);
    });

    it("leaves data unchanged that is no object of the class", () => {
        const widgets = registry([Widget]);
        for (const data of [null, 1, "x", true, undefined]) expect(widgets.revive("Widget", data)).to.equal(data);
        const list = [1];
        expect(widgets.revive("Widget", list)).to.equal(list).and.not.be.an.instanceof(Widget);
    });

    it("revives arrays of a subclass of Array, and no objects", () => {
        class List extends Array<number> {
            sum(): number {
                return this.reduce((total, n) => total + n, 0);
            }
        }
        const lists = registry([List]);
        expect((lists.revive("List", [1, 2]) as List).sum()).to.equal(3);
        expect(lists.revive("List", { length: 5 })).to.not.be.an.instanceof(List);
    });

    it("calls fromJSON with any data, as a method of the class", () => {
        class BigOrder extends Order {}
        const orders = registry([Order, BigOrder]);
        expect(orders.revive("Order", [1])).to.deep.equal(new Order([1]));
        expect(orders.revive("BigOrder", [1])).to.be.an.instanceof(BigOrder);

        class Point {
            constructor(readonly data: unknown) {}
            static from_json(data: unknown): Point {
                return new Point(data);
            }
        }
        const points = registry({ Point });
        for (const data of [null, 5, "x", [], {}, undefined]) {
            expect(points.revive("Point", data)).to.deep.equal(new Point(data));
        }
        expect(points.get("Point")?.hasFromJson).to.equal(true);
        expect(registry([Widget]).get("Widget")?.hasFromJson).to.equal(false);
    });

    it("ignores a fromJSON that all functions inherit, or that is no function", () => {
        const functions = Function.prototype as { fromJSON?: unknown };
        functions.fromJSON = () => "polluted";
        try {
            expect(registry([Widget]).get("Widget")?.hasFromJson).to.equal(false);
        } finally {
            delete functions.fromJSON;
        }
        class Odd {
            static readonly fromJSON = "no function";
        }
        expect(registry([Odd]).revive("Odd", {})).to.be.an.instanceof(Odd);
    });

    it("accepts any result of fromJSON except none and a Promise", () => {
        const results: unknown[] = [null, 5, "shared", {}, [], undefined, Promise.reject(new Error("ignored"))];
        class Any {
            static fromJSON(index: number): unknown {
                return results[index];
            }
        }
        const any = registry([Any]);
        results.slice(0, 5).forEach((result, index) => {
            expect(any.revive("Any", index)).to.equal(result);
        });
        expect(thrown(() => any.revive("Any", 5)).message).to.match(/Any failed: it returned nothing/);
        expect(thrown(() => any.revive("Any", 6)).message).to.match(/Any failed: it returned a Promise/);
    });

    it("throws an error with the class, the reason and the cause if fromJSON throws", () => {
        const error = thrown(() => registry([Order]).revive("Order", {}));
        expect(error.message).to.equal("fromJSON() of the class Order failed: an order is an array");
        expect(error.cause).to.be.an.instanceof(TypeError);

        for (const reason of [null, undefined, 5, Object.create(null)]) {
            class Bad {
                static fromJSON(): never {
                    throw reason; // eslint-disable-line @typescript-eslint/only-throw-error -- any value
                }
            }
            expect(thrown(() => registry([Bad]).revive("Bad", {})).message).to.match(/Bad failed/);
        }
    });
});
