import type { Engine, EngineLink } from "../index";
import { nextTick, setImmediate } from "../runtime/clock";
import { BrokerConnection } from "./BrokerConnection";
import { BrokerErrors } from "./BrokerErrors";
import { checkOptions, checkSize } from "./checks";
import { loadPackage } from "./loadPackage";
import { openedSockets } from "./openedSockets";

/** Members of a connection of the package `@nats-io/transport-node` that the engine uses. */
export interface NatsClient {
    readonly info?: { readonly max_payload: number } | undefined;
    subscribe(
        subject: string,
        options: {
            callback: (error: Error | null, message: { readonly subject: string; readonly data: Uint8Array }) => void;
        },
    ): unknown;
    publish(subject: string, payload: string): unknown;
    flush(): Promise<unknown>;
    status(): AsyncIterable<{ readonly type: string }>;
    closed(): Promise<unknown>;
    close(): Promise<unknown>;
}

/** Options of `connect()` of the package `@nats-io/transport-node`, which has the types of all of them. */
export interface NatsOptions {
    /** Such as `"10.0.0.5:4222"`; of several, the first that answers is used. */
    servers?: string | string[] | undefined;
    user?: string | undefined;
    pass?: string | undefined;
    token?: string | undefined;
    /** Name of the connection in the monitoring of NATS. */
    name?: string | undefined;
    tls?: object | null | undefined;
    /** Time limit of an attempt for each server, in milliseconds. Default 5000. */
    timeout?: number | undefined;
    /** Milliseconds between pings. Default 1000. */
    pingInterval?: number | undefined;
    /** Number of pings without an answer that end the connection. Default 2. */
    maxPingOut?: number | undefined;
}

/** A connection of your own. */
export interface NatsClientOption {
    /** Returns a new connection, without `reconnect`, for each attempt to connect. The engine closes it. */
    client: () => NatsClient | PromiseLike<NatsClient>;
}

/** Not written into `import()`, where the compiler would check the declarations of the package, or miss them. */
const PACKAGE = "@nats-io/transport-node";
const VERSIONS = ">=3";

/** Default of `timeout`, in milliseconds. That of the package is 20 s. */
const CONNECT_TIMEOUT_MS = 5000;

/** The defaults of the package notice a frozen server after six minutes, these after three seconds. */
const PINGS = { pingInterval: 1000, maxPingOut: 2 };

/** Default of `max_payload` of nats-server, in bytes. */
const DEFAULT_LIMIT = 1024 * 1024;

/**
 * Engine of a cluster on NATS. It needs the package `@nats-io/transport-node` 3 or newer, which is loaded at the first
 * attempt to connect.
 *
 * @param options - options of `connect()`, or `client`
 * @returns the engine for the option `cluster` of a server
 * @throws an error `ERR_BAD_OPTION` for options that are no object
 * @example
 * ```js
 * const { nats_engine } = require("sockhop/nats");
 *
 * const server = new Sockhop.server({ port: 5000, cluster: nats_engine({ servers: "10.0.0.5" }) });
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- allows the other options of the package
export function nats_engine<O extends NatsOptions = NatsOptions>(options?: O | NatsClientOption): Engine {
    const given = checkOptions<NatsOptions & Partial<NatsClientOption>>("nats_engine", options);
    const servers = [given.servers ?? []].flat();
    const errors = new BrokerErrors("nats", [...servers, given.pass, given.token]);
    const create = given.client ?? (() => connect(given));
    const timeout = typeof given.timeout === "number" && given.timeout > 0 ? given.timeout : CONNECT_TIMEOUT_MS;
    return {
        name: "nats",
        connect: async (topics, heard, lost) => {
            const connection = new BrokerConnection({ heard, lost }, errors);
            // One more second: the package tries one server after the other, each within its own time limit.
            const limit = timeout * Math.max(1, servers.length) + 1000;
            return connection.open(
                limit,
                () => owned(connection, create),
                async (client) => {
                    const link = new NatsLink(connection, client);
                    await link.subscribe(topics);
                    return link;
                },
            );
        },
    };
}

/** Creates a client that ends with the connection, and the connection with it. */
async function owned(connection: BrokerConnection, create: NatsClientOption["client"]): Promise<NatsClient> {
    const sockets = openedSockets(async () => create());
    connection.onEnd(() => sockets.destroy());
    const client = await sockets.result;
    connection.onEnd(() => client.close());
    void client.closed().then(
        (error) => connection.lose(error ?? "the connection has ended"),
        (error: unknown) => connection.lose(error),
    );
    return client;
}

async function connect(options: NatsOptions): Promise<NatsClient> {
    const load = (): Promise<unknown> => import(PACKAGE);
    const create = await loadPackage(PACKAGE, VERSIONS, load, "connect");
    return create({
        timeout: CONNECT_TIMEOUT_MS,
        ...PINGS,
        ...options,
        reconnect: false,
        waitOnFirstConnect: false,
        noEcho: false,
        noAsyncTraces: true,
    }) as Promise<NatsClient>;
}

/** Messages of one tick, which one round trip acknowledges. */
class Burst {
    readonly taken: Promise<void>;
    #resolve!: () => void;
    #reject!: (error: unknown) => void;

    constructor() {
        this.taken = new Promise((resolve, reject) => {
            this.#resolve = resolve;
            this.#reject = reject;
        });
        this.taken.catch(() => undefined); // each message of it has a promise of its own
    }

    async settle(flushed: Promise<unknown>): Promise<void> {
        try {
            await flushed;
            // The server refuses a message before it acknowledges, but the client reports that some microtasks later.
            setImmediate(() => this.#resolve());
        } catch (error) {
            this.#reject(error);
        }
    }

    refuse(error: unknown): void {
        this.#reject(error);
    }
}

class NatsLink implements EngineLink {
    readonly limit: number;
    readonly #connection: BrokerConnection;
    readonly #client: NatsClient;
    /** Bursts that are not acknowledged. */
    readonly #bursts = new Set<Burst>();
    /** Burst of this tick. */
    #burst: Burst | undefined;

    constructor(connection: BrokerConnection, client: NatsClient) {
        this.#connection = connection;
        this.#client = client;
        this.limit = client.info?.max_payload ?? DEFAULT_LIMIT;
        void this.#watch();
    }

    async subscribe(topics: readonly string[]): Promise<void> {
        let refusal: Error | undefined;
        for (const topic of topics) {
            this.#client.subscribe(topic, {
                callback: (error, message) => {
                    if (error === null) this.#connection.hear(message.subject, textOf(message.data));
                    else refusal ??= error;
                },
            });
        }
        await this.#connection.settle(this.#client.flush());
        if (refusal !== undefined) throw refusal;
    }

    async publish(topic: string, text: string): Promise<void> {
        if (this.#connection.hasEnded) throw this.#connection.endError();
        checkSize(text, this.limit);
        const burst = (this.#burst ??= this.#begin());
        const published = async (): Promise<void> => {
            this.#client.publish(topic, text);
            await burst.taken;
        };
        await this.#connection.settle(published());
    }

    close(): Promise<void> {
        return this.#connection.close();
    }

    #begin(): Burst {
        const burst = new Burst();
        this.#bursts.add(burst);
        nextTick(() => {
            this.#burst = undefined;
            const flush = async (): Promise<unknown> => this.#client.flush();
            void burst.settle(flush());
        });
        void burst.taken.catch(() => undefined).finally(() => this.#bursts.delete(burst));
        return burst;
    }

    /** Watches for messages that the server refuses. The client does not say which, so all that are pending fail. */
    async #watch(): Promise<void> {
        try {
            for await (const status of this.#client.status()) {
                const { error } = status as { error?: { operation?: unknown } };
                if (status.type === "staleConnection") this.#connection.lose("the server does not answer pings");
                else if (error?.operation === "publish") for (const burst of this.#bursts) burst.refuse(error);
            }
        } catch (error) {
            this.#connection.lose(error);
        }
    }
}

/** Decodes UTF-8, and keeps a byte order mark, which a TextDecoder would remove. */
function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
    return Buffer.from(buffer, byteOffset, byteLength).toString();
}
