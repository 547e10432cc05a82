import { join } from "node:path";
import type { Engine } from "../../src/cluster/engine/Engine";
import type { Change, Tested } from "../cluster/engine.contract";
import type { Broker } from "../support/brokers";

/** Password of the brokers in these tests. */
export const PASSWORD = "right-Passw0rd";

/** What an engine is created with. */
interface Access extends Change {
    port: number;
}

function redisOptions({ port, password = PASSWORD, timeout }: Access): object {
    const url = `redis://default:${password}@127.0.0.1:${port}`;
    return { url, ...(timeout !== undefined && { socket: { connectTimeout: timeout } }) };
}

function natsOptions({ port, password = PASSWORD, timeout }: Access): object {
    return { servers: `127.0.0.1:${port}`, user: "me", pass: password, ...(timeout !== undefined && { timeout }) };
}

type Factory = (options: object) => Engine;

/** The engine for Redis, for the contract. */
export function redisTested(
    broker: Broker,
    factory: Factory,
    file = join(__dirname, "../../src/engines/redis"),
): Tested {
    return tested(
        broker,
        (access) => factory(redisOptions(access)),
        (access) => `require(${JSON.stringify(file)}).redis_engine(${JSON.stringify(redisOptions(access))})`,
    );
}

/** The engine for NATS, for the contract. */
export function natsTested(broker: Broker, factory: Factory, file = join(__dirname, "../../src/engines/nats")): Tested {
    return tested(
        broker,
        (access) => factory(natsOptions(access)),
        (access) => `require(${JSON.stringify(file)}).nats_engine(${JSON.stringify(natsOptions(access))})`,
    );
}

function tested(broker: Broker, engine: (access: Access) => Engine, source: (access: Access) => string): Tested {
    const accessOf = (change: Change = {}): Access => ({ port: broker.port, ...change });
    return {
        engine: (change) => engine(accessOf(change)),
        source: (change) => source(accessOf(change)),
        port: broker.port,
        kill: () => broker.kill(),
        restart: () => broker.restart(),
        freeze: () => broker.freeze(),
    };
}
