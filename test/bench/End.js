"use strict";

const { spawn } = require("node:child_process");
const path = require("node:path");
const cores = require("./cores.js");

const PROGRAM = path.join(__dirname, "runEnd.js");

/** Timeout of one step in milliseconds. */
const LIMIT = 120_000;

/** A process that runs one half of a workload, as runEnd.js does. */
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

module.exports = End;
