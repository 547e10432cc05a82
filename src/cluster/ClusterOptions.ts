import { isPlain, warnUnknownOptions } from "../diagnostics/unknownOptions";
import { SockhopError } from "../SockhopError";
import { milliseconds, positiveNumber } from "../validators";
import type { Engine } from "./engine/Engine";

/** Names of the options of a cluster. */
export const CLUSTER_NAMES = ["engine", "name", "heartbeat", "max_buffered", "max_pending"] as const;

/** Option `cluster` of a server, if it is more than an engine. */
export interface ClusterOptions {
    /** Broker that joins the servers: `redis_engine()`, `nats_engine()`, `memory_engine()`, or another {@link Engine}. */
    engine: Engine;
    /**
     * Name of the cluster: letters, digits, `_` and `-`, at most 64. Servers with different names do not hear each
     * other.
     *
     * @default "sockhop"
     */
    name?: string | undefined;
    /**
     * Milliseconds between two heartbeats, the same for all servers of a cluster. After three without an echo, the
     * state is `"degraded"`.
     *
     * @default 1000
     */
    heartbeat?: number | undefined;
    /**
     * Bytes that the engine may have not taken yet. Above it, a value is not sent to other servers
     * (`ERR_BUFFER_FULL`).
     *
     * @default 16777216 (16 MiB)
     */
    max_buffered?: number | undefined;
    /**
     * Number of messages that the engine may have not taken yet. Above it, a value is not sent to other servers
     * (`ERR_MAX_PENDING`). The values of one tick are one message, or several if they exceed 64 KiB.
     *
     * Also the number of requests to other servers without a response, and that of requests of others whose handlers run.
     *
     * @default 100000
     */
    max_pending?: number | undefined;
}

/** {@link ClusterOptions}, validated and with defaults. */
export interface ClusterSettings {
    readonly engine: Engine;
    readonly name: string;
    /** Milliseconds. */
    readonly heartbeat: number;
    readonly maxBuffered: number;
    readonly maxPending: number;
}

/**
 * Validates the option `cluster`.
 *
 * @returns `undefined` without the option
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function clusterSettings(option: unknown): ClusterSettings | undefined {
    if (option === undefined || option === null) return undefined;
    const options = isEngine(option) ? { engine: option } : (option as Partial<ClusterOptions>);
    const { engine } = options;
    const name = options.name ?? "sockhop";
    if (!isEngine(engine)) {
        const example = "memory_engine(), or { engine: memory_engine() }";
        throw new SockhopError(`cluster must be an engine, such as ${example}`, "ERR_BAD_OPTION");
    }
    if (options !== engine && isPlain(options)) warnUnknownOptions(options, CLUSTER_NAMES, "cluster");
    if (typeof name !== "string" || !/^[\w-]{1,64}$/.test(name)) {
        const rule = "1 to 64 letters, digits, _ and -";
        throw new SockhopError(`name of cluster must be ${rule}`, "ERR_BAD_OPTION");
    }
    return {
        engine,
        name,
        heartbeat: milliseconds("heartbeat of cluster", options.heartbeat, 1000),
        maxBuffered: positiveNumber("max_buffered of cluster", options.max_buffered, 16 * 2 ** 20),
        maxPending: positiveNumber("max_pending of cluster", options.max_pending, 100_000),
    };
}

function isEngine(value: unknown): value is Engine {
    return typeof (value as Partial<Engine> | null | undefined)?.connect === "function";
}
