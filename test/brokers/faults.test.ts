import { expect } from "chai";
import { inspect } from "node:util";
import { connect } from "node:net";
import { connect as connectNats } from "@nats-io/transport-node";
import { createClient } from "redis";
import type { Engine } from "../../src/cluster/engine/Engine";
import { nats_engine } from "../../src/engines/nats";
import { redis_engine } from "../../src/engines/redis";
import { Relay } from "../support/Relay";
import { Broker, type BrokerKind, requireBroker, stop } from "../support/brokers";
import { until } from "../support/eventLoop";
import { later } from "../support/leftovers";
import { unhandled } from "../support/rejections";
import { CALM_HEARTBEAT, NumberedServer, settle, stream, streamAt } from "./NumberedServer";
import { PASSWORD } from "./tested";

/** Time limit of an attempt to connect that may get no reply, in milliseconds. */
const TIMEOUT_MS = 300;

interface Login {
    port: number;
    user?: string;
    password?: string;
    timeout?: number | undefined;
}

/** What differs between the brokers. */
interface Kind {
    settings: string[];
    engine: (login: Login) => Engine;
    /** Errors of wrong passwords, and of refused subscriptions and messages. */
    wrong: RegExp;
    deaf: RegExp;
    mute: RegExp;
    /** Gives the user `member` the permission to publish, or takes it away. */
    allow: (broker: Broker, mayPublish: boolean) => void;
}

/** @param published - what the user `member` may publish */
function natsSettings(published = "sockhop.>"): string[] {
    const users = [`member ${published} sockhop.>`, "deaf sockhop.> other.>", "mute other.> sockhop.>"].map((words) => {
        const [user, publish, subscribe] = words.split(" ");
        const permissions = `{ publish: "${publish}", subscribe: "${subscribe}" }`;
        return `{ user: ${user}, password: "${PASSWORD}", permissions: ${permissions} }`;
    });
    return ["authorization { users = [", ...users, "] }"];
}

const KINDS: Record<BrokerKind, Kind> = {
    redis: {
        settings: [
            ...["member", "&sockhop.*", "+subscribe", "+publish", "+unsubscribe"],
            ...["deaf", "&other.*", "+subscribe", "+publish"],
            ...["mute", "&sockhop.*", "+subscribe", "-publish"],
        ].flatMap((rule) => (/^\w+$/.test(rule) ? ["--user", rule, "on", `>${PASSWORD}`, "resetchannels"] : [rule])),
        engine: ({ port, user = "member", password = PASSWORD, timeout }) =>
            redis_engine({
                url: `redis://${user}:${password}@127.0.0.1:${port}`,
                ...(timeout !== undefined && { socket: { connectTimeout: timeout } }),
            }),
        wrong: /WRONGPASS/,
        deaf: /NOPERM/,
        mute: /has refused a message: redis: NOPERM/,
        allow: ({ port }, mayPublish) => {
            const admin = connect(port, "127.0.0.1").resume();
            admin.end(`ACL SETUSER member ${mayPublish ? "+" : "-"}publish\r\n`);
        },
    },
    nats: {
        settings: natsSettings(),
        engine: ({ port, user = "member", password = PASSWORD, timeout }) =>
            nats_engine({ servers: `127.0.0.1:${port}`, user, pass: password, timeout }),
        wrong: /Authorization Violation/,
        deaf: /Permissions Violation for Subscription/,
        mute: /has refused a message: nats: .*Permissions Violation for Publish/,
        allow: (broker, mayPublish) => broker.reload(natsSettings(mayPublish ? "sockhop.>" : "other.>")),
    },
};

/** Settings with which a broker keeps little for a subscriber that does not read. */
const SMALL_BUFFERS: Record<BrokerKind, string[]> = {
    redis: ["--client-output-buffer-limit", "pubsub 1mb 1mb 0"],
    nats: ["max_pending: 1MB", 'write_deadline: "200ms"'],
};

/** An engine whose first connection can be unsubscribed behind its back. */
function unsubscribable(kind: BrokerKind, port: number): { deaf: Engine; unsubscribe: () => Promise<unknown> } {
    if (kind === "redis") {
        const clients: ReturnType<typeof createRedis>[] = [];
        const createRedis = () => createClient({ url: `redis://member:${PASSWORD}@127.0.0.1:${port}`, RESP: 3 });
        const client = () => {
            clients.push(createRedis());
            return clients.at(-1)!;
        };
        return { deaf: redis_engine({ client }), unsubscribe: () => clients[0]!.unsubscribe() };
    }
    const subscriptions: { unsubscribe: () => void }[] = [];
    const client = async () => {
        const options = { servers: `127.0.0.1:${port}`, user: "member", pass: PASSWORD, reconnect: false };
        const connection = await connectNats(options);
        const subscribe = connection.subscribe.bind(connection);
        connection.subscribe = (...args) => {
            const subscription = subscribe(...args);
            subscriptions.push(subscription);
            return subscription;
        };
        return connection;
    };
    return {
        deaf: nats_engine({ client }),
        unsubscribe: async () => {
            for (const subscription of subscriptions.splice(0)) subscription.unsubscribe();
            return Promise.resolve();
        },
    };
}

for (const [kind, { settings, engine, wrong, deaf, mute, allow }] of Object.entries(KINDS) as [BrokerKind, Kind][]) {
    describe(`Servers joined by ${kind}`, () => {
        let broker: Broker;
        let rejections: unknown[];

        before(requireBroker(kind));

        before("start the broker", async () => {
            broker = await Broker.start(kind, settings);
        });

        after("stop the broker", () => stop(broker));

        beforeEach(() => {
            rejections = unhandled();
        });

        afterEach(() => {
            expect(rejections, "unhandled rejections").to.deep.equal([]);
        });

        const member = (port = broker.port): Engine => engine({ port });
        /** With a relay. The first attempt has the usual time limit; later ones may get no reply. */
        const behind = ({ port }: Relay): Engine => {
            let timeout: number | undefined;
            return {
                connect: (...args) => {
                    const attempt = engine({ port, timeout });
                    timeout = TIMEOUT_MS;
                    return attempt.connect(...args);
                },
            };
        };

        /** Starts a server with a login that does not do, and corrects it. Returns the first error. */
        async function corrected(login: Omit<Login, "port">): Promise<Error> {
            let isRight = false;
            const each = await new NumberedServer({
                connect: (...args) => engine({ port: broker.port, ...(!isRight && login) }).connect(...args),
            }).start();
            expect(each.cluster.state).to.equal("degraded");
            expect(await each.send()).to.equal("ERR_CLUSTER_DEGRADED");
            await each.reachesOwnClient();
            isRight = true;
            await each.joined();
            expect(await each.send()).to.equal(undefined);
            expect(each.degradations).to.have.length(1);
            expect(each.errors).to.deep.equal([]);
            return each.degradations[0]!;
        }

        it("start without it, serve their clients, and join when it is there", async () => {
            await broker.kill();
            later(() => broker.restart());
            const servers = [await new NumberedServer(member()).start(), await new NumberedServer(member()).start()];
            for (const each of servers) {
                expect(each.cluster.state).to.equal("degraded");
                each.stream();
                await each.reachesOwnClient();
                expect(await each.send()).to.equal("ERR_CLUSTER_DEGRADED");
            }
            const before = servers.map(({ sent }) => sent);
            await broker.restart();
            // What was sent before a server was first heard is not counted.
            await until(() => servers.every(({ cluster }) => cluster.members.length === 2));
            for (const each of servers) each.halt();
            for (const [n, each] of servers.entries()) {
                const other = servers[1 - n]!;
                await until(() => other.sent > before[1 - n]!);
                expect(each.rows.get(each.id)).to.include({ last: each.sent, told: 0 });
            }
        });

        it("are told what their clients miss while it is killed and started again", async () => {
            const servers = await stream(member(), member());
            await broker.kill();
            later(() => broker.restart());
            for (const each of servers) {
                await each.degraded();
                await each.reachesOwnClient();
                expect(await each.send()).to.equal("ERR_CLUSTER_DEGRADED");
            }
            await broker.restart();
            await settle(servers);
            const [a, b] = servers as [NumberedServer, NumberedServer];
            expect(a.told(b)).to.be.above(0);
            expect(b.told(a)).to.be.above(0);
        });

        it("notice that it is frozen, and go on when it thaws", async () => {
            const servers = await stream(member(), member());
            await broker.freeze();
            later(() => broker.thaw());
            for (const each of servers) {
                await each.reachesOwnClient();
                await each.degraded();
                await each.reachesOwnClient();
            }
            broker.thaw();
            await settle(servers);
        });

        for (const direction of ["there", "back"] as const) {
            it(`notice that nothing passes ${direction === "there" ? "to it" : "back from it"} any more`, async () => {
                const relay = await Relay.start(broker.port);
                const servers = await streamAt(CALM_HEARTBEAT, behind(relay), member());
                const [a, b] = servers as [NumberedServer, NumberedServer];
                relay.swallow(direction);
                await a.reachesOwnClient();
                await a.degraded();
                expect(a.degradations[0]!.message).to.match(/returns no heartbeats|takes no messages/);
                await a.reachesOwnClient();
                await b.reachesOwnClient();
                expect(b.cluster.state).to.equal("joined");
                relay.swallow();
                await settle(servers);
                expect(a.told(b)).to.be.above(0);
                expect(b.told(a)).to.be.above(0);
                expect(b.degradations).to.deep.equal([]);
            });
        }

        it("start with a wrong password, and join when it is right", async () => {
            const error = await corrected({ password: "wrong-Passw0rd" });
            expect(error.message).to.match(wrong);
            expect(inspect(error, { depth: Infinity, showHidden: true })).to.not.match(/-Passw0rd|redis:\/\//);
        });

        it("start if they must not subscribe, and join when they may", async () => {
            expect((await corrected({ user: "deaf" })).message).to.match(deaf);
        });

        it("start if they must not publish, and join when they may", async () => {
            expect((await corrected({ user: "mute" })).message).to.match(mute);
        });

        it("name the permission to publish that was taken away, and go on when they have it again", async () => {
            const own = await Broker.start(kind, settings);
            later(() => own.stop());
            const servers = await stream(member(own.port), member(own.port));
            const [a, b] = servers as [NumberedServer, NumberedServer];
            allow(own, false);
            for (const each of servers) {
                await each.degraded();
                expect(each.degradations[0]!.message).to.match(mute);
                await each.reachesOwnClient();
                expect(await each.send()).to.equal("ERR_CLUSTER_DEGRADED");
            }
            allow(own, true);
            await settle(servers);
            expect(a.told(b)).to.be.above(0);
            expect(b.told(a)).to.be.above(0);
        });

        it("refuse a value that is larger than its messages, which the others are told", async () => {
            const servers = await streamAt(CALM_HEARTBEAT, member(), member());
            const [a, b] = servers as [NumberedServer, NumberedServer];
            const size = kind === "redis" ? 8 * 2 ** 20 : 2 ** 20;
            expect(await a.send("x".repeat(size))).to.equal("ERR_MESSAGE_TOO_LARGE");
            await settle(servers);
            expect(b.told(a)).to.equal(1);
            expect([...a.degradations, ...b.degradations]).to.deep.equal([]);
        });

        it("notice that they are no longer subscribed, and subscribe again", async () => {
            const { deaf: unsubscribed, unsubscribe } = unsubscribable(kind, broker.port);
            const servers = await stream(unsubscribed, member());
            const [a, b] = servers as [NumberedServer, NumberedServer];
            await unsubscribe();
            await a.reachesOwnClient();
            await a.degraded();
            expect(a.degradations[0]!.message).to.include("returns no heartbeats");
            await settle(servers);
            expect(a.told(b)).to.be.above(0);
        });

        it("are cut off by it if they do not read, are told what they miss, and do not hold up others", async () => {
            const small = await Broker.start(kind, [...settings, ...SMALL_BUFFERS[kind]]);
            later(() => small.stop());
            const relay = await Relay.start(small.port);
            const servers = await streamAt(CALM_HEARTBEAT, behind(relay), member(small.port));
            const [a, b] = servers as [NumberedServer, NumberedServer];
            relay.hold("back");
            // More than the system keeps for a connection.
            const { connections } = relay;
            while (relay.connections >= connections && a.cluster.state === "joined") {
                await b.send("x".repeat(50_000));
                await b.reachesOwnClient();
            }
            await a.degraded();
            await a.reachesOwnClient();
            relay.release();
            await settle(servers);
            expect(a.told(b)).to.be.above(0);
            expect(b.degradations).to.deep.equal([]);
        });

        it("report another version once, and ignore what later ones add", async () => {
            const servers = await stream(member(), member());
            const [a] = servers as [NumberedServer, NumberedServer];
            const topic = "sockhop.sockhop.all";
            const ofNext = (n: number): string =>
                JSON.stringify({ type: "Object", data: { from: "8f3a1c09be52", n }, more: 1 });
            const next = await member().connect(
                [topic],
                () => undefined,
                () => undefined,
            );
            for (const text of [
                "2 8f3a1c09be52 * 1 1\n{}\n",
                "2 8f3a1c09be52\n",
                "17 {}\n",
                "1 8f3a1c09be52 ! 7 3 and more\nanything\n",
                '1 8f3a1c09be52 + 7 1 4 and more\n{"clients":3,"protocol":[1,2],"more":{}}\n',
                `1 8f3a1c09be52 * 9 2 0 and more\n${ofNext(1)}\n@\n${ofNext(2)}\n`,
            ]) {
                await next.publish(topic, text);
            }
            await until(() => servers.every((each) => each.rows.get("8f3a1c09be52")?.arrived === 2));
            expect(a.cluster.members.find(({ id }) => id === "8f3a1c09be52")).to.include({ clients: 3 });
            await next.publish(topic, "1 8f3a1c09be52 - 9 0 and more\n");
            await until(() => servers.every(({ cluster }) => cluster.members.length === 2));
            for (const each of servers) {
                expect(each.errors.splice(0)).to.have.nested.property("[0].code", "ERR_CLUSTER_VERSION");
            }
            await next.close();
            await settle(servers);
        });
    });
}

describe("Servers joined by redis", () => {
    let broker: Broker;

    before(requireBroker("redis"));

    before("start the broker", async () => {
        const users = ["member", "admin"].flatMap((user) => ["--user", user, "on", `>${PASSWORD}`, "&*", "+@all"]);
        broker = await Broker.start("redis", [...users, "--proto-max-bulk-len", "1mb"]);
    });

    after("stop the broker", () => stop(broker));

    const member = (): Engine => KINDS.redis.engine({ port: broker.port });

    it("go on when it ends the connections of all subscribers", async () => {
        const servers = await stream(member(), member());
        const admin = connect(broker.port, "127.0.0.1").resume();
        admin.end(`AUTH admin ${PASSWORD}\r\nCLIENT KILL TYPE pubsub\r\n`);
        for (const each of servers) await until(() => each.degradations.length > 0);
        await settle(servers);
    });

    it("go on after a value that it does not take, although it is within the limit of the engine", async () => {
        const servers = await streamAt(CALM_HEARTBEAT, member(), member());
        const [a, b] = servers as [NumberedServer, NumberedServer];
        expect(await a.send("x".repeat(2 ** 21))).to.equal("ERR_CLUSTER_DEGRADED");
        await settle(servers);
        expect(b.told(a)).to.be.above(0);
        expect(b.degradations).to.deep.equal([]);
    });
});
