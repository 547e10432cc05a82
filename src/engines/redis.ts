import { type Engine, type EngineLink, SockhopError } from "../index";
import { BrokerConnection } from "./BrokerConnection";
import { BrokerErrors } from "./BrokerErrors";
import { loadPackage, oldPackageError } from "./loadPackage";
import { checkOptions, checkSize } from "./checks";

/** Members of a client of the package `redis` that the engine uses. */
export interface RedisClient {
    readonly isOpen?: boolean;
    connect(): Promise<unknown>;
    subscribe(channels: string[], listener: (message: string, channel: string) => unknown): Promise<unknown>;
    publish(channel: string, message: string): Promise<unknown>;
    destroy(): unknown;
    on(event: "error" | "end", listener: (error?: unknown) => void): unknown;
}

/** Options of `createClient()` of the package `redis`, which has the types of all of them. */
export interface RedisOptions {
    /** Such as `redis://user:password@host:6379`, or `rediss:` for TLS. */
    url?: string | undefined;
    username?: string | undefined;
    password?: string | undefined;
    /** Name of the connection in `CLIENT LIST`. */
    name?: string | undefined;
    /** Address and TLS. `connectTimeout` is the time limit of the whole attempt, 5000 ms by default. */
    socket?: object | undefined;
}

/** A client of your own, such as one of `createSentinel()`. */
export interface RedisClientOption {
    /** Returns a new client for each attempt to connect. The engine connects and destroys it. */
    client: () => RedisClient | PromiseLike<RedisClient>;
}

/** Not written into `import()`, where the compiler would check the declarations of the package, or miss them. */
const PACKAGE = "redis";
const VERSIONS = ">=5";

/** Milliseconds, as the default of the package. */
const CONNECT_TIMEOUT_MS = 5000;

/** Redis cuts a subscriber with 8 MB of unread messages after a minute, and one with 32 MB at once. */
const LIMIT = 8 * 1024 * 1024;

/**
 * Engine of a cluster on Redis 6 or newer, or on a server with its protocol, such as Valkey. It needs the package
 * `redis` 5 or newer, which is loaded at the first attempt to connect.
 *
 * Its one connection publishes and subscribes. Redis needs no other commands than `HELLO`, `SUBSCRIBE` and `PUBLISH`.
 *
 * @param options - options of `createClient()`, or `client`
 * @returns the engine for the option `cluster` of a server
 * @throws an error `ERR_BAD_OPTION` for options that are no object, and for `host` and `port`
 * @example
 * ```js
 * const { redis_engine } = require("sockhop/redis");
 *
 * const server = new Sockhop.server({ port: 5000, cluster: redis_engine({ url: "redis://10.0.0.5" }) });
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- allows the other options of the package
export function redis_engine<O extends RedisOptions = RedisOptions>(options?: O | RedisClientOption): Engine {
    const given = checkOptions<RedisOptions & Partial<RedisClientOption>>("redis_engine", options);
    // The package ignores them, and connects to this computer.
    if ("host" in given || "port" in given)
        throw new SockhopError("host and port of redis_engine() must be in url, or in socket", "ERR_BAD_OPTION");
    const errors = new BrokerErrors("redis", [given.url, given.password]);
    const create = given.client ?? (() => createClient(given));
    const { connectTimeout } = (given.socket ?? {}) as { connectTimeout?: unknown };
    const timeout = typeof connectTimeout === "number" && connectTimeout > 0 ? connectTimeout : CONNECT_TIMEOUT_MS;
    return {
        name: "redis",
        connect: async (topics, heard, lost) => {
            const connection = new BrokerConnection({ heard, lost }, errors);
            return connection.open(
                timeout,
                () => owned(connection, create),
                async (client) => {
                    if (client.isOpen !== true) await connection.settle(client.connect());
                    const listener = (text: string, topic: string): void => connection.hear(topic, text);
                    await connection.settle(client.subscribe([...topics], listener));
                    return new RedisLink(connection, client);
                },
            );
        },
    };
}

/** Creates a client that ends with the connection, and the connection with it. */
async function owned(connection: BrokerConnection, create: RedisClientOption["client"]): Promise<RedisClient> {
    const client = await create();
    connection.onEnd(() => client.destroy());
    client.on("error", (error) => connection.lose(error)); // without a listener, it would end the process
    client.on("end", () => connection.lose("the connection has ended"));
    return client;
}

async function createClient(options: RedisOptions): Promise<RedisClient> {
    const { commandOptions } = options as { commandOptions?: object };
    const load = (): Promise<unknown> => import(PACKAGE);
    const create = await loadPackage(PACKAGE, VERSIONS, load, "createClient");
    const client = create({
        maintNotifications: "disabled", // they would make it connect elsewhere
        ...options,
        RESP: 3, // so that one connection can publish and subscribe
        disableOfflineQueue: true,
        commandOptions: { ...commandOptions, timeout: undefined }, // would cost a timer for each message
        socket: { ...options.socket, reconnectStrategy: false },
    }) as Partial<RedisClient>;
    if (typeof client.destroy !== "function") throw oldPackageError(PACKAGE, VERSIONS);
    return client as RedisClient;
}

class RedisLink implements EngineLink {
    readonly limit = LIMIT;
    readonly #connection: BrokerConnection;
    readonly #client: RedisClient;

    constructor(connection: BrokerConnection, client: RedisClient) {
        this.#connection = connection;
        this.#client = client;
    }

    async publish(topic: string, text: string): Promise<void> {
        if (this.#connection.hasEnded) throw this.#connection.endError();
        checkSize(text, this.limit);
        await this.#connection.settle(this.#client.publish(topic, text));
    }

    close(): Promise<void> {
        return this.#connection.close();
    }
}
