"use strict";
// Participants: three servers, three processes with clients of all of them, and the proxies in between.

const net = require("node:net");
const path = require("node:path");
const Program = require("./Program.js");

// Below the ports that Linux assigns to outgoing connections: a client of a missing server could otherwise be assigned
// the very port that it connects to, and connect to itself.
const PORTS = [20_000, 32_000];

async function freePort(random) {
    for (;;) {
        const port = random.between(...PORTS);
        const server = net.createServer();
        const free = await new Promise((resolve) => {
            server.on("listening", () => resolve(true)).on("error", () => resolve(false));
            server.listen(port, "127.0.0.1");
        });
        await new Promise((resolve) => server.close(resolve));
        if (free) return port;
    }
}

/** The processes before their start. Sockets are created in `folder`. */
async function topology(seed, random, folder) {
    const port = async () => ({ port: await freePort(random), host: "127.0.0.1" });
    const places = { unix: { path: path.join(folder, "server") }, tcp: await port(), steady: await port() };

    const routes = [
        { name: "unix proxied", to: places.unix, place: { path: path.join(folder, "proxy") }, mangles: false },
        { name: "tcp proxied", to: places.tcp, place: await port(), mangles: false },
        { name: "steady proxied", to: places.steady, place: await port(), mangles: false },
        { name: "tcp mangled", to: places.tcp, place: await port(), mangles: true },
        { name: "steady mangled", to: places.steady, place: await port(), mangles: true },
    ];
    const servers = Object.entries(places).map(([name, place]) => {
        return new Program(`server ${name}`, "server.js", { seed, place }, { mortal: name !== "steady" });
    });
    const direct = Object.entries(places).map(([name, place]) => ({ name, place }));
    const proxied = routes.map(({ name, place, mangles }) => ({ name, place, mangled: mangles }));

    const clients = [
        program("mortal", [direct[0], { ...direct[1], manual: true }, { ...direct[2], queue: true }]),
        program("proxied", [{ ...proxied[0], queue: true }, { ...proxied[1], manual: true }, ...proxied.slice(2)]),
        program("steady", [{ ...direct[0], manual: true }, ...direct.slice(1), ...proxied.slice(0, 3)]),
    ];
    function program(name, callers) {
        const named = callers.map((caller) => ({ ...caller, name: `${name} → ${caller.name}` }));
        const config = { seed, callers: named };
        return Object.assign(new Program(`client ${name}`, "client.js", config, { mortal: name !== "steady" }), {
            callers: named,
        });
    }

    const proxy = Object.assign(new Program("proxy", "proxy.js", { seed, routes }), { routes });
    return { servers, clients, proxy };
}

module.exports = Object.assign(topology, { freePort });
