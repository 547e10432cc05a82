import { expect } from "chai";
import { Hub, type Watcher } from "../../../src/inspect/hub/Hub";
import { LIMITS } from "../../../src/inspect/limits";
import type { TappedMessage } from "../../../src/inspect/frames/parseFrame";
import type { Hello, Update } from "../../../src/inspect/protocol";
import { later } from "../../support/pair";
import { fakeTime } from "../../support/fakeTime";
import { used } from "../../support/memory";

const INFO = { version: "1", form: "tap", title: "x", canSend: false } as const;
const SOMEONE = { role: "tap", peer: "127.0.0.1:1", endpoint: "shop" } as const;

const note = (data: unknown = 1): TappedMessage => ({ bytes: 10, kind: "message", type: "Note", data });

/** Watches a hub. */
function watch(hub: Hub): { updates: Update[]; watcher: Watcher } {
    const updates: Update[] = [];
    const watcher = { onUpdate: (json: string) => void updates.push(JSON.parse(json) as Update) };
    hub.watch(watcher);
    return { updates, watcher };
}

describe("Hub", () => {
    let time: ReturnType<typeof fakeTime>;
    let hub: Hub;

    beforeEach(() => {
        time = fakeTime();
        hub = new Hub(INFO);
        hub.start();
        later(() => hub.stop());
    });

    it("says what is inspected, and what is kept", () => {
        const hello = JSON.parse(hub.hello()) as Hello;
        expect(hello).to.include({ protocol: 1, ...INFO });
        expect(hello.limits).to.deep.equal(LIMITS);
    });

    it("passes what is kept to a new watcher, and changes four times a second", () => {
        const connection = hub.opened(SOMEONE);
        hub.addMessages(connection, "client", 2);
        hub.addBytes(connection, "server", 30);
        hub.message(connection, "client", () => note("a"));
        const { updates } = watch(hub);
        expect(updates[0]?.connections).to.have.length(1);
        expect(updates[0]?.connections?.[0]).to.deep.include({ id: 1, messages: [2, 0], bytes: [0, 30], ...SOMEONE });
        expect(updates[0]?.messages).to.have.length(1);
        expect(updates[0]?.messages?.[0]).to.deep.include({ n: 1, connection: 1, from: "client", ...note("a") });
        hub.message(connection, "server", () => note("b"));
        time.tick(250);
        expect(updates).to.have.length(2);
        expect(updates[1]?.messages?.map(({ n, data }) => [n, data])).to.deep.equal([[2, "b"]]);
        time.tick(250);
        expect(updates[2]).to.not.have.any.keys("messages", "problems", "removed");
    });

    it("counts all messages, and keeps a part of them under load", () => {
        const connection = hub.opened(SOMEONE);
        const { updates } = watch(hub);
        let read = 0;
        for (let count = 0; count < 25_000; count++) {
            hub.addMessages(connection, "client", 1);
            hub.message(connection, "client", () => {
                read += 1;
                return note();
            });
        }
        time.tick(250);
        const { messages, totals } = updates.at(-1)!;
        expect(messages).to.have.length(LIMITS.rate / 4);
        expect(totals.messages).to.deep.equal([25_000, 0]);
        expect(totals.skipped).to.equal(25_000 - LIMITS.rate / 4);
        expect(read).to.be.below(2000);
        hub.message(connection, "client", () => note("next"));
        time.tick(250);
        expect(updates.at(-1)?.messages).to.have.length(1);
    });

    it("keeps the reply to a kept call also under load", () => {
        const connection = hub.opened(SOMEONE);
        const { updates } = watch(hub);
        hub.message(connection, "client", () => ({ bytes: 1, kind: "question", type: "Ask", data: 1, id: "a" }));
        for (let count = 0; count < 300; count++) hub.message(connection, "client", () => note());
        hub.message(connection, "server", () => ({ bytes: 1, kind: "answer", data: 2, id: "a" }));
        time.tick(250);
        const reply = updates.at(-1)?.messages?.at(-1);
        expect(reply).to.include({ kind: "answer", asked: "Ask" });
        expect(reply?.took).to.be.a("number");
    });

    it("measures the times of replies, in each second", () => {
        const connection = hub.opened(SOMEONE);
        const { updates } = watch(hub);
        for (const [id, delay] of [
            ["a", 5],
            ["b", 50],
        ] as const) {
            hub.message(connection, "client", () => ({ bytes: 1, kind: "request", type: "Ask", id }));
            time.tick(delay);
            hub.message(connection, "server", () => ({ bytes: 1, kind: "response", id, last: true }));
        }
        hub.message(connection, "server", () => ({ bytes: 1, kind: "response", id: "a", last: true })); // again
        time.tick(1000);
        const [point] = updates.flatMap(({ points = [] }) => points);
        expect(point).to.include({ replies: 2, connections: 1 });
        expect(point?.p50).to.be.closeTo(5, 1);
        expect(point?.p99).to.be.closeTo(50, 1);
    });

    it("lists bad frames with their first bytes, and errors", () => {
        const connection = hub.opened(SOMEONE);
        const { updates } = watch(hub);
        hub.message(connection, "client", () => ({ bytes: 900, kind: "invalid", text: "né".repeat(400) }));
        hub.message(connection, "server", () => ({
            bytes: 3,
            kind: "invalid",
            error: "why",
            data: Buffer.from([1, 2]),
        }));
        hub.problem({ text: "x".repeat(2000), code: "ECONNRESET" });
        time.tick(250);
        const { problems = [], totals } = updates.at(-1)!;
        expect(totals.problems).to.equal(3);
        expect(problems[0]).to.include({ n: 1, connection: 1, from: "client", code: "invalid", bytes: 900 });
        expect(problems[0]?.hex)
            .to.have.length(512)
            .and.match(/^6ec3a96ec3a9/);
        expect(problems[1]).to.include({ hex: "0102", text: "a frame that is no message: why" });
        expect(problems[2]?.text).to.have.length(500);
    });

    it("passes the changes of all connections in turn, if there are too many for one update", () => {
        const all = Array.from({ length: LIMITS.connections }, () => hub.opened(SOMEONE));
        const { updates } = watch(hub);
        const changed = new Set<number>();
        for (let count = 0; count < 4; count++) {
            for (const connection of all) hub.addBytes(connection, "client", 1);
            time.tick(250);
            for (const { id } of updates.at(-1)?.connections ?? []) changed.add(id);
        }
        expect(changed.size).to.equal(all.length);
    });

    it("keeps a limited number of everything", () => {
        const first = hub.opened(SOMEONE);
        const all = Array.from({ length: LIMITS.connections + 50 }, () => hub.opened(SOMEONE));
        for (let count = 0; count < 3 * LIMITS.messages; count++) {
            hub.message(first, "client", () => note());
            if (count % 100 === 0) hub.update();
        }
        for (let count = 0; count < 3 * LIMITS.problems; count++) {
            hub.problem({ text: "x" });
            if (count % 100 === 0) hub.update();
        }
        const { updates } = watch(hub);
        const [{ connections, messages, problems, totals }] = updates as [Update];
        expect(connections).to.have.length(LIMITS.connections);
        expect(messages).to.have.length(LIMITS.messages);
        expect(problems).to.have.length(LIMITS.problems);
        expect(totals).to.include({ open: LIMITS.connections + 51, unlisted: 51, opened: LIMITS.connections + 51 });
        for (const connection of all) hub.closed(connection, "PEER_ENDED");
        time.tick(2000);
        const removed = updates.flatMap((update) => update.removed ?? []);
        expect(removed).to.have.length(LIMITS.connections - 1 - LIMITS.closed + 0);
        const again = watch(hub).updates[0]!;
        expect(again.connections).to.have.length(LIMITS.closed + 1);
        expect(again.totals).to.include({ open: 1, unlisted: 0 });
    });

    it("keeps the beginning of large values, whatever they are", () => {
        const connection = hub.opened({ ...SOMEONE, peer: "p".repeat(10_000) });
        const deep = JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`) as unknown;
        const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`${"k".repeat(100)}${n}`, n]));
        const values = ["x".repeat(1e6), wide, Array(1e5).fill("y"), deep, { ["z".repeat(1e6)]: 1 }, Buffer.alloc(1e6)];
        for (const data of values)
            hub.message(connection, "client", () => ({ ...note(data), type: "t".repeat(1e5), id: "i".repeat(1e5) }));
        let size = 0;
        hub.watch({ onUpdate: (json) => void (size = json.length) });
        expect(size).to.be.below(values.length * 70_000);
        const { messages = [] } = watch(hub).updates[0]!;
        expect(messages.map(({ cut }) => cut)).to.deep.equal(Array(values.length).fill(true));
    });

    it("keeps no large text in memory for the beginning of it", () => {
        const large = (): string => Buffer.alloc(2 ** 20, "x").toString();
        const connection = hub.opened({ ...SOMEONE, session: large() });
        const before = used();
        for (let n = 0; n < 20; n++) {
            hub.opened(SOMEONE).setGroups([large()]);
            hub.message(connection, "client", () => ({ bytes: 1, kind: "question", type: large(), id: n }));
        }
        expect(used() - before).to.be.below(5 * 2 ** 20);
    });

    it("calls back when the first watcher comes and the last one leaves, and forgets on request", () => {
        const calls: boolean[] = [];
        hub.onWatch = (isWatched) => void calls.push(isWatched);
        const [a, b] = [watch(hub), watch(hub)];
        hub.unwatch(a.watcher);
        hub.unwatch(a.watcher);
        expect(calls).to.deep.equal([true]);
        hub.unwatch(b.watcher);
        expect(calls).to.deep.equal([true, false]);
        const closed = hub.opened(SOMEONE);
        hub.addBytes(closed, "client", 1);
        hub.addMessages(closed, "server", 1);
        hub.problem({ text: "x" });
        hub.closed(closed);
        hub.clear();
        const [{ totals, ...rest }] = watch(hub).updates as [Update];
        expect(rest).to.have.all.keys("time");
        const none = { messages: [0, 0], bytes: [0, 0], skipped: 0, problems: 0 };
        expect(totals).to.deep.equal({ ...none, opened: 0, open: 0, unlisted: 0 });
    });
});
