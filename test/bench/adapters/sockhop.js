// sockhop: this version, and published releases.
"use strict";

const path = require("node:path");

/** Folder of this version. */
const ROOT = path.join(__dirname, "../../..");

/** Workloads that show what resumable connections cost. */
const RESUMED = [
    "one-way-100",
    "latency-callback",
    "in-flight-callback",
    "in-flight-request",
    "1-mb-text",
    "1-mb-objects",
];

/**
 * @param folder - folder of the package
 * @param only - names of the workloads, if not all
 * @param more - further options of both ends
 */
function sockhop(name, title, folder, { packages, lacks = {}, only, ...more }) {
    // Without a limit, if it exists; older releases ignore the option.
    const options = (place) => ({ path: place.path, max_message_size: Infinity, ...more });

    return {
        name,
        title,
        transport: "Unix socket",
        packages,
        folder,
        entries: [folder],
        lacks,
        only,

        async serve(place, pattern, { message, answer }, { cluster } = {}) {
            const Sockhop = require(folder);
            const server = new Sockhop.server({ ...options(place), ...(cluster && { cluster }) });
            server.on("receive", (value, { callback }) => {
                if (callback) callback(answer(value));
                else message(value);
            });
            server.on("request", (request, response) => {
                response.send(answer(request.data));
            });
            server.on("error", fail);
            await server.listen();
            return {
                connections: () => server.sockets.length,
                sendall: (value) => server.sendall(value),
                ping: (delay) => server.ping(delay),
                cluster: server.cluster,
            };
        },

        async connect(place, pattern, { message }) {
            const Sockhop = require(folder);
            const client = new Sockhop.client(options(place));
            client.on("receive", message);
            client.on("error", fail);
            await client.connect();
            return {
                send: (value) => client.send(value),
                call: (value, callback) => void client.send(value, callback),
                request: client.ask
                    ? (value) => client.ask(value)
                    : async (value) => (await (await client.request(value)).next()).data,
            };
        },
    };
}

function fail(error) {
    throw error;
}

/** The version of a release, in `node_modules` here. */
function release(version, lacks) {
    const name = `sockhop-${version}`;
    const folder = path.join(__dirname, "../node_modules", name);
    return sockhop(name, `sockhop ${version}`, folder, { packages: [name], lacks });
}

module.exports = [
    sockhop("ours", "sockhop (this version)", ROOT, { packages: [] }),
    sockhop("binary", "this version, binary", ROOT, { packages: [], codec: "binary" }),
    sockhop("resume", "this version, resume", ROOT, { packages: [], only: RESUMED, resume: true }),
    sockhop("binary-resume", "this version, binary, resume", ROOT, {
        packages: [],
        only: RESUMED,
        codec: "binary",
        resume: true,
    }),
    release("1.8.4", {}),
    release("1.4.0", { request: "has no requests, which 1.8 added" }),
];
