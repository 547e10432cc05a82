import { expect } from "chai";
import type { Connection, Session } from "../../src/connection/Connection";
import { Endpoint } from "../../src/endpoint/Endpoint";
import { Groups, groupName } from "../../src/mixins/Groups";
import { Sessions } from "../../src/mixins/Sessions";
import { turns } from "../support/eventLoop";
import { used } from "../support/memory";
import { rejection } from "../support/pair";
import { unhandled } from "../support/rejections";
import { TestSocket } from "../support/TestSocket";

const WithSessions = Sessions(Endpoint);

/** The smallest endpoint with groups. */
class Probe extends Groups(WithSessions) {
    start: () => unknown = () => undefined;
    end: (connection: Connection) => unknown = () => undefined;
    onDisconnect: (connection: Connection) => void = () => undefined;
    latest: Connection | undefined;

    constructor() {
        super({});
        this.on("disconnect", () => this.onDisconnect(this.latest!));
        this.on("error", () => undefined);
    }

    accept(): Connection {
        const connection = (this.latest = this._attach(new TestSocket().asSocket));
        this._startSession(connection);
        return connection;
    }

    close(connection: Connection): void {
        this._close(connection, { code: "CLOSED" });
    }

    groups(connection: Connection): string[] {
        return [...this._groupsOf(connection)];
    }

    protected _createSession(connection: Connection): Session {
        return { start: () => this.start(), end: () => this.end(connection) };
    }

    protected get _sessionTimeout(): number {
        return 100;
    }

    protected override _receiveMeta(): object {
        return {};
    }
}

describe("Groups", () => {
    let probe: Probe;

    beforeEach(() => {
        probe = new Probe();
    });

    it("adds a connection when the call returns, once", async () => {
        const connection = probe.accept();
        const joined = probe._join(connection, "a");
        expect(probe._membersOf("a")).to.deep.equal([connection]);
        expect(await joined).to.equal(undefined);
        await probe._join(connection, "a");
        await probe._join(connection, "b");
        expect([probe._membersOf("a").length, probe.groups(connection)]).to.deep.equal([1, ["a", "b"]]);
    });

    it("removes a connection when the call returns; has no effect if it is no member", async () => {
        const connection = probe.accept();
        void probe._join(connection, "a");
        const left = probe._leave(connection, "a");
        expect([probe._membersOf("a"), probe.groups(connection)]).to.deep.equal([[], []]);
        expect(await left).to.equal(undefined);
        await probe._leave(connection, "a");
        await probe._leave(connection, "never joined");
        expect(probe.groups(connection)).to.deep.equal([]);
    });

    it("lists the members in the order in which they have joined", () => {
        const [first, second, third] = [probe.accept(), probe.accept(), probe.accept()];
        for (const connection of [third, first, second]) void probe._join(connection, "a");
        void probe._leave(third, "a");
        void probe._join(third, "a");
        expect(probe._membersOf("a")).to.deep.equal([first, second, third]);
    });

    it("returns copies", () => {
        const connection = probe.accept();
        void probe._join(connection, "a");
        probe._groupsOf(connection).clear();
        probe._membersOf("a").pop();
        expect([probe.groups(connection), probe._membersOf("a")]).to.deep.equal([["a"], [connection]]);
    });

    it("takes each name as it is", () => {
        const connection = probe.accept();
        const names = ["__proto__", "constructor", "toString", " ", "\0", "\ud800", "é", "x".repeat(200), "1"];
        for (const name of names) void probe._join(connection, name);
        expect(probe.groups(connection)).to.deep.equal(names);
        for (const name of names) expect(probe._membersOf(name), name).to.deep.equal([connection]);
        expect(probe._membersOf("hasOwnProperty")).to.deep.equal([]);
    });

    it("rejects anything else, and throws nothing", async () => {
        const connection = probe.accept();
        for (const name of ["", "x".repeat(201), undefined, null, 5, {}, ["a"], Symbol("a"), new String("a")]) {
            for (const promise of [probe._join(connection, name), probe._leave(connection, name)]) {
                expect((await rejection(promise)).code).to.equal("ERR_BAD_OPTION");
            }
            expect(() => groupName(name))
                .to.throw()
                .with.property("code", "ERR_BAD_OPTION");
        }
        expect(probe.groups(connection)).to.deep.equal([]);
    });

    it("allows joining while start() runs; the connection is listed after it", async () => {
        let resolve!: () => void;
        probe.start = () => new Promise<void>((settle) => (resolve = settle));
        const connection = probe.accept();
        await probe._join(connection, "a");
        expect([probe._membersOf("a"), probe.groups(connection)]).to.deep.equal([[], ["a"]]);
        resolve();
        await turns(2);
        expect(probe._membersOf("a")).to.deep.equal([connection]);
    });

    it("forgets a connection that is refused, or closes while start() runs", async () => {
        const connections: Connection[] = [];
        for (const start of [
            (): never => throwError(),
            () => Promise.reject(new Error("no")),
            () => new Promise(() => 0),
        ]) {
            probe.start = () => {
                const connection = probe.latest!;
                connections.push(connection);
                void probe._join(connection, "a");
                return start();
            };
            const connection = probe.accept();
            await turns(2);
            probe.close(connection);
        }
        await turns(2);
        expect(connections.map((connection) => probe.groups(connection))).to.deep.equal([[], [], []]);
        expect(probe._membersOf("a")).to.deep.equal([]);
    });

    it("removes a closed connection at once, and keeps its names for end() and `disconnect`", async () => {
        const seen: unknown[] = [];
        const look = (where: string, connection: Connection): void => {
            seen.push([where, probe.groups(connection), probe._membersOf("a").length]);
        };
        probe.end = async (connection) => {
            look("end()", connection);
            await turns(2);
            look("after a while", connection);
        };
        probe.onDisconnect = (connection) => look("disconnect", connection);
        const connection = probe.accept();
        await turns(1);
        void probe._join(connection, "a");
        probe.close(connection);
        look("closed", connection);
        await turns(6);
        look("later", connection);
        expect(seen).to.deep.equal([
            ["end()", ["a"], 1],
            ["closed", ["a"], 0],
            ["after a while", ["a"], 0],
            ["disconnect", ["a"], 0],
            ["later", [], 0],
        ]);
    });

    it("refuses to join from end() on, without an unhandled rejection", async () => {
        const reasons = unhandled();
        const connection = probe.accept();
        const codes: unknown[] = [];
        probe.end = async () => {
            void probe._join(connection, "ignored");
            codes.push((await rejection(probe._join(connection, "a"))).code);
        };
        probe.close(connection);
        void probe._join(connection, "ignored");
        codes.push((await rejection(probe._join(connection, "a"))).code);
        await probe._leave(connection, "a");
        await turns(4);
        expect(codes).to.deep.equal(["ERR_SOCKET_DESTROYED", "ERR_SOCKET_DESTROYED"]);
        expect([reasons, probe.groups(connection), probe._membersOf("ignored")]).to.deep.equal([[], [], []]);
    });

    it("lets a session leave in end()", () => {
        const connection = probe.accept();
        void probe._join(connection, "a");
        probe.end = () => probe._leave(connection, "a");
        probe.close(connection);
        expect([probe.groups(connection), probe._membersOf("a")]).to.deep.equal([[], []]);
    });

    it("refuses connections of other endpoints", async () => {
        const other = new Probe().accept();
        expect((await rejection(probe._join(other, "a"))).code).to.equal("ERR_SOCKET_DESTROYED");
        expect(probe.groups(other)).to.deep.equal([]);
    });

    it("forgets empty groups: 30 000 names leave nothing", async () => {
        const connection = probe.accept();
        const before = used();
        for (let n = 0; n < 30_000; n++) {
            void probe._join(connection, `left group ${n}`);
            void probe._leave(connection, `left group ${n}`);
        }
        expect(used() - before, "after leave()").to.be.lessThan(600_000);
        for (let n = 0; n < 30_000; n++) void probe._join(connection, `closed group ${n}`);
        expect(used() - before, "of a member").to.be.greaterThan(1_500_000);
        probe.close(connection);
        await turns(4);
        expect(used() - before, "after the end").to.be.lessThan(600_000);
    });
});

function throwError(): never {
    throw new Error("no");
}
