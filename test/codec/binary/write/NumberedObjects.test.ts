import { expect } from "chai";
import fc from "fast-check";
import { NumberedObjects } from "../../../../src/codec/binary/write/NumberedObjects";

const create = (count: number): object[] => Array.from({ length: count }, (_, n) => ({ n }));

describe("NumberedObjects", () => {
    for (const count of [10, 48, 49, 4095, 4096, 10_000, 40_000]) {
        it(`finds each of ${count} objects by its place`, () => {
            const numbered = new NumberedObjects();
            const objects = create(count);
            for (const [n, object] of objects.entries()) {
                if (n % 2 === 0) expect(numbered.findOrAdd(object)).to.equal(-1);
                else numbered.add(object);
            }
            for (const n of [0, 9, count >> 1, count - 1]) {
                expect(numbered.findOrAdd(objects[n] as object)).to.equal(n);
                expect(numbered.find(objects[n] as object)).to.equal(n);
            }
            const another = {};
            expect(numbered.find(another)).to.equal(-1);
            expect(numbered.findOrAdd(another)).to.equal(-1);
            expect(numbered.findOrAdd(another)).to.equal(count);
            numbered.clear();
            expect(numbered.find(objects[0] as object)).to.equal(-1);
        });
    }

    it("does as a list that is searched, whatever is found, forgotten or replaced", () => {
        const steps = fc.array(fc.tuple(fc.constantFrom("find", "findOrAdd", "forget", "replace"), fc.nat(80)), {
            maxLength: 150,
        });
        fc.assert(
            fc.property(fc.nat(120), steps, (first, all) => {
                const objects = create(200);
                const numbered = new NumberedObjects();
                const list: (object | undefined)[] = [];
                for (const object of objects.slice(80, 80 + first)) {
                    numbered.add(object);
                    list.push(object);
                }
                for (const [step, n] of all) {
                    const object = objects[n] as object;
                    const index = list.indexOf(object);
                    if (step === "find") {
                        expect(numbered.find(object)).to.equal(index);
                    } else if (step === "findOrAdd") {
                        expect(numbered.findOrAdd(object)).to.equal(index);
                        if (index === -1) list.push(object);
                    } else if (step === "forget") {
                        numbered.forget(object);
                        if (index !== -1) list[index] = undefined;
                    } else if (index === -1) {
                        const result = {};
                        const earlier = numbered.beginReplacement(object, result);
                        expect(numbered.find(object)).to.equal(list.length);
                        numbered.add(result);
                        numbered.endReplacement(object, result, earlier);
                        list.push(object);
                    }
                }
                for (const object of objects) expect(numbered.find(object)).to.equal(list.indexOf(object));
            }),
            { numRuns: 300 },
        );
    });
});
