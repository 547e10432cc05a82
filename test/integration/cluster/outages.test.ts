import { expect } from "chai";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type ClusterMissedDiagnostics, type ClusterStateDiagnostics, SockhopError } from "../../../src";
import { turns, until } from "../../support/eventLoop";
import { fakeTime, passTime } from "../../support/fakeTime";
import { later, server } from "../../support/pair";
import { unhandled, warnings } from "../../support/rejections";
import { BreakableEngine, HEARTBEAT, received, serve } from "./support";

const SECRET = new Error("connect ECONNREFUSED redis://user:secret@10.0.0.5:6379/0");

/** Resolves to the error of a promise that rejects. */
async function errorOf(promise: Promise<unknown>): Promise<SockhopError> {
    return promise.then(
        () => {
            throw new Error("The promise did not reject");
        },
        (error: unknown) => error as SockhopError,
    );
}

describe("A server whose engine is away", () => {
    it("starts, serves its clients, and joins when the engine is back", async () => {
        const engine = new BreakableEngine();
        engine.instead = () => Promise.reject(SECRET);
        const heard = warnings();
        const a = await serve(engine);
        expect(a.s.cluster!.state).to.equal("degraded");
        const error = await errorOf(a.s.sendall("local only"));
        expect(error).to.be.an.instanceOf(SockhopError);
        expect(error.code).to.equal("ERR_CLUSTER_DEGRADED");
        expect(await received([a], "local only")).to.deep.equal([["local only"]]);
        engine.instead = undefined;
        await new Promise((resolve) => a.s.cluster!.once("joined", resolve));
        expect(a.s.cluster!.state).to.equal("joined");
        await a.s.sendall("all");
        expect(a.s.cluster!.stats).to.include({ outages: 1, refused: 1, messages_sent: 1 });
        expect(a.s.cluster!.stats.degraded_ms).to.be.above(0);
        expect(heard.map(({ code }) => code)).to.deep.equal(["ERR_CLUSTER_DEGRADED"]);
        expect(heard[0]!.message).to.include('(add a "degraded" listener');
    });

    it("hides URLs of the engine in its errors", async () => {
        const engine = new BreakableEngine();
        engine.instead = () => Promise.reject(Object.assign(SECRET, { code: "ECONNREFUSED", url: "redis://secret" }));
        const a = server({ cluster: engine });
        const errors: SockhopError[] = [];
        a.cluster!.on("degraded", (error) => errors.push(error));
        await a.listen();
        errors.push(await errorOf(a.sendall("x")), await errorOf(a.cluster!.join()));
        expect(errors).to.have.lengthOf(3);
        for (const error of errors) {
            expect(error.message).to.include("the engine (breakable) cannot be reached: connect ECONNREFUSED (URL)");
            const { cause } = error as { cause?: { code?: string; stack?: string } };
            expect(cause?.code).to.equal("ECONNREFUSED");
            expect(Object.keys(cause ?? {})).to.deep.equal(["code"]);
            expect(`${cause?.stack} ${error.stack} ${JSON.stringify(error)}`).not.to.match(/secret|10\.0\.0\.5/);
        }
    });

    it("rejects join() for those who want to be strict, until it has joined", async () => {
        const engine = new BreakableEngine();
        engine.instead = () => Promise.reject(SECRET);
        const a = server({ cluster: engine });
        a.cluster!.on("degraded", () => undefined);
        await a.listen();
        expect((await errorOf(a.cluster!.join())).code).to.equal("ERR_CLUSTER_DEGRADED");
        engine.instead = undefined;
        await a.cluster!.join();
        expect(a.cluster!.state).to.equal("joined");
        await a.cluster!.join();
        expect(engine.attempts).to.equal(3);
    });

    it("listens in bounded time if connect() never settles, and closes", async () => {
        const engine = new BreakableEngine();
        engine.instead = () => new Promise(() => undefined);
        const clock = fakeTime();
        const a = server({ cluster: engine });
        const errors: SockhopError[] = [];
        a.cluster!.on("degraded", (error) => errors.push(error));
        await passTime(clock, a.listen());
        expect(a.server.listening).to.equal(true);
        expect(errors.map(({ message }) => message)).to.deep.equal([
            "The cluster is not connected: the engine (breakable) did not respond within 10000 ms",
        ]);
        await passTime(clock, a.close());
        expect(a.cluster!.state).to.equal("left");
    });

    it("can be closed while it joins", async () => {
        const engine = new BreakableEngine();
        engine.instead = () => new Promise(() => undefined);
        const a = server({ cluster: engine });
        const listening = a.listen();
        await until(() => engine.attempts === 1);
        const joining = a.cluster!.join();
        await a.close();
        expect((await errorOf(joining)).code).to.equal("ERR_ABORTED");
        await listening;
        expect(a.server.listening).to.equal(false);
        expect(a.cluster!.state).to.equal("left");
    });

    it("does not join if it cannot listen", async () => {
        const engine = new BreakableEngine();
        const a = server({ cluster: engine });
        await a.listen();
        const b = server({ cluster: engine, port: a.get_bound_port()! });
        b.on("error", () => undefined);
        expect((await errorOf(b.listen())).code).to.equal("EADDRINUSE");
        expect(b.cluster!.state).to.equal("left");
        expect(engine.attempts).to.equal(1);
    });
});

describe("A server that loses its engine", () => {
    it("keeps sending to its clients, and others are told how much they have missed", async () => {
        const engine = new BreakableEngine();
        const a = await serve(engine);
        const b = await serve(engine);
        await until(() => [a, b].every(({ s }) => s.cluster!.members.length === 2));
        const missed: [string, number][] = [];
        const degraded: string[] = [];
        b.s.cluster!.on("missed", ({ id }, count) => missed.push([id, count]));
        for (const { s } of [a, b]) s.cluster!.on("degraded", ({ code }) => degraded.push(code));
        await a.s.sendall(1);
        await received([a, b], 1);
        engine.break();
        expect([a, b].map(({ s }) => s.cluster!.state)).to.deep.equal(["degraded", "degraded"]);
        for (const n of [2, 3, 4]) expect((await errorOf(a.s.sendall(n))).code).to.equal("ERR_CLUSTER_DEGRADED");
        await Promise.all([a.s.cluster!.join(), b.s.cluster!.join()]);
        await until(() => missed.length > 0);
        expect(missed).to.deep.equal([[a.s.cluster!.id, 3]]);
        await a.s.sendall(5);
        expect(await received([a, b], 5)).to.deep.equal([
            [1, 2, 3, 4, 5],
            [1, 5],
        ]);
        expect(degraded).to.deep.equal(["ERR_CLUSTER_DEGRADED", "ERR_CLUSTER_DEGRADED"]);
        expect(b.s.cluster!.stats.missed).to.equal(3);
    });

    it("causes no unhandled rejection, whatever is sent meanwhile", async () => {
        const engine = new BreakableEngine();
        const reasons = unhandled();
        const a = await serve(engine);
        a.s.cluster!.on("degraded", () => undefined);
        void a.s.sendall("taken");
        engine.publish = () => Promise.reject(SECRET);
        void a.s.sendall("refused");
        await turns(3);
        engine.break();
        void a.s.sendall("degraded");
        void a.s.group("lobby").sendall("degraded");
        void a.s.sendall("x".repeat(9 * 2 ** 20));
        void a.s.group("lobby").count();
        void a.s.group("lobby").members();
        void a.s.cluster!.ask("x", {});
        void a.s.cluster!.ask_all({});
        void a.s.session("x.1").send(1);
        await a.s.close();
        void a.s.sendall("left");
        await turns(5);
        expect(reasons).to.deep.equal([]);
    });

    it("refuses a value alone that is larger than the limit of the engine", async () => {
        const engine = new BreakableEngine();
        const [a, b] = [await serve(engine), await serve(engine)];
        await until(() => [a, b].every(({ s }) => s.cluster!.members.length === 2));
        const large = "x".repeat(8 * 2 ** 20);
        const results = await Promise.allSettled([a.s.sendall("before"), a.s.sendall(large), a.s.sendall("after")]);
        expect(results.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected", "fulfilled"]);
        const { code, message } = (results[1] as { reason: SockhopError }).reason;
        expect(code).to.equal("ERR_MESSAGE_TOO_LARGE");
        expect(message).to.match(
            /: its 83887\d\d bytes are more than a message of the engine can have \(8388608 bytes\)$/,
        );
        expect(await received([a, b], "after")).to.deep.equal([
            ["before", large, "after"],
            ["before", "after"],
        ]);
        expect(b.s.cluster!.stats.missed).to.equal(1);
    });

    it("refuses values above max_buffered and max_pending, and its clients get them", async () => {
        for (const [limits, code] of [
            [{ max_buffered: 1000 }, "ERR_BUFFER_FULL"],
            [{ max_pending: 1 }, "ERR_MAX_PENDING"],
        ] as const) {
            const engine = new BreakableEngine();
            const a = await serve(engine, { cluster: { engine, heartbeat: HEARTBEAT * 1000, ...limits } });
            const taken: (() => void)[] = [];
            engine.publish = () => new Promise((resolve) => taken.push(() => resolve(undefined)));
            const first = a.s.sendall("y".repeat(600));
            await turns(1);
            expect((await errorOf(a.s.sendall("z".repeat(600)))).code).to.equal(code);
            for (const take of taken) take();
            await first;
            await until(() => a.received.length === 2);
        }
    });
});

describe("Diagnostics of a cluster", () => {
    it("publish states and missed values", async () => {
        const states: unknown[] = [];
        const missed: unknown[] = [];
        const onState = (message: unknown): void => {
            const { cluster, state, error } = message as ClusterStateDiagnostics;
            if (cluster === a.s.cluster) states.push([state, (error as SockhopError | undefined)?.code]);
        };
        const onMissed = (message: unknown): void => {
            const { cluster, member, count } = message as ClusterMissedDiagnostics;
            missed.push([cluster === b.s.cluster, member, count]);
        };
        const engine = new BreakableEngine();
        const a = await serve(engine);
        const b = await serve(engine);
        await until(() => [a, b].every(({ s }) => s.cluster!.members.length === 2));
        subscribe("sockhop:cluster:state", onState);
        subscribe("sockhop:cluster:missed", onMissed);
        later(() => unsubscribe("sockhop:cluster:state", onState));
        later(() => unsubscribe("sockhop:cluster:missed", onMissed));
        for (const { s } of [a, b]) s.cluster!.on("degraded", () => undefined);
        const { id } = a.s.cluster!;
        engine.break();
        void a.s.sendall("x");
        await Promise.all([a.s.cluster!.join(), b.s.cluster!.join()]);
        await until(() => missed.length > 0);
        await a.s.close();
        expect(states).to.deep.equal([
            ["degraded", "ERR_CLUSTER_DEGRADED"],
            ["joined", undefined],
            ["left", undefined],
        ]);
        expect(missed).to.deep.equal([[true, id, 1]]);
    });
});
