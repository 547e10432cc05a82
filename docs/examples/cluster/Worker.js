// Runs an object of the demo in a process of its own. Both processes exchange only calls of its methods, and their results.
"use strict";

const { fork } = require("node:child_process");
const { once } = require("node:events");

/** Classes of objects, by the name that the parent passes. */
const CLASSES = {
    server: ([url]) => {
        const { NumberServer } = require("./server.js");
        return new NumberServer(require("./engines.js").engineOf(url), 0);
    },
    clients: () => new (require("./ClientGroup.js").ClientGroup)(),
};

const all = new Set();

/** The parent's end. */
class Worker {
    #alarm;
    #child;
    #isDismissed = false;
    #calls = 0;
    #pending = new Map();

    /** @param alarm - AbortController: aborted when the process ends unexpectedly */
    constructor(alarm, title, ...args) {
        this.#alarm = alarm;
        const child = fork(__filename, args);
        this.#child = child;
        child.on("message", ([call, error, result]) => {
            const { resolve, reject } = this.#pending.get(call) ?? {};
            this.#pending.delete(call);
            if (error === null) resolve?.(result);
            else reject?.(new Error(`${title}: ${error}`));
        });
        child.once("exit", (code, signal) => {
            if (this.#isDismissed) return;
            const error = new Error(`${title} ended unexpectedly (${signal ?? `exit code ${code}`})`);
            // Ctrl-C also reaches the children: their exit can arrive before the signal.
            setTimeout(() => alarm.abort(error), 50);
        });
        child.on("error", (error) => alarm.abort(error));
        alarm.signal.addEventListener("abort", () => {
            for (const { reject } of this.#pending.values()) reject(alarm.signal.reason);
            this.#pending.clear();
        });
        all.add(this);
    }

    /** Calls a method of the object. */
    call(method, ...args) {
        return new Promise((resolve, reject) => {
            this.#alarm.signal.throwIfAborted();
            const call = ++this.#calls;
            this.#pending.set(call, { resolve, reject });
            this.#child.send([call, method, args], (error) => error && reject(error));
        });
    }

    async kill() {
        this.#isDismissed = true;
        const { exitCode, signalCode } = this.#child;
        if (!this.#child.pid || exitCode !== null || signalCode !== null) return;
        this.#child.kill("SIGKILL");
        await once(this.#child, "exit");
    }

    async close() {
        await this.call("close");
        this.#isDismissed = true;
        const ended = once(this.#child, "exit", { signal: this.#alarm.signal });
        this.#child.disconnect();
        await ended;
    }
}

/** The same for an object of this process. */
class LocalWorker {
    #object;

    constructor(object) {
        this.#object = object;
        all.add(this);
    }

    async call(method, ...args) {
        return this.#object[method](...args);
    }

    kill() {
        return this.#object.close();
    }

    close() {
        return this.#object.close();
    }
}

async function killAll() {
    await Promise.all(Array.from(all, (worker) => worker.kill()));
}

if (require.main === module) {
    const [, , name, ...args] = process.argv;
    const object = CLASSES[name](args);
    process.on("message", async ([call, method, args]) => {
        const reply = await Promise.resolve(object[method](...args)).then(
            (result) => [call, null, result],
            (error) => [call, error.message],
        );
        process.send(reply);
    });
    process.once("disconnect", () => process.exit()); // the parent has ended
}

module.exports = { LocalWorker, Worker, killAll };
