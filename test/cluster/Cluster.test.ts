import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect } from "chai";
import { Cluster } from "../../src/cluster/Cluster";
import { clusterSettings } from "../../src/cluster/ClusterOptions";
import type { ClusterHost } from "../../src/cluster/ClusterHost";
import type { Engine } from "../../src/cluster/engine/Engine";
import type { ClusterStateDiagnostics, SockhopError } from "../../src";
import { turns } from "../support/eventLoop";
import { fakeTime } from "../support/fakeTime";
import { later } from "../support/leftovers";
import { warnings } from "../support/rejections";
import { requestHost } from "./requestHost";
import { SimulatedBroker, SimulatedEngine } from "./SimulatedBroker";

const ID = "8f3a1c09be52";

/** Cluster of one server on a simulated engine, with a fake clock. */
function simulated(options: object = {}) {
    const clock = fakeTime();
    const broker = new SimulatedBroker();
    const engine = new SimulatedEngine(broker);
    const events: unknown[][] = [];
    const delivered: string[] = [];
    const errors: SockhopError[] = [];
    const host: ClusterHost = {
        clients: 0,
        deliver: (lines) => delivered.push(...lines),
        report: (error) => errors.push(error),
    };
    const cluster = new Cluster(clusterSettings({ engine, ...options })!, host, requestHost());
    later(() => void cluster.leave()); // its timeouts are those of the fake clock
    for (const name of ["joined", "degraded", "join", "leave", "missed"] as const) {
        cluster.on(name, (...args: unknown[]) => events.push([name, ...args]));
    }
    /** Lets time pass, and messages arrive every 100 ms. */
    const pass = async (ms: number): Promise<void> => {
        for (let left = ms; left > 0; left -= 100) {
            clock.tick(Math.min(left, 100));
            await turns(1);
            broker.deliver();
            await turns(1);
        }
    };
    /** Publishes as another server. */
    const hear = (text: string): void => {
        broker.publish("sockhop.sockhop.all", text);
        broker.deliver();
    };
    return {
        clock,
        broker,
        engine,
        cluster,
        events,
        delivered,
        errors,
        pass,
        hear,
        names: () => events.map(([name]) => name),
    };
}

describe("A cluster", () => {
    it("has joined when its own hello has come back, not before", async () => {
        const { cluster, broker, pass } = simulated();
        const joining = cluster.join();
        await turns(2);
        expect(cluster.state).to.equal("joining");
        await pass(100);
        await joining;
        expect(cluster.state).to.equal("joined");
        expect(broker.links.size).to.equal(1);
        expect(cluster.id).to.match(/^[0-9a-f]{12}$/);
    });

    for (const fault of ["isDeaf", "isDumb", "isSlow"] as const) {
        it(`is degraded after three heartbeats without an echo: ${fault}`, async () => {
            const { cluster, engine, pass, events } = simulated();
            void cluster.join();
            await pass(1500);
            engine[fault] = true;
            await pass(3400);
            expect(cluster.state).to.equal("joined");
            await pass(200);
            expect(cluster.state).to.equal("degraded");
            expect((events.at(-1)![1] as SockhopError).message).to.include("returns no heartbeats");
        });
    }

    it("is degraded at once if the engine ends the connection, and joins again", async () => {
        const { cluster, engine, pass, names } = simulated();
        void cluster.join();
        await pass(200);
        engine.break();
        expect(cluster.state).to.equal("degraded");
        await pass(300);
        expect(cluster.state).to.equal("joined");
        expect(names()).to.deep.equal(["joined", "degraded", "joined"]);
    });

    it("is degraded at once, for the reason of the engine, if that refuses its hello", async () => {
        const { cluster, engine, events } = simulated();
        engine.publishMode = "reject";
        const error: unknown = await cluster.join().catch((reason: unknown) => reason);
        expect(error)
            .to.have.property("message")
            .that.matches(/the engine \(engine\) has refused a message: refused/);
        expect(cluster.state).to.equal("degraded");
        expect(events).to.deep.equal([["degraded", error]]);
        expect(engine.broker.links.size).to.equal(0);
    });

    it("names the reason of the engine if that refuses its heartbeats; one refusal does no harm", async () => {
        const { cluster, engine, pass, events } = simulated();
        const { publishMode } = engine;
        void cluster.join();
        await pass(1500);
        engine.publishMode = "reject";
        await pass(1000);
        engine.publishMode = publishMode;
        await pass(3000);
        expect(cluster.state).to.equal("joined");
        engine.isDeaf = true; // the earlier refusal is not the reason
        await pass(4000);
        expect((events.at(-1)![1] as SockhopError).message).to.include("returns no heartbeats");
        engine.isDeaf = false;
        await pass(15_000); // the attempt meanwhile had no echo
        expect(cluster.state).to.equal("joined");
        engine.publishMode = "reject";
        await pass(4000);
        expect(cluster.state).to.equal("degraded");
        expect((events.at(-1)![1] as SockhopError).message).to.include("has refused a message: refused");
    });

    it("is not degraded by values that are ahead of a heartbeat, as long as they come back", async () => {
        const { cluster, engine, pass, broker } = simulated();
        void cluster.join();
        await pass(200);
        for (let beat = 0; beat < 8; beat++) {
            void cluster.spread("{}");
            await turns(1);
            const incoming = engine.link!.incoming.splice(0);
            engine.link!.incoming.push(...incoming.filter(({ text }) => text.includes(" * ")));
            broker.deliver();
            engine.isDeaf = true;
            await pass(1000);
            engine.isDeaf = false;
        }
        expect(cluster.state).to.equal("joined");
    });

    for (const mode of ["never", "reject", "throw", "lost inside", "no link", "bad limit"] as const) {
        it(`tries for ever, with growing pauses, if connect() fails: ${mode}`, async () => {
            const { cluster, engine, pass, names } = simulated();
            engine.connectMode = mode;
            let attempts = 0;
            const connect = engine.connect.bind(engine);
            engine.connect = (...args) => {
                attempts += 1;
                return connect(...args);
            };
            const joining = cluster.join();
            await pass(60_000);
            const error = await joining.then(
                () => undefined,
                (reason: unknown) => reason as SockhopError,
            );
            expect(error?.code).to.equal("ERR_CLUSTER_DEGRADED");
            expect(names()).to.deep.equal(["degraded"]);
            expect(attempts).to.be.within(mode === "never" ? 5 : 30, 200);
            engine.connectMode = "ok";
            await pass(13_000);
            expect(cluster.state).to.equal("joined");
        });
    }

    it("is degraded if the engine takes no messages for three heartbeats, and settles their promises", async () => {
        const { cluster, engine, pass, names } = simulated();
        void cluster.join();
        await pass(200);
        engine.publishMode = "never";
        const sending = cluster.spread("{}");
        await pass(2500);
        expect(names()).to.deep.equal(["joined"]);
        await pass(1000);
        expect(names().slice(0, 2)).to.deep.equal(["joined", "degraded"]);
        expect(((await sending.catch((error: unknown) => error)) as SockhopError).message).to.include(
            "takes no messages",
        );
    });

    it("settles the promise of a single message that the engine has forgotten, after 60 heartbeats", async () => {
        const { cluster, engine, pass } = simulated();
        void cluster.join();
        await pass(200);
        engine.publishMode = "never";
        let isSettled = false;
        cluster.spread("{}").catch(() => (isSettled = true));
        await turns(1);
        engine.publishMode = "ok";
        await pass(58_000);
        expect(isSettled).to.equal(false);
        expect(cluster.stats).to.include({ pending: 1, outages: 0 });
        await pass(3000);
        expect(isSettled).to.equal(true);
    });

    it("starts an attempt at once by join() while it is degraded, and only one", async () => {
        const { cluster, engine, broker, pass } = simulated();
        engine.connectMode = "reject";
        await cluster.join().catch(() => undefined);
        engine.connectMode = "ok";
        const joins = [cluster.join(), cluster.join()];
        expect(joins[0]).to.equal(joins[1]);
        await pass(5000);
        await Promise.all(joins);
        expect(broker.links.size).to.equal(1);
        expect(cluster.state).to.equal("joined");
    });

    it("sends the values of a tick as one message, and cuts it at 64 KiB and at the limit of the engine", async () => {
        const { cluster, engine, pass } = simulated();
        void cluster.join();
        await pass(200);
        const messages = (): string[] =>
            engine.link!.incoming.splice(0).map(({ text }) => text.split("\n")[0]!.replace(cluster.id!, "ID"));
        for (let n = 0; n < 5; n++) void cluster.spread("{}", n % 2 ? "lobby" : undefined);
        await turns(1);
        expect(messages()).to.deep.equal(["1 ID * 5 5"]);
        const large = `{"data":"${"x".repeat(20_000)}"}`;
        for (let n = 0; n < 5; n++) void cluster.spread(large);
        await turns(1);
        expect(messages()).to.deep.equal(["1 ID * 8 3", "1 ID * 10 2"]);
        const huge = `{"data":"${"x".repeat(70_000)}"}`;
        for (const line of ["{}", huge, "{}"]) void cluster.spread(line);
        await turns(1);
        expect(messages()).to.deep.equal(["1 ID * 11 1", "1 ID * 12 1", "1 ID * 13 1"]);
        engine.limit = 1000;
        engine.break();
        await pass(1000);
        engine.link!.incoming.length = 0;
        const results = Promise.allSettled(
            ["é".repeat(300), "é".repeat(460)].map((line) => cluster.spread(`{"${line}"}`)),
        );
        await turns(1);
        expect(messages()).to.deep.equal(["1 ID * 14 1"]);
        expect((await results).map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected"]);
    });

    it("replies to a hello at once, but to one for each heartbeat only", async () => {
        const { cluster, engine, pass, hear } = simulated();
        void cluster.join();
        await pass(1100);
        for (let n = 0; n < 100; n++) hear(`1 other${n} ? 0 1 1\n{"clients":3}\n`);
        expect(engine.link!.incoming.length + engine.link!.delivered.length).to.be.below(110);
        expect(cluster.members).to.have.lengthOf(101);
        expect(cluster.members[1]).to.deep.equal({ id: "other0", clients: 3, silent: 0, here: false });
    });

    it("judges nobody while the engine does not work", async () => {
        const { cluster, engine, pass, hear, names } = simulated();
        void cluster.join();
        await pass(1100);
        hear(`1 ${ID} + 0 1 1\n{}\n`);
        engine.isDumb = true;
        await pass(20_000);
        expect(cluster.state).to.equal("degraded");
        engine.isDumb = false;
        await pass(12_000);
        expect(names().slice(0, 5)).to.deep.equal(["joined", "join", "degraded", "joined", "leave"]);
    });

    it("ignores its own messages, those of its earlier ids included, and does not count them", async () => {
        const { cluster, pass, hear, delivered, events } = simulated();
        void cluster.join();
        await pass(200);
        const { id } = cluster;
        await cluster.leave();
        void cluster.join();
        await pass(200);
        for (const own of [id!, cluster.id!]) hear(`1 ${own} * 5 1\n{}\n`);
        hear(`1 ${ID} * 5 1\n{"a":1}\n`);
        expect(delivered).to.deep.equal(['{"a":1}']);
        expect(events.map(([name]) => name)).to.deep.equal(["joined", "joined", "join"]);
        expect(cluster.stats.messages_received).to.equal(1);
    });

    it("reports another version once", async () => {
        const { cluster, pass, hear, errors, delivered } = simulated();
        void cluster.join();
        await pass(200);
        for (let n = 0; n < 3; n++) hear(`2 ${ID} * 5 1\n{}\n`);
        expect(errors.map(({ code }) => code)).to.deep.equal(["ERR_CLUSTER_VERSION"]);
        expect(delivered).to.deep.equal([]);
    });

    it("sends a goodbye behind its last values, and the others know how many these were", async () => {
        const { cluster, engine, pass } = simulated();
        void cluster.join();
        await pass(200);
        const { id } = cluster;
        const sending = cluster.spread("{}");
        const { incoming } = engine.link!;
        await Promise.all([cluster.leave(), cluster.leave(), sending]);
        expect(incoming.map(({ text }) => text.split("\n")[0])).to.deep.equal([`1 ${id} * 1 1`, `1 ${id} - 1 0`]);
        expect(cluster.stats).to.include({ members: 0, buffered: 0, pending: 0 });
    });

    it("leaves in bounded time if the engine takes nothing, and does not close", async () => {
        const { clock, cluster, engine, pass } = simulated();
        void cluster.join();
        await pass(200);
        engine.publishMode = "never";
        engine.closeMode = "never";
        let isLeft = false;
        const sending = cluster.spread("{}").catch((error: unknown) => (error as SockhopError).code);
        void cluster.leave().then(() => (isLeft = true));
        await pass(2100);
        expect(isLeft).to.equal(true);
        expect(await sending).to.equal("ERR_ABORTED");
        expect(clock.countTimers()).to.equal(0);
    });

    it("can be left and joined in any listener, and by the engine", async () => {
        for (const name of ["joined", "join", "missed", "leave", "degraded"] as const) {
            const { clock, cluster, engine, pass, hear } = simulated();
            let calls = 0;
            cluster.on(name, () => {
                calls += 1;
                void cluster.leave();
                void cluster.join().catch(() => undefined);
                if (calls === 1) void cluster.leave();
            });
            void cluster.join().catch(() => undefined);
            await pass(200);
            hear(`1 ${ID} + 0 1 1\n{}\n`);
            hear(`1 ${ID} * 5 1\n{}\n`);
            hear(`1 ${ID} - 5 0\n`);
            engine.break();
            await pass(3000);
            expect(calls).to.be.above(0);
            await cluster.leave();
            expect(cluster.state).to.equal("left");
            expect(clock.countTimers()).to.equal(0);
            clock.uninstall();
        }
    });

    it("can leave while a subscriber of the diagnostics channel hears of the state", async () => {
        for (const state of ["joining", "joined", "degraded"]) {
            const { cluster, engine, broker, pass } = simulated();
            const heard: unknown[] = [];
            const onState = (message: unknown): void => {
                const { cluster: from, state: current } = message as ClusterStateDiagnostics;
                if (from !== cluster) return;
                heard.push(current);
                if (current === state) void cluster.leave();
            };
            subscribe("sockhop:cluster:state", onState);
            later(() => void unsubscribe("sockhop:cluster:state", onState));
            void cluster.join();
            await pass(500);
            engine.link?.lost(new Error("away"));
            await pass(3000);
            expect(heard.slice(-2)).to.deep.equal([state, "left"]);
            expect([cluster.state, broker.links.size, cluster.members]).to.deep.equal(["left", 0, []]);
        }
    });

    it("gives an engine a list of topics that it may change", async () => {
        const { cluster, engine, pass } = simulated();
        const connect = engine.connect.bind(engine);
        engine.connect = (topics, heard, lost) => connect((topics as string[]).splice(0), heard, lost);
        void cluster.join();
        await pass(500);
        expect(cluster.state).to.equal("joined");
    });

    it("closes the connection of an engine whose limit cannot be read", async () => {
        const { cluster, engine, pass, events } = simulated();
        let closed = 0;
        const link = {
            get limit(): number {
                throw new Error("no limit");
            },
            publish: () => Promise.resolve(),
            close: async () => {
                closed += 1;
                return Promise.resolve();
            },
        };
        for (const bad of [link, undefined as never]) {
            engine.connect = () => Promise.resolve(bad);
            void cluster.join();
            await pass(100);
            const [, error] = events.at(-1) as [string, SockhopError];
            expect(error.message).to.contain("its limit must be a number of bytes");
            await cluster.leave();
        }
        expect(closed).to.equal(1);
    });

    it("survives an engine that calls its methods", async () => {
        const { clock, cluster, engine, pass } = simulated();
        const connect = engine.connect.bind(engine);
        let goodbyes = 0;
        engine.connect = async (topics, heard, lost) => {
            const link = await connect(topics, heard, lost);
            return {
                limit: link.limit,
                publish: (topic, text) => {
                    if (text.includes(" - ") && ++goodbyes < 5) void cluster.join().catch(() => undefined);
                    if (text.includes(" * 1 ")) void cluster.spread("{}");
                    if (text.includes(" * 3 ")) void cluster.leave();
                    return link.publish(topic, text);
                },
                close: () => {
                    lost(new Error("closed"));
                    void cluster.leave();
                    return link.close();
                },
            };
        };
        void cluster.join();
        await pass(200);
        const sent = [1, 2].map(() => cluster.spread("{}"));
        await pass(200);
        const third = cluster.spread("{}");
        await pass(5000);
        await Promise.allSettled([...sent, third]);
        engine.connect = connect;
        await cluster.leave();
        await pass(3000);
        await cluster.leave();
        expect(clock.countTimers()).to.equal(0);
    });

    it("warns of the first outage without a listener, and only of that", async () => {
        const { cluster, engine, pass } = simulated();
        cluster.removeAllListeners("degraded");
        const heard = warnings();
        void cluster.join();
        for (let n = 0; n < 3; n++) {
            await pass(1000);
            engine.break();
        }
        await turns(2);
        expect(heard.map(({ code }) => code)).to.deep.equal(["ERR_CLUSTER_DEGRADED"]);
    });

    it("counts what it sends, and the time of outages", async () => {
        const { cluster, engine, pass, hear } = simulated();
        void cluster.join();
        await pass(200);
        await cluster.spread("{}");
        hear(`1 ${ID} * 5 1\n{}\n`);
        hear(`1 ${ID} * 8 1\n{}\n`);
        engine.connectMode = "reject";
        engine.break();
        cluster.spread("{}").catch(() => undefined);
        await pass(5000);
        expect(cluster.stats).to.deep.include({
            members: 2,
            messages_sent: 1,
            messages_received: 2,
            missed: 2,
            refused: 1,
            outages: 1,
            degraded_ms: 5000,
            buffered: 0,
            pending: 0,
        });
        expect(cluster.stats.round_trip).to.be.within(0, 100);
    });
});

describe("An engine", () => {
    it("can be any object with connect()", () => {
        const engine = { connect: () => Promise.reject(new Error()) } as unknown as Engine;
        expect(clusterSettings(engine)).to.deep.equal({
            engine,
            name: "sockhop",
            heartbeat: 1000,
            maxBuffered: 16 * 2 ** 20,
            maxPending: 100_000,
        });
    });
});
