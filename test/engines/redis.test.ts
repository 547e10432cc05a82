import { expect } from "chai";
import { EventEmitter } from "node:events";
import { type RedisClient, redis_engine } from "../../src/engines/redis";
import type { Coded } from "../support/events";

const nothing = (): undefined => undefined;

/** Client without a network: hears what it publishes. */
class FakeClient extends EventEmitter implements RedisClient {
    isOpen = false;
    readonly calls: string[] = [];
    #listener: (text: string, topic: string) => unknown = nothing;

    connect(): Promise<void> {
        this.isOpen = true;
        this.calls.push("connect");
        return Promise.resolve();
    }

    subscribe(topics: string[], listener: (text: string, topic: string) => unknown): Promise<void> {
        this.calls.push(`subscribe ${topics.join()}`);
        this.#listener = listener;
        return Promise.resolve();
    }

    publish(topic: string, text: string): Promise<number> {
        this.#listener(text, topic);
        return Promise.resolve(1);
    }

    destroy(): void {
        this.calls.push("destroy");
        this.emit("error", new Error("destroyed"));
        this.emit("end");
    }
}

describe("redis_engine()", () => {
    it("uses a new client of its own function for each attempt, also one that is connected", async () => {
        const clients: FakeClient[] = [];
        const engine = redis_engine({
            client: async () => {
                const client = new FakeClient();
                clients.push(client);
                if (clients.length === 2) await client.connect();
                return client;
            },
        });
        expect(engine.name).to.equal("redis");
        for (let n = 0; n < 2; n += 1) {
            const heard: string[] = [];
            const link = await engine.connect(["a", "b"], (topic, text) => heard.push(topic + text), nothing);
            await link.publish("a", "1");
            await link.close();
            expect(heard).to.deep.equal(["a1"]);
        }
        for (const { calls } of clients) expect(calls).to.deep.equal(["connect", "subscribe a,b", "destroy"]);
    });

    it("destroys its client when it is lost, and calls lost once", async () => {
        const client = new FakeClient();
        const losses: string[] = [];
        const link = await redis_engine({ client: () => client }).connect(["a"], nothing, ({ message }) => {
            losses.push(message);
        });
        client.emit("error", new Error("Socket closed unexpectedly"));
        client.emit("error", new Error("again"));
        expect(losses).to.deep.equal(["redis: Socket closed unexpectedly"]);
        expect(client.calls.at(-1)).to.equal("destroy");
        const error = (await link.publish("a", "1").catch((reason: unknown) => reason)) as Coded;
        expect(error.code).to.equal("ERR_CLUSTER_DEGRADED");
    });

    it("destroys a client that is created after the time limit", async () => {
        let create!: (client: FakeClient) => void;
        const late = new Promise<FakeClient>((resolve) => (create = resolve));
        const options = { client: () => late, socket: { connectTimeout: 1 } };
        const error = (await redis_engine(options).connect(["a"], nothing, nothing).catch(String)) as string;
        expect(error).to.include("no connection within 1 ms");
        const client = new FakeClient();
        create(client);
        await late.then(nothing);
        expect(client.calls).to.deep.equal(["destroy"]);
    });

    it("throws ERR_BAD_OPTION for options that are none, or would be ignored, without repeating them", () => {
        const ignored = [{ host: "secret" }, { port: 6379 }];
        for (const options of ["redis://me:secret@host", 5, null, { client: "redis://me:secret@host" }, ...ignored]) {
            expect(() => redis_engine(options as object))
                .to.throw(/redis_engine\(\)/)
                .that.has.property("code", "ERR_BAD_OPTION");
            expect(() => redis_engine(options as object)).to.not.throw(/secret/);
        }
    });
});
