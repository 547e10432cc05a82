"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const cores = require("./cores.js");

const PROGRAM = path.join(__dirname, "runEnd.js");

/** Timeout of one step in milliseconds. */
const LIMIT = 120_000;

/** One of the two processes of a {@link Pair}. */
class End {
    #child;
    #calls = new Map();
    #last = 0;

    constructor(role, { adapter, workload, place, options, core, flags }) {
        this.role = `${role} of ${adapter.name} in ${workload.name}`;
        const args = [
            ...flags,
            PROGRAM,
            role,
            adapter.name,
            workload.name,
            JSON.stringify(place),
            JSON.stringify(options),
        ];
        const [command, ...rest] = cores.pinned(core, [process.execPath, ...args]);
        this.#child = spawn(command, rest, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
        this.#child.on("message", (message) => this.#take(message));
        this.#child.on("error", (error) => this.#fail(error));
        this.#child.on("exit", (code, signal) =>
            this.#fail(new Error(`the ${this.role} has ended (${signal ?? code})`)),
        );
        this.ready = this.#wait("ready");
    }

    /** Resolves to the result of a step at this end; rejects if it throws, or if the process ends before. */
    do(step, ...args) {
        const id = ++this.#last;
        this.#child.send({ id, step, args });
        return this.#wait(id, step);
    }

    /** Kills the process. Pending steps never settle. */
    kill() {
        for (const { timer } of this.#calls.values()) clearTimeout(timer);
        this.#child.removeAllListeners("exit");
        this.#child.kill("SIGKILL");
    }

    #wait(id, step = "start") {
        return new Promise((resolve, reject) => {
            const late = () => {
                const error = new Error(`the ${this.role} has not done "${step}" in ${LIMIT / 1000} s`);
                reject(Object.assign(error, { code: "STALLED" }));
            };
            this.#calls.set(id, { resolve, reject, timer: setTimeout(late, LIMIT) });
        });
    }

    #take({ id, ready, result, error, failed }) {
        if (failed) {
            this.#fail(new Error(`the ${this.role} has failed: ${failed}`));
            return;
        }
        const call = this.#calls.get(ready ? "ready" : id);
        this.#calls.delete(ready ? "ready" : id);
        clearTimeout(call.timer);
        if (error) call.reject(new Error(`the ${this.role}: ${error}`));
        else call.resolve(result);
    }

    #fail(error) {
        for (const { reject, timer } of this.#calls.values()) {
            clearTimeout(timer);
            reject(error);
        }
        this.#calls.clear();
    }
}

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
