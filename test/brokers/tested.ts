import { join } from "node:path";
import type { Engine } from "../../src/cluster/engine/Engine";
import type { Tested } from "../cluster/engine.contract";
import type { Broker } from "../support/brokers";

/** Password of the brokers in these tests. */
export const PASSWORD = "right-Passw0rd";

/** Time limit of attempts that fail, in milliseconds. */
const TIMEOUT_MS = 1500;

interface Change {
    port?: number;
    password?: string;
}

/** Options of an engine for Redis. */
export function redisOptions(port: number, password = PASSWORD): object {
    return { url: `redis://default:${password}@127.0.0.1:${port}`, socket: { connectTimeout: TIMEOUT_MS } };
}

/** Options of an engine for NATS. */
export function natsOptions(port: number, pass = PASSWORD): object {
    return { servers: `127.0.0.1:${port}`, user: "me", pass, timeout: TIMEOUT_MS };
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
        (change) => factory(redisOptions(change.port ?? broker.port, change.password)),
        (port) => {
            return `require(${JSON.stringify(file)}).redis_engine(${JSON.stringify(redisOptions(port))})`;
        },
    );
}

/** The engine for NATS, for the contract. */
export function natsTested(broker: Broker, factory: Factory, file = join(__dirname, "../../src/engines/nats")): Tested {
    return tested(
        broker,
        (change) => factory(natsOptions(change.port ?? broker.port, change.password)),
        (port) => {
            return `require(${JSON.stringify(file)}).nats_engine(${JSON.stringify(natsOptions(port))})`;
        },
    );
}

function tested(broker: Broker, engine: (change: Change) => Engine, source: (port: number) => string): Tested {
    return {
        engine: (change = {}) => engine(change),
        source,
        port: broker.port,
        kill: () => broker.kill(),
        restart: () => broker.restart(),
        freeze: () => broker.freeze(),
    };
}
