"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const cores = require("./cores.js");
const End = require("./End.js");

/** A server and a client in separate processes, which run one workload with one implementation. */
class Pair {
    /**
     * Starts both, the client after the server listens.
     *
     * @param flags - for Node
     * @param options - for both halves of the workload
     */
    static async open(adapter, workload, { flags = [], ...options } = {}) {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sockhop-bench-"));
        const pair = new Pair(folder);
        const [first, second] = cores.choose(workload.cores);
        try {
            const place = { path: path.join(folder, "socket") };
            pair.server = new End("server", { adapter, workload, place, options, core: first, flags });
            const actual = (await pair.server.ready) ?? place;
            pair.client = new End("client", { adapter, workload, place: actual, options, core: second, flags });
            await pair.client.ready;
            return pair;
        } catch (error) {
            pair.close();
            throw error;
        }
    }

    #folder;

    constructor(folder) {
        this.#folder = folder;
    }

    /** Microseconds of processor time of server and client during `work`, and its result. */
    async cost(work) {
        const before = await this.#cpu();
        const result = await work();
        const after = await this.#cpu();
        return { server: after[0] - before[0], client: after[1] - before[1], result };
    }

    #cpu() {
        return Promise.all([this.server.do("cpu"), this.client.do("cpu")]);
    }

    close() {
        this.server?.kill();
        this.client?.kill();
        fs.rmSync(this.#folder, { recursive: true, force: true });
    }
}

module.exports = Pair;
