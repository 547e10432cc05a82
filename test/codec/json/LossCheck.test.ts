import { expect } from "chai";
import vm from "node:vm";
import { LossCheck } from "../../../src/codec/json/LossCheck";
import { turns } from "../../support/eventLoop";
import { warnings } from "../../support/rejections";

class HttpError extends Error {
    readonly status = 404;
}

describe("LossCheck", () => {
    let losses: LossCheck;

    beforeEach(() => {
        losses = new LossCheck();
    });

    /** Texts of the warnings that values cause. */
    async function warningsOf(...values: unknown[]): Promise<string[]> {
        const emitted = warnings();
        for (const value of values) losses.check(value, JSON.stringify(value));
        await turns(2);
        return emitted.map(({ message }) => message);
    }

    const LOST: [name: string, value: unknown, hint: string][] = [
        ["Map", new Map([[1, 2]]), "Object.fromEntries(map)"],
        ["Map of another realm", vm.runInNewContext("new Map([[1, 2]])"), "Object.fromEntries(map)"],
        ["Set", new Set([1]), "[...set]"],
        ["Error", new Error("m"), "error.message"],
        ["Error with members", new HttpError("m"), "error.message"],
        ["Error of the system", Object.assign(new Error("m"), { code: "ENOENT", errno: -2 }), "error.message"],
        ["RegExp", /a/, "regexp.source"],
        ["ArrayBuffer", new ArrayBuffer(8), "base64"],
        ["SharedArrayBuffer", new SharedArrayBuffer(8), "base64"],
        ["DataView", new DataView(new ArrayBuffer(8)), "view.buffer"],
        ["URLSearchParams", new URLSearchParams("a=1"), "String(params)"],
        ["Headers", new Headers({ a: "1" }), "Object.fromEntries(headers)"],
        ["Blob", new Blob(["a"]), "blob.text()"],
        ["WeakMap", new WeakMap(), "WeakMap"],
        ["WeakSet", new WeakSet(), "WeakSet"],
        ["WeakRef", new WeakRef({}), "deref"],
        ["iterator", new Map().keys(), "[...iterator]"],
        [
            "generator",
            (function* () {
                yield 1;
            })(),
            "[...iterator]",
        ],
    ];
    for (const [name, value, hint] of LOST) {
        it(`warns once of a value whose contents are lost, and says what to send: ${name}`, async () => {
            const texts = await warningsOf(value, value);
            expect(texts).to.have.length(1);
            expect(texts[0]).to.include("JSON does not contain").and.include(hint);
        });
    }

    it("warns of each class", async () => {
        expect(await warningsOf(new Map([[1, 2]]), new Set([1]), new Map([[1, 2]]), /a/)).to.have.length(3);
    });

    it("warns of members, which may be deep", async () => {
        const texts = await warningsOf({ users: new Map([["a", 1]]) }, [1, { list: [{ seen: new Set([1]) }] }]);
        expect(texts).to.have.length(2);
        expect(await warningsOf({ user: Promise.resolve(1) })).to.match(/await/);
    });

    it("is silent about values whose contents JSON has", async () => {
        class Marker {}
        class Users {
            readonly map = new Map();
            toJSON(): object {
                return { list: [] };
            }
        }
        const converted = Object.assign(new Map(), { toJSON: () => ({}) });
        const values = [
            {},
            [],
            [{}],
            { a: {} },
            new Marker(),
            new Users(),
            converted,
            new Date(),
            Buffer.from("a"),
            "{}",
        ];
        expect(await warningsOf(...values, Object.create(null))).to.deep.equal([]);
    });

    it("does not call getters", async () => {
        let reads = 0;
        const value = {
            empty: {},
            get users(): object {
                reads += 1;
                return {};
            },
        };
        await warningsOf(value);
        expect(reads).to.equal(1); // by JSON.stringify
    });

    it("warns of a Promise, and asks for `await`", async () => {
        expect(await warningsOf(Promise.resolve(1), (async () => Promise.resolve())())).to.match(/await/);
    });

    it("is silent about empty collections, which lose nothing", async () => {
        expect(await warningsOf(new Map(), { cache: new Set() })).to.deep.equal([]);
    });

    it("never throws, whatever the getters of a value do", async () => {
        const value = {
            get [Symbol.toStringTag](): string {
                throw new Error("tag");
            },
        };
        expect(await warningsOf(value, { value })).to.deep.equal([]);
    });

    it("checks the members of the first values only, and later values themselves", async () => {
        losses = new LossCheck(3);
        expect(await warningsOf(1, 2, 3, { a: new Map([[1, 2]]) })).to.deep.equal([]);
        expect(losses.remaining).to.equal(0);
        expect(await warningsOf(new Set([1]))).to.have.length(1);
    });

    it("is bounded for large values", async () => {
        const wide = [{}, ...Array<unknown>(1e5).fill(new Map([[1, 2]]))];
        expect(await warningsOf(wide)).to.have.length(1);
        const late = [...Array<unknown>(1e5).fill({}), new Map([[1, 2]])];
        losses = new LossCheck();
        expect(await warningsOf(late)).to.deep.equal([]);
        expect(await warningsOf(JSON.parse("[".repeat(1000) + "{}" + "]".repeat(1000)))).to.deep.equal([]);
    });
});
