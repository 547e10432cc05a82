import { expect } from "chai";
import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectNats } from "@nats-io/transport-node";
import { createClient } from "redis";
import { nats_engine } from "../../src/engines/nats";
import { redis_engine } from "../../src/engines/redis";
import { codeOf, engineContract, listen, newTopic, refused } from "../cluster/engine.contract";
import { Broker, requireBroker, stop } from "../support/brokers";
import { PASSWORD } from "./tested";

describe("redis_engine() and the access control of Redis", () => {
    let broker: Broker;

    before(requireBroker("redis"));

    before("start Redis", async () => {
        const user = (name: string, ...rules: string[]): string[] => ["--user", name, "on", `>${PASSWORD}`, ...rules];
        broker = await Broker.start("redis", [
            ...["--user", "default", "on", "nopass", "~*", "&*", "+@all"],
            ...user("member", "resetchannels", "&sockhop.*", "+subscribe", "+publish"),
            ...user("deaf", "resetchannels", "&other.*", "+subscribe", "+publish"),
            ...user("mute", "resetchannels", "&sockhop.*", "+subscribe"),
        ]);
    });

    after("stop Redis", () => stop(broker));

    const engineOf = (username: string): ReturnType<typeof redis_engine> =>
        redis_engine({ url: `redis://${username}:${PASSWORD}@127.0.0.1:${broker.port}` });

    it("needs no other permissions than those of the guide", async () => {
        const topic = newTopic();
        const { link, hears } = await listen(engineOf("member"), topic);
        await link.publish(topic, "allowed");
        await hears("allowed");
    });

    it("rejects if the user must not subscribe to the topics", async () => {
        const error = await refused(engineOf("deaf"));
        expect(error.message).to.match(/^redis: NOPERM/);
    });

    it("rejects each message if the user must not publish, and stays connected", async () => {
        const { link, losses } = await listen(engineOf("mute"), newTopic());
        const error: unknown = await link.publish("sockhop.x.all", "1").catch((reason: unknown) => reason);
        expect(error).to.have.property("code", "ERR_CLUSTER_DEGRADED");
        expect(error)
            .to.have.property("message")
            .that.matches(/^redis: NOPERM/);
        expect(losses).to.deep.equal([]);
    });

    it("is lost when Redis ends its subscribers", async () => {
        const { loses, losses } = await listen(engineOf("member"), newTopic());
        const admin = connect(broker.port, "127.0.0.1");
        admin.end("CLIENT KILL TYPE pubsub\r\n").resume();
        await loses();
        expect(losses).to.have.length(1);
        await once(admin, "close");
    });

    describe("with a client of the program", () => {
        engineContract(() =>
            redis_engine({ client: () => createClient({ url: `redis://127.0.0.1:${broker.port}`, RESP: 3 }) }),
        );
    });
});

describe("nats_engine() and the permissions of NATS", () => {
    let broker: Broker;

    before(requireBroker("nats"));

    before("start NATS", async () => {
        const user = (name: string, publish: string, subscribe: string): string =>
            `{ user: ${name}, password: "${PASSWORD}", permissions: { publish: "${publish}", subscribe: "${subscribe}" } }`;
        broker = await Broker.start("nats", [
            "max_payload: 300000",
            "authorization { users = [",
            user("member", "sockhop.>", "sockhop.>"),
            user("deaf", "sockhop.>", "other.>"),
            user("mute", "other.>", "sockhop.>"),
            "] }",
        ]);
    });

    after("stop NATS", () => stop(broker));

    const optionsOf = (user: string): { servers: string; user: string; pass: string } => ({
        servers: `127.0.0.1:${broker.port}`,
        user,
        pass: PASSWORD,
    });

    it("needs no other permissions than those of the guide", async () => {
        const topic = newTopic();
        const { link, hears } = await listen(nats_engine(optionsOf("member")), topic);
        await link.publish(topic, "allowed");
        await hears("allowed");
    });

    it("rejects if the user must not subscribe to the topics", async () => {
        const error = await refused(nats_engine(optionsOf("deaf")));
        expect(error.message).to.match(/^nats: Permissions Violation for Subscription/);
    });

    it("rejects messages that the user must not publish, and stays connected", async () => {
        const { link, losses } = await listen(nats_engine(optionsOf("mute")), newTopic());
        for (let n = 0; n < 100; n += 1) {
            expect(await codeOf(link.publish("sockhop.x.all", "1"))).to.equal("ERR_CLUSTER_DEGRADED");
            expect(await codeOf(link.publish("other.x", "1"))).to.equal("resolved");
        }
        expect(losses).to.deep.equal([]);
    });

    it("has the limit of the server", async () => {
        const { link } = await listen(nats_engine(optionsOf("member")), newTopic());
        expect(link.limit).to.equal(300_000);
    });

    it("tries all servers", async () => {
        const servers = ["127.0.0.1:1", `127.0.0.1:${broker.port}`];
        await listen(nats_engine({ ...optionsOf("member"), servers }), newTopic());
    });

    describe("with a client of the program", () => {
        engineContract(() => nats_engine({ client: () => connectNats({ ...optionsOf("member"), reconnect: false }) }));
    });
});
