import { expect } from "chai";
import { Cluster } from "../../../src/cluster/Cluster";
import { clusterSettings } from "../../../src/cluster/ClusterOptions";
import type { ClusterResponses, SockhopError } from "../../../src";
import { turns } from "../../support/eventLoop";
import { fakeTime } from "../../support/fakeTime";
import { later } from "../../support/leftovers";
import { requestHost } from "../requestHost";
import { SimulatedBroker, SimulatedEngine } from "../SimulatedBroker";

/** Servers on a simulated engine, with a fake clock, which have joined. */
async function simulated(count: number, options: object = {}) {
    const clock = fakeTime();
    const broker = new SimulatedBroker();
    const failures: unknown[][] = [];
    const servers = Array.from({ length: count }, () => {
        const engine = new SimulatedEngine(broker);
        const host = { clients: 0, deliver: () => undefined, report: () => undefined };
        const failed = (...args: unknown[]): void => void failures.push(args);
        const cluster = new Cluster(clusterSettings({ engine, ...options })!, host, requestHost(failed));
        cluster.on("degraded", () => undefined);
        later(() => void cluster.leave());
        return { engine, cluster };
    });
    /** Lets messages arrive. */
    const settle = async (): Promise<void> => {
        for (let round = 0; round < 6; round++) {
            await turns(1);
            broker.deliver();
        }
        await turns(1);
    };
    const pass = async (ms: number): Promise<void> => {
        for (let left = ms; left > 0; left -= 100) {
            clock.tick(Math.min(left, 100));
            await settle();
        }
    };
    for (const { cluster } of servers) void cluster.join();
    await pass(1200);
    const [a, b, c] = servers.map(({ cluster }) => cluster) as [Cluster, Cluster, Cluster];
    /** Publishes on the topic of the first server. */
    const hear = async (text: string): Promise<void> => {
        broker.publish(`sockhop.sockhop.to.${a.id}`, text);
        await settle();
    };
    return { clock, broker, servers, a, b, c, settle, pass, failures, hear };
}

/** How a promise has settled so far. */
function outcome(promise: Promise<unknown>): { value?: unknown; error?: SockhopError } {
    const result: { value?: unknown; error?: SockhopError } = {};
    promise.then(
        (value) => (result.value = value),
        (error: unknown) => (result.error = error as SockhopError),
    );
    return result;
}

const never = (): Promise<never> => new Promise(() => undefined);

describe("Requests between servers", () => {
    it("get the result of the handler, or what its promise resolves to", async () => {
        const { a, b, settle } = await simulated(2);
        b.handle("double", (n: number, { member, type }) => ({ n: 2 * n, from: member.id, type }));
        b.handle("later", async () => Promise.resolve());
        const results = [a.ask(b.id!, 21, { type: "double" }), a.ask(b.members[0]!, {}, { type: "later" })].map(
            outcome,
        );
        await settle();
        expect(results).to.deep.equal([{ value: { n: 42, from: a.id, type: "double" } }, { value: {} }]);
    });

    it("can be for this server, too", async () => {
        const { a, settle } = await simulated(1);
        a.handle("here", (data, { member }) => member.here);
        const result = outcome(a.ask(a.id!, {}, { type: "here" }));
        await settle();
        expect(result).to.deep.equal({ value: true });
    });

    it("are one message for those of one tick", async () => {
        const { a, b, broker, settle } = await simulated(2);
        b.handle("n", (n: number) => n);
        const results = [1, 2, 3].map((n) => outcome(a.ask(b.id!, n, { type: "n" })));
        await turns(1);
        const texts = [...broker.links].flatMap(({ incoming }) => incoming.map(({ text }) => text));
        expect(texts.filter((text) => text.includes(" = "))).to.have.length(1);
        await settle();
        expect(results.map(({ value }) => value)).to.deep.equal([1, 2, 3]);
    });

    it("fail as the handler does, with code and data of its error, which its server reports", async () => {
        const { a, b, settle, failures } = await simulated(2);
        b.handle("fail", () => {
            throw Object.assign(new Error("no user"), { code: "E_NO_USER", data: { id: 7 } });
        });
        const { error } = await settledOutcome(a.ask(b.id!, {}, { type: "fail" }), settle);
        expect(error).to.include({ code: "ERR_REQUEST_FAILED", message: "no user" });
        expect(error!.remote).to.deep.equal({ message: "no user", code: "E_NO_USER", data: { id: 7 } });
        expect(failures).to.have.length(1);
    });

    it("fail without a handler, with the handled types, which are not those of the library", async () => {
        const { a, b, settle } = await simulated(2);
        b.handle("known", () => 1);
        b._requests.handle("sockhop:own", () => 1);
        const { error } = await settledOutcome(a.ask(b.id!, {}, { type: "other" }), settle);
        expect(error!.code).to.equal("ERR_REQUEST_UNHANDLED");
        expect(error!.message).to.include("(handled: known)");
    });

    it("fail with several values as the result, and with one that cannot be sent", async () => {
        const { a, b, settle } = await simulated(2);
        b.handle("many", async function* () {
            yield await Promise.resolve(1);
        });
        const circle: { self?: object } = {};
        circle.self = circle;
        b.handle("circle", () => circle);
        b.handle("data", () => {
            throw Object.assign(new Error("circle"), { data: circle });
        });
        const results = ["many", "circle", "data"].map((type) => outcome(a.ask(b.id!, {}, { type })));
        await settle();
        expect(results.map(({ error }) => error?.code)).to.deep.equal(Array(3).fill("ERR_REQUEST_FAILED"));
    });

    it("fail if the response is larger than the limit of the engine", async () => {
        const { a, b, settle, servers } = await simulated(2);
        servers[1]!.engine.limit = 2000;
        await servers[1]!.cluster.leave();
        void b.join();
        await settle();
        b.handle("large", () => "x".repeat(3000));
        const { error } = await settledOutcome(a.ask(b.id!, {}, { type: "large" }), settle);
        expect(error!.code).to.equal("ERR_REQUEST_FAILED");
        expect(error!.remote!.code).to.equal("ERR_MESSAGE_TOO_LARGE");
    });

    it("end at their timeout, and the signal of the handler is aborted", async () => {
        const { a, b, pass } = await simulated(2);
        let signal: AbortSignal | undefined;
        b.handle("never", (data, context) => {
            ({ signal } = context);
            return never();
        });
        const result = outcome(a.ask(b.id!, {}, { type: "never", timeout: 500 }));
        await pass(400);
        expect(result).to.deep.equal({});
        expect(signal!.aborted).to.equal(false);
        await pass(200);
        expect(result.error!.code).to.equal("ERR_RESPONSE_TIMEOUT");
        expect(signal!.aborted).to.equal(true);
    });

    it("end when their signal is aborted, also before the call", async () => {
        const { a, b, settle } = await simulated(2);
        b.handle("never", never);
        const controller = new AbortController();
        const { signal } = controller;
        const result = outcome(a.ask(b.id!, {}, { type: "never", signal }));
        await settle();
        controller.abort(new Error("enough"));
        const aborted = await settledOutcome(a.ask(b.id!, {}, { type: "never", signal }), settle);
        for (const { error } of [result, aborted]) expect(error!.code).to.equal("ERR_ABORTED");
    });

    it("end with the other server: unknown, left, or silent", async () => {
        const { a, b, c, settle, pass, servers } = await simulated(3);
        for (const each of [b, c]) each.handle("never", never);
        const results = [a.ask("0123", {}), a.ask(b.id!, {}, { type: "never" }), a.ask(c.id!, {}, { type: "never" })];
        const outcomes = results.map(outcome);
        await settle();
        expect(outcomes.map(({ error }) => error?.code)).to.deep.equal(["ERR_NO_MEMBER", undefined, undefined]);
        await b.leave();
        await settle();
        expect(outcomes[1]!.error!.code).to.equal("ERR_NO_MEMBER");
        servers[2]!.engine.isDumb = true;
        await pass(4500);
        expect(outcomes[2]!.error!.code).to.equal("ERR_NO_MEMBER");
    });

    it("end with the link, and are refused at once while it is away", async () => {
        const { a, b, settle, servers } = await simulated(2);
        b.handle("never", never);
        const result = outcome(a.ask(b.id!, {}, { type: "never" }));
        await settle();
        servers[0]!.engine.break();
        const refused = outcome(a.ask(b.id!, {}, { type: "never" }));
        const all = outcome(a.ask_all({}, { type: "never" }));
        await turns(1);
        for (const { error } of [result, refused, all]) expect(error!.code).to.equal("ERR_CLUSTER_DEGRADED");
    });

    it("end when this server leaves, and the signals of its handlers are aborted", async () => {
        const { a, b, settle } = await simulated(2);
        let signal: AbortSignal | undefined;
        a.handle("never", (data, context) => {
            ({ signal } = context);
            return never();
        });
        b.handle("never", never);
        const results = [a.ask(b.id!, {}, { type: "never" }), b.ask(a.id!, {}, { type: "never" })].map(outcome);
        await settle();
        expect(signal!.aborted).to.equal(false);
        await a.leave();
        await settle();
        expect(results.map(({ error }) => error?.code)).to.deep.equal(["ERR_ABORTED", "ERR_NO_MEMBER"]);
        expect(signal!.aborted).to.equal(true);
        expect((await settledOutcome(a.ask("x", {}), settle)).error!.code).to.equal("ERR_CLUSTER_DEGRADED");
    });

    it("may be sent, and the cluster left and joined again, in a handler", async () => {
        const { a, b, settle, pass } = await simulated(2);
        a.handle("inner", (n: number) => n + 1);
        b.handle("outer", async (n: number, { member }) => {
            const response = (await b.ask(member, n, { type: "inner" })) as number;
            return response + 1;
        });
        let left = 0;
        b.handle("leave", () => {
            left += 1;
            void b.leave();
            void b.join();
            return 1;
        });
        expect((await settledOutcome(a.ask(b.id!, 1, { type: "outer" }), settle)).value).to.equal(3);
        const results = [1, 2].map(() => outcome(a.ask(b.id!, {}, { type: "leave" })));
        await pass(300);
        expect(left).to.equal(1);
        expect(results.map(({ error }) => error?.code)).to.deep.equal(["ERR_NO_MEMBER", "ERR_NO_MEMBER"]);
        expect(b.state).to.equal("joined");
    });

    it("end before a listener of a signal joins again: the others are told that the old id has left", async () => {
        const { a, b, settle, pass } = await simulated(2);
        const old = b.id!;
        const events: unknown[] = [];
        a.on("leave", ({ id }, reason) => events.push(["leave", id === old, reason]));
        a.on("join", ({ id }) => events.push(["join", id === old]));
        b.handle("never", (data, { signal }) => {
            signal.addEventListener("abort", () => void b.join());
            return never();
        });
        const result = outcome(a.ask(old, {}, { type: "never" }));
        await settle();
        void b.leave();
        await pass(5000);
        expect(events).to.deep.equal([
            ["leave", true, "left"],
            ["join", false],
        ]);
        expect([b.state, result.error?.code]).to.deep.equal(["joined", "ERR_NO_MEMBER"]);
    });

    it("are limited by max_pending, on both sides", async () => {
        const { a, b, settle } = await simulated(2, { max_pending: 20 });
        b.handle("never", never);
        const results = Array.from({ length: 25 }, () => outcome(a.ask(b.id!, {}, { type: "never" })));
        await settle();
        const codes = results.map(({ error }) => error?.code);
        expect(codes.filter((code) => code === "ERR_MAX_PENDING")).to.have.length(5);
        expect(codes.filter((code) => code === "ERR_REQUEST_FAILED")).to.have.length(18);
        expect(codes.filter((code) => code === undefined)).to.have.length(2);
    });

    it("reject for invalid arguments", async () => {
        const { a, b } = await simulated(2);
        const calls = [
            () => a.ask(5 as never, {}),
            () => a.ask(b.id!, {}, { timeout: -1 }),
            () => a.ask(b.id!, {}, { signal: {} as AbortSignal }),
            () => a.ask_all({}, { signal: 5 as never }),
            () => a.ask(b.id!, {}, { type: "sockhop:count" }),
            () => a.ask_all({}, { type: "SockhopPing" }),
        ];
        for (const call of calls) {
            const { error } = await settledOutcome(call(), () => turns(1));
            expect(error!.code).to.equal("ERR_BAD_OPTION");
        }
        expect(() => a.handle("sockhop:x", never))
            .to.throw()
            .with.property("code", "ERR_BAD_OPTION");
        expect(() => a.handle("", never))
            .to.throw()
            .with.property("code", "ERR_BAD_OPTION");
        expect(() => a.handle("x", 1 as never))
            .to.throw()
            .with.property("code", "ERR_BAD_OPTION");
        a.handle("x", never);
        expect(() => a.handle("x", never))
            .to.throw()
            .with.property("code", "ERR_HANDLER_EXISTS");
        expect([a.unhandle("x"), a.unhandle("x")]).to.deep.equal([true, false]);
    });

    it("to all get the responses of those that respond, and the failures of the others", async () => {
        const { a, b, c, settle, pass } = await simulated(3);
        b.handle("id", () => "b");
        c.handle("id", never);
        const result = outcome(a.ask_all({}, { type: "id", timeout: 300 }));
        await pass(200);
        expect(result).to.deep.equal({});
        await pass(200);
        const { answers, failures } = result.value as ClusterResponses;
        expect([...answers]).to.deep.equal([[b.id, "b"]]);
        expect(failures.map(({ member, error }) => [member, error.code])).to.deep.equal([
            [c.id, "ERR_RESPONSE_TIMEOUT"],
        ]);
        const next = outcome(a.ask_all({}, { type: "id" }));
        await settle();
        const { id } = c;
        await c.leave();
        await settle();
        const second = next.value as ClusterResponses;
        expect(second.failures.map(({ member, error }) => [member, error.code])).to.deep.equal([[id, "ERR_NO_MEMBER"]]);
    });

    it("are handled once if the engine repeats them", async () => {
        const { a, b, servers, settle } = await simulated(2);
        let calls = 0;
        b.handle("count", () => (calls += 1));
        const result = outcome(a.ask(b.id!, {}, { type: "count" }));
        await turns(1);
        servers[1]!.engine.disturb("repeat");
        await settle();
        servers[1]!.engine.disturb("old");
        await settle();
        expect(result.value).to.equal(1);
        expect(calls).to.equal(1);
    });

    it("of a server that is not known yet fail, and its responses are ignored", async () => {
        const { a, broker, hear } = await simulated(1);
        a.handle("x", () => 1);
        const seen: string[] = [];
        const publish = broker.publish.bind(broker);
        broker.publish = (topic, text) => {
            seen.push(`${topic} ${text}`);
            publish(topic, text);
        };
        const uuid = "0af5e4b1-0000-4000-8000-000000000001";
        await hear(`1 stranger = 1 1\n{"type":"SockhopRequest","data":{"uuid":"${uuid}","type":"x","data":{}}}\n`);
        const responses = seen.filter((text) => text.startsWith("sockhop.sockhop.to.stranger "));
        expect(responses).to.have.length(1);
        expect(responses[0]).to.include("ERR_REQUEST_FAILED");
    });

    it("get no response of another server than the one that was asked", async () => {
        const { a, b, c, broker, settle, hear } = await simulated(3);
        let request = "";
        const publish = broker.publish.bind(broker);
        broker.publish = (topic, text) => {
            if (text.includes("SockhopRequest")) request = text;
            publish(topic, text);
        };
        b.handle("never", never);
        const result = outcome(a.ask(b.id!, {}, { type: "never" }));
        await settle();
        const [, uuid] = /"uuid":"([^"]+)"/.exec(request)!;
        const response = `{"type":"SockhopResponsePacket","data":{"uuid":"${uuid}","last":true,"type":"Number","data":7}}\n`;
        await hear(`1 ${c.id} = 90 1\n${response}`);
        expect(result).to.deep.equal({});
        await hear(`1 ${b.id} = 90 1\n${response}`);
        expect(result).to.deep.equal({ value: 7 });
    });
});

/** Settles a promise by letting messages arrive. */
async function settledOutcome(
    promise: Promise<unknown>,
    settle: () => Promise<unknown>,
): Promise<{ value?: unknown; error?: SockhopError }> {
    const result = outcome(promise);
    await settle();
    return result;
}
