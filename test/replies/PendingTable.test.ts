import { expect } from "chai";
import fc from "fast-check";
import { PendingTable } from "../../src/replies/PendingTable";
import { uuidv4 } from "../../src/protocol/uuid";
import { growth } from "../support/memory";

class Waiter {
    hash = 0;
    next: Waiter | undefined;
    order = 0;

    constructor(readonly id: string | number) {}
}

describe("PendingTable", () => {
    it("finds an entry by its UUID, and none by anything else", () => {
        const waiting = new PendingTable<Waiter>();
        const one = new Waiter(uuidv4());
        waiting.add(one);
        expect(waiting.get(one.id)).to.equal(one);
        for (const other of [uuidv4(), "", "x", String(one.id).slice(0, 35), 7, null, undefined, {}, [one.id]]) {
            expect(waiting.get(other)).to.equal(undefined);
        }
    });

    it("removes a deleted entry, also when others have the same first digits", () => {
        const waiting = new PendingTable<Waiter>();
        const alike = ["a", "b", "c"].map((end) => new Waiter(`00000000-0000-4000-8000-00000000000${end}`));
        for (const each of alike) waiting.add(each);
        expect(waiting.get(alike[1]!.id)).to.equal(alike[1]);
        waiting.delete(alike[1]!);
        expect(waiting.get(alike[1]!.id)).to.equal(undefined);
        waiting.delete(alike[1]!);
        expect(alike.map(({ id }) => waiting.get(id))).to.deep.equal([alike[0], undefined, alike[2]]);
        expect([...waiting]).to.deep.equal([alike[0], alike[2]]);
    });

    it("holds more entries than buckets", () => {
        const waiting = new PendingTable<Waiter>();
        const all = Array.from({ length: 100_000 }, () => new Waiter(uuidv4()));
        for (const each of all) waiting.add(each);
        expect(all.every((each) => waiting.get(each.id) === each)).to.equal(true);
        for (const each of all) waiting.delete(each);
        expect(waiting.size).to.equal(0);
    });

    it("iterates in insertion order over the entries present at the start", () => {
        const waiting = new PendingTable<Waiter>();
        const all = Array.from({ length: 100 }, () => new Waiter(uuidv4()));
        for (const each of all) waiting.add(each);
        const met = [];
        for (const each of waiting) {
            met.push(each);
            waiting.delete(each);
        }
        expect(met).to.deep.equal(all);
        expect(waiting.size).to.equal(0);
    });

    it("behaves like a Map for random additions and deletions", () => {
        const commands = fc.array(fc.tuple(fc.boolean(), fc.nat(60)), { maxLength: 300 });
        fc.assert(
            fc.property(fc.array(fc.uuid({ version: 4 }), { minLength: 1, maxLength: 60 }), commands, (uuids, todo) => {
                const waiting = new PendingTable<Waiter>();
                const map = new Map<string, Waiter>();
                for (const [add, index] of todo) {
                    const uuid = uuids[index % uuids.length]!;
                    const known = map.get(uuid);
                    if (add && !known) {
                        const waiter = new Waiter(uuid);
                        waiting.add(waiter);
                        map.set(uuid, waiter);
                    } else if (!add && known) {
                        waiting.delete(known);
                        map.delete(uuid);
                    }
                }
                expect(waiting.size).to.equal(map.size);
                expect([...waiting]).to.deep.equal([...map.values()]);
                for (const uuid of uuids) expect(waiting.get(uuid)).to.equal(map.get(uuid));
            }),
        );
    });

    it("does not retain deleted entries, as a Map does until a full garbage collection", () => {
        const waiting = new PendingTable<Waiter>();
        const line: Waiter[] = [];
        const pass = (): void => {
            const waiter = Object.assign(new Waiter(uuidv4()), { answer: new Array<number>(100).fill(0) });
            waiting.add(waiter);
            if (line.push(waiter) > 50) waiting.delete(line.shift()!);
        };
        expect(growth(pass)).to.be.below(2e6);
    });
});
