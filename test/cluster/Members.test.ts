import { expect } from "chai";
import type { ClusterHead } from "../../src/cluster/values/ClusterMessage";
import { Members } from "../../src/cluster/Members";

function head(sender: string, kind: string, number: number, count = 1): ClusterHead {
    return { sender, kind, number, count, beat: 0, end: 0 };
}

function beats(members: Members, count: number): string[] {
    return Array.from({ length: count }, () => members.beat()).flatMap((silent) => silent.map(({ id }) => id));
}

describe("Members", () => {
    it("join with their first message, whose values are new, and miss nothing before it", () => {
        const members = new Members();
        expect(members.hear(head("a", "*", 10, 3))).to.deep.equal({
            member: { id: "a", clients: 0, silent: 0, here: false },
            hasJoined: true,
            missed: 0,
            known: 0,
        });
        expect(members.hear(head("a", "*", 11))).to.include({ hasJoined: false, missed: 0, known: 0 });
        expect(members.hear(head("b", "+", 7), 5)).to.deep.include({ hasJoined: true, missed: 0 });
        expect(members.all.map(({ id, clients }) => [id, clients])).to.deep.equal([
            ["a", 0],
            ["b", 5],
        ]);
    });

    it("have missed what is between two messages, heartbeats included", () => {
        const members = new Members();
        members.hear(head("a", "*", 1));
        expect(members.hear(head("a", "*", 7, 2))!.missed).to.equal(4);
        expect(members.hear(head("a", "+", 7))!.missed).to.equal(0);
        expect(members.hear(head("a", "+", 10))!.missed).to.equal(3);
        expect(members.hear(head("a", "+", 10))!.missed).to.equal(0);
    });

    it("know repeated and late values, also those that are counted as missed", () => {
        const members = new Members();
        members.hear(head("a", "*", 1));
        members.hear(head("a", "*", 5));
        for (const number of [5, 3, 1]) {
            expect(members.hear(head("a", "*", number))).to.include({ missed: 0, known: 1 });
        }
        expect(members.hear(head("a", "*", 7, 4))).to.include({ missed: 0, known: 2 });
        expect(members.hear(head("a", "*", 8))).to.include({ missed: 0, known: 0 });
    });

    it("are silent after three heartbeats of this server, and keep their number", () => {
        const members = new Members();
        members.hear(head("a", "*", 1));
        expect(beats(members, 2)).to.deep.equal([]);
        expect(members.all[0]!.silent).to.equal(2);
        expect(beats(members, 1)).to.deep.equal(["a"]);
        expect(members.size).to.equal(0);
        beats(members, 298);
        expect(members.hear(head("a", "+", 4))).to.include({ hasJoined: true, missed: 3 });
    });

    it("are forgotten 300 heartbeats after they were silent", () => {
        const members = new Members();
        members.hear(head("a", "*", 1));
        beats(members, 3 + 300);
        expect(members.hear(head("a", "+", 4))).to.include({ hasJoined: true, missed: 0 });
    });

    it("do not become silent while they could not be heard", () => {
        const members = new Members();
        members.hear(head("a", "*", 1));
        beats(members, 2);
        members.resetSilence();
        expect(beats(members, 2)).to.deep.equal([]);
    });

    it("leave with their last number, and are not heard again", () => {
        const members = new Members();
        members.hear(head("a", "*", 1));
        expect(members.leave(head("a", "-", 3))).to.deep.include({ missed: 2 });
        expect(members.leave(head("a", "-", 3))).to.equal(undefined);
        for (const kind of ["*", "+", "?"]) expect(members.hear(head("a", kind, 9))).to.equal(undefined);
        expect(members.leave(head("stranger", "-", 3))).to.equal(undefined);
        expect(members.size).to.equal(0);
    });

    it("are at most 1000: others are ignored, until one of them is silent", () => {
        const members = new Members();
        for (let n = 0; n < 1000; n++) expect(members.hear(head(`m${n}`, "+", 1))).to.include({ hasJoined: true });
        expect(members.hear(head("another", "+", 1))).to.equal(undefined);
        expect(members.hear(head("m0", "*", 2))).to.include({ missed: 0, known: 0 });
        expect(beats(members, 3)).to.have.lengthOf(1000);
        for (let n = 0; n < 100_000; n++) members.hear(head(`later${n}`, "+", 1));
        expect(members.size).to.equal(1000);
        expect(members.hear(head("later999", "*", 2))).to.include({ hasJoined: false });
    });
});
