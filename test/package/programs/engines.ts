// Engines of clusters, without their packages. Compiled as an ES module and as CommonJS, and run.
import { strictEqual } from "node:assert";
import type { Engine } from "sockhop";
import { type NatsClient, nats_engine } from "sockhop/nats";
import { type RedisClient, redis_engine } from "sockhop/redis";

/** Options of a package whose declarations know more of them. */
interface OtherOptions {
    url?: string;
    pingInterval?: number;
}

/** Clients as the packages declare them: with more parameters, and with overloads. */
class Redis {
    isOpen = false;
    listener: ((message: string, channel: string) => unknown) | undefined;

    connect(): Promise<this> {
        this.isOpen = true;
        return Promise.resolve(this);
    }

    subscribe(_channels: string | string[], listener: (message: string, channel: string) => unknown): Promise<void> {
        this.listener = listener;
        return Promise.resolve();
    }

    publish(channel: string | Uint8Array, message: string | Uint8Array): Promise<number> {
        this.listener?.(message.toString(), channel.toString());
        return Promise.resolve(1);
    }

    destroy(): void {
        this.isOpen = false;
    }

    on(_event: string | symbol, _listener: (...args: unknown[]) => void): this {
        return this;
    }
}

async function main(): Promise<void> {
    const client = new Redis();
    const options: OtherOptions = { url: "redis://127.0.0.1", pingInterval: 1000 };
    const engines: Engine[] = [
        redis_engine(),
        redis_engine({ url: "redis://127.0.0.1", database: 1, socket: { tls: true, connectTimeout: 100 } }),
        redis_engine(options),
        redis_engine({ client: () => client }),
        redis_engine({ client: (): Promise<RedisClient> => Promise.resolve(client) }),
        nats_engine(),
        nats_engine({ servers: ["127.0.0.1"], user: "me", pass: "secret", tls: null, inboxPrefix: "_me" }),
        nats_engine({ client: (): NatsClient => client as never }),
    ];
    // @ts-expect-error -- a number
    engines.push(redis_engine({ url: 6379 }));
    strictEqual(engines.map(({ name = "" }) => name.length).join(""), "555554445");

    const heard: string[] = [];
    const link = await engines[3]!.connect(
        ["a"],
        (topic, text) => heard.push(topic + text),
        (error) => heard.push(error.message),
    );
    await link.publish("a", "b");
    await link.close();
    strictEqual(heard.join(), "ab");
    strictEqual(client.isOpen, false);
    process.stdout.write("engines: well\n");
}

void main();
