"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const cores = require("./cores.js");
const End = require("./End.js");
const { EngineServer } = require("./engines.js");

/** Several server processes with the engine that joins them, and one process with the clients of all. */
class Fleet {
    /**
     * Starts the engine of an implementation, then the servers, then the process of the clients.
     *
     * @param servers - number of servers
     */
    static async open(adapter, workload, servers) {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sockhop-bench-"));
        const fleet = new Fleet(folder);
        const [first, second] = cores.choose(workload.cores);
        try {
            if (adapter.engine) fleet.engine = await EngineServer.start(adapter.engine, first);
            const options = { url: fleet.engine?.url };
            const places = Array.from({ length: servers }, (_, index) => ({
                path: path.join(folder, `socket${index}`),
            }));
            fleet.servers = places.map(
                (place) => new End("server", { adapter, workload, place, options, core: first, flags: [] }),
            );
            const actual = await Promise.all(fleet.servers.map(({ ready }) => ready));
            const place = places.map((wanted, index) => ({ ...wanted, ...actual[index] }));
            fleet.client = new End("client", { adapter, workload, place, options, core: second, flags: [] });
            await fleet.client.ready;
            return fleet;
        } catch (error) {
            await fleet.close();
            throw error;
        }
    }

    #folder;
    servers = [];

    constructor(folder) {
        this.#folder = folder;
    }

    /** The results of a step of all servers. */
    all(step, ...args) {
        return Promise.all(this.servers.map((server) => server.do(step, ...args)));
    }

    /** Microseconds of processor time of each server and of the engine during `work`, and its result. */
    async cost(work) {
        const before = await this.#cpu();
        const result = await work();
        const after = await this.#cpu();
        return {
            servers: after.servers.map((used, index) => used - before.servers[index]),
            engine: after.engine - before.engine, // NaN without an engine
            result,
        };
    }

    async #cpu() {
        const servers = await this.all("cpu");
        return { servers, engine: this.engine?.cpu() };
    }

    async close() {
        this.client?.kill();
        for (const server of this.servers) server.kill();
        await this.engine?.kill();
        fs.rmSync(this.#folder, { recursive: true, force: true });
    }
}

module.exports = Fleet;
