// Servers in several processes that share their broadcasts: this version with each engine, one server of this version for
// comparison, and socket.io with the package of its documentation.
"use strict";

const { createRequire } = require("node:module");
const path = require("node:path");
const { version } = require("../engines.js");
const { find } = require("../packages.js");
const [ours] = require("./sockhop.js");
const socketIo = require("./socket.io.js");

const FAMILY = "cluster";

/** The server of an engine. */
const PROGRAMS = { redis: "redis-server", nats: "nats-server" };

/** Loads the entry points of this version by their public names. */
const requireOwn = createRequire(path.join(ours.folder, "package.json"));

function resolves(entry) {
    try {
        return Boolean(requireOwn.resolve(entry));
    } catch {
        return false;
    }
}

/** Reason why the server of an engine cannot run, if any. */
function missingProgram(engine) {
    return version(engine) ? undefined : `${PROGRAMS[engine]} is not installed`;
}

/**
 * This version.
 *
 * @param engine - "redis" or "nats", which is the name of the entry point, too
 * @param peer - package that it needs
 * @param make - makes the engine of the option `cluster`, from the exports of the entry point and a URL
 */
function clustered({ engine, title, over, peer, make }) {
    const entry = `sockhop/${engine}`;
    const missing = () => {
        if (!resolves(entry)) return "is not in this build";
        return find(peer, ours.folder) ? missingProgram(engine) : `the package ${peer} is not installed`;
    };
    return {
        ...ours,
        name: `cluster-${engine}`,
        title,
        family: FAMILY,
        engine,
        peers: [peer],
        transport: `Unix socket; ${over}`,
        get lacks() {
            return { cluster: missing() };
        },
        async serve(place, pattern, handlers, { url }) {
            const server = await ours.serve(place, pattern, handlers, { cluster: make(requireOwn(entry), url) });
            server.cluster.on("degraded", () => undefined); // without a listener, it is a warning
            return {
                ...server,
                members: () => 1 + server.cluster.members.filter(({ here }) => !here).length,
                onMissed: (handler) => server.cluster.on("missed", (member, count) => handler(count)),
            };
        },
    };
}

/** @param make - makes the adapter of socket.io, from its package and two clients of Redis */
function socketIoWithRedis({ name, title, only, make }) {
    return {
        ...socketIo,
        name,
        title,
        only,
        family: FAMILY,
        engine: "redis",
        packages: [...socketIo.packages, "@socket.io/redis-adapter", "redis"],
        transport: "WebSocket over TCP; Redis",
        get lacks() {
            return { cluster: missingProgram("redis") };
        },
        async serve(place, pattern, handlers, { url }) {
            const { createClient } = require("redis");
            const publisher = createClient({ url });
            const subscriber = publisher.duplicate();
            for (const client of [publisher, subscriber]) {
                client.on("error", () => undefined); // without a listener, it ends the process
                await client.connect();
            }
            const adapter = make(require("@socket.io/redis-adapter"), publisher, subscriber);
            return socketIo.serve(place, pattern, handlers, { adapter });
        },
    };
}

module.exports = [
    { ...ours, name: "cluster-none", title: "this version, one server", family: FAMILY, only: ["cluster"] },
    clustered({
        engine: "redis",
        title: "this version, Redis",
        over: "Redis",
        peer: "redis",
        make: ({ redis_engine }, url) => redis_engine({ url }),
    }),
    clustered({
        engine: "nats",
        title: "this version, NATS",
        over: "NATS",
        peer: "@nats-io/transport-node",
        make: ({ nats_engine }, url) => nats_engine({ servers: url }),
    }),
    // For new programs, its documentation recommends this one.
    socketIoWithRedis({
        name: "socket.io-redis",
        title: "socket.io, Redis, sharded",
        make: ({ createShardedAdapter }, publisher, subscriber) => createShardedAdapter(publisher, subscriber),
    }),
    socketIoWithRedis({
        name: "socket.io-redis-classic",
        title: "socket.io, Redis, classic",
        only: ["cluster-faults"],
        make: ({ createAdapter }, publisher, subscriber) => createAdapter(publisher, subscriber),
    }),
];
