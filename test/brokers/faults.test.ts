import { expect } from "chai";
import { inspect } from "node:util";
import type { Engine } from "../../src/cluster/Engine";
import { nats_engine } from "../../src/engines/nats";
import { redis_engine } from "../../src/engines/redis";
import { Relay } from "../support/Relay";
import { Broker, type BrokerKind, requireBroker, stop } from "../support/brokers";
import { until } from "../support/eventLoop";
import { later } from "../support/leftovers";
import { unhandled } from "../support/rejections";
import { NumberedServer, settle, stream } from "./NumberedServer";
import { PASSWORD } from "./tested";

/** Time limit of an attempt to connect, in milliseconds. */
const TIMEOUT_MS = 300;

interface Login {
    port: number;
    user?: string;
    password?: string;
}

/** What differs between the brokers. */
interface Kind {
    settings: string[];
    engine: (login: Login) => Engine;
    /** Errors of wrong passwords, and of refused subscriptions and messages. */
    wrong: RegExp;
    deaf: RegExp;
    mute: RegExp;
}

const KINDS: Record<BrokerKind, Kind> = {
    redis: {
        settings: [
            ...["member", "&sockhop.*", "+subscribe", "+publish"],
            ...["deaf", "&other.*", "+subscribe", "+publish"],
            ...["mute", "&sockhop.*", "+subscribe", "-publish"],
        ].flatMap((rule) => (/^\w+$/.test(rule) ? ["--user", rule, "on", `>${PASSWORD}`, "resetchannels"] : [rule])),
        engine: ({ port, user = "member", password = PASSWORD }) =>
            redis_engine({
                url: `redis://${user}:${password}@127.0.0.1:${port}`,
                socket: { connectTimeout: TIMEOUT_MS },
            }),
        wrong: /WRONGPASS/,
        deaf: /NOPERM/,
        mute: /has refused a message: redis: NOPERM/,
    },
    nats: {
        settings: [
            "authorization { users = [",
            ...["member sockhop.> sockhop.>", "deaf sockhop.> other.>", "mute other.> sockhop.>"].map((words) => {
                const [user, publish, subscribe] = words.split(" ");
                const permissions = `{ publish: "${publish}", subscribe: "${subscribe}" }`;
                return `{ user: ${user}, password: "${PASSWORD}", permissions: ${permissions} }`;
            }),
            "] }",
        ],
        engine: ({ port, user = "member", password = PASSWORD }) =>
            nats_engine({ servers: `127.0.0.1:${port}`, user, pass: password, timeout: TIMEOUT_MS }),
        wrong: /Authorization Violation/,
        deaf: /Permissions Violation for Subscription/,
        mute: /has refused a message: nats: .*Permissions Violation for Publish/,
    },
};

for (const [kind, { settings, engine, wrong, deaf, mute }] of Object.entries(KINDS) as [BrokerKind, Kind][]) {
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
                const servers = await stream(member(relay.port), member());
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

        it("refuse a value that is larger than its messages, which the others are told", async () => {
            const servers = await stream(member(), member());
            const [a, b] = servers as [NumberedServer, NumberedServer];
            const size = kind === "redis" ? 8 * 2 ** 20 : 2 ** 20;
            expect(await a.send("x".repeat(size))).to.equal("ERR_MESSAGE_TOO_LARGE");
            await settle(servers);
            expect(b.told(a)).to.equal(1);
            expect([...a.degradations, ...b.degradations]).to.deep.equal([]);
        });
    });
}
