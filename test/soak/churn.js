"use strict";
// Opens and closes connections between two processes, in all ways in which a connection can close, and compares their
// resources before and after.
//
//     node --expose-gc test/soak/churn.js [connections]
//
// Prints the comparison as JSON.

const { fork } = require("node:child_process");
const { once } = require("node:events");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { setTimeout: sleep } = require("node:timers/promises");
const { isDeepStrictEqual } = require("node:util");
const Sockhop = require("sockhop");

const WORKERS = 16; // number of concurrent connections
const SETTLE_LIMIT = 60_000; // ms until the last connections must be closed

/** Allowed errors: a connection is destroyed at any time. */
const EXPECTED = ["ERR_SOCKET_DESTROYED", "ENOENT", "ECONNRESET", "EPIPE"];
function expected(error) {
    if (!EXPECTED.includes(error.code)) throw error;
}

/** Connects. If a server accepts too slowly, Linux returns EAGAIN for its Unix socket. */
async function connected(client) {
    for (;;) {
        try {
            await client.connect();
            return;
        } catch (error) {
            if (error.code !== "EAGAIN") throw error;
            await sleep(1);
        }
    }
}

/** Connects, and starts calls in both directions. */
async function talk(client) {
    await connected(client);
    client.send({ text: "é→😀" }, () => undefined).catch(expected);
    client.ask("a question").catch(expected);
}

/** The close of a connection by the other process. */
function left(client) {
    return client.connected ? once(client, "disconnect") : undefined;
}

/** Ways to open and close a connection. */
const WAYS = {
    async disconnected(client) {
        await talk(client);
        await client.disconnect();
    },
    async killed(client) {
        await talk(client);
        client.send("kill").catch(expected);
        await left(client);
    },
    async destroyed(client) {
        await talk(client);
        client.socket.destroy();
        await left(client);
    },
    async reset(client, { port }) {
        Object.assign(client, { path: null, port });
        await talk(client);
        client.socket.resetAndDestroy();
        await left(client);
    },
    async refused(client, { refusing }) {
        client.path = refusing;
        await talk(client);
        await left(client);
    },
    async answered(client) {
        await connected(client);
        const question = new Promise((resolve) => client.send("q", resolve));
        await Promise.all([question, client.ask("sum")]);
        await client.disconnect();
    },
    async failed(client, { path }) {
        client.path = `${path}.nobody`;
        await client.connect().catch(expected);
    },
    async aborted(client) {
        const connecting = client.connect();
        await Promise.all([client.disconnect(), connecting.catch(({ code }) => code)]);
    },
};

/** Reuses a client every other time. */
async function churn(places, connections) {
    const ways = Object.values(WAYS);
    let made = 0;
    const work = async (old) => {
        while (made < connections) {
            const number = (made += 1);
            const fresh = (number / ways.length) & 1;
            const client = fresh ? new Sockhop.client() : old;
            client.path = places.path;
            await ways[number % ways.length](client, places);
        }
    };
    await Promise.all(Array.from({ length: WORKERS }, () => work(new Sockhop.client())));
}

/** Resources of this process. */
async function look() {
    await sleep(20);
    for (let round = 0; round < 3; round += 1) {
        globalThis.gc();
        await new Promise(setImmediate); // for objects that are released in a later tick
    }
    const handles = {};
    for (const type of process.getActiveResourcesInfo()) handles[type] = (handles[type] ?? 0) + 1;
    delete handles.Immediate;
    delete handles.Timeout; // timers expire
    const { heapUsed, external } = process.memoryUsage();
    return { heap: heapUsed + external, handles };
}

/** The other process. */
async function serve({ path, refusing }) {
    class Refusing extends Sockhop.session {
        start() {
            throw new Error("not here");
        }
    }
    const servers = [{ path }, { port: 0 }, { path: refusing, session_type: Refusing }].map((options) => {
        return new Sockhop.server(options);
    });
    for (const server of servers) {
        server.on("error", () => undefined); // refused sessions
        server.on("receive", (value, { session, callback }) => {
            if (value === "kill") session.kill();
            else if (value === "q") callback("a");
        });
        server.on("request", ({ data }, response) => {
            if (data === "sum") return response.send(2 + 3);
            return response.write("part of an answer"); // without an end
        });
        await server.listen();
    }
    process.on("message", async () => process.send(await look()));
    process.on("disconnect", () => process.exit());
    process.send({ port: servers[1].get_bound_port() });
}

async function ask(child) {
    child.send("look");
    const [answer] = await once(child, "message");
    return answer;
}

async function main(connections) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sockhop-churn-"));
    const places = { path: path.join(folder, "server"), refusing: path.join(folder, "refusing") };
    const child = fork(__filename, ["serve", JSON.stringify(places)], { execArgv: ["--expose-gc"] });
    try {
        const [{ port }] = await once(child, "message");
        Object.assign(places, { port });
        const both = async () => ({ client: await look(), server: await ask(child) });
        await churn(places, connections / 3); // until all code is compiled and all caches are full
        await sleep(SETTLE_LIMIT / 10);
        const before = await both();
        const start = performance.now();
        await churn(places, connections);
        const seconds = (performance.now() - start) / 1000;

        const deadline = performance.now() + SETTLE_LIMIT;
        let after;
        do after = await both();
        while (!sameHandles(before, after) && performance.now() < deadline);
        console.log(JSON.stringify({ connections, seconds, before, after }));
    } finally {
        child.kill();
        fs.rmSync(folder, { recursive: true });
    }
}

function sameHandles(one, other) {
    return ["client", "server"].every((end) => isDeepStrictEqual(one[end].handles, other[end].handles));
}

if (process.argv[2] === "serve") serve(JSON.parse(process.argv[3]));
else main(Number(process.argv[2] ?? 10_000));
