"use strict";
// A process of the soak test, as seen from the driver. It can be killed and restarted; it must not exit on its own.

const { fork } = require("node:child_process");
const { EventEmitter, once } = require("node:events");
const path = require("node:path");

const START_LIMIT = 20_000; // ms; another that listens on our port may have to go first
const STOP_LIMIT = 15_000; // ms

/** Emits the reports of a process. */
class Program extends EventEmitter {
    static all = new Set();
    name;
    /** True if it may be killed. The others show whether memory grows. */
    mortal;
    /** True if it runs without a current fault. */
    ready = false;
    #file;
    #config;
    #child;
    #incarnation = 0;
    #orders = 0;
    #doomed = false;
    #stderr = "";

    constructor(name, file, config, { mortal = false } = {}) {
        super();
        this.name = name;
        this.mortal = mortal;
        this.#file = file;
        this.#config = config;
        Program.all.add(this);
    }

    async start() {
        this.#incarnation += 1;
        this.#doomed = false;
        const incarnation = this.#incarnation;
        const seed = `${this.#config.seed} ${this.name} ${incarnation}`;
        const config = JSON.stringify({ ...this.#config, name: this.name, seed, incarnation });
        const child = fork(path.join(__dirname, this.#file), [config], {
            execArgv: ["--expose-gc"],
            stdio: ["ignore", "inherit", "pipe", "ipc"],
        });
        this.#child = child;
        child.stderr.setEncoding("utf8").on("data", (text) => (this.#stderr = (this.#stderr + text).slice(-4000)));
        child.on("message", ([event, ...details]) => this.emit(event, ...details));
        child.on("error", (error) => this.#violate(error.stack)); // such as a message to a process that was just killed
        child.on("exit", (code, signal) => {
            this.ready = false;
            this.emit("gone");
            if (!this.#doomed || (code !== 0 && signal !== "SIGKILL"))
                this.#violate(`ended by ${signal ?? `exit code ${code}`}\n${this.#stderr}`);
        });
        await once(this, "ready", { signal: AbortSignal.timeout(START_LIMIT) });
        this.ready = true;
    }

    /** Sends an order to the process, and waits until it is done or the process has ended. */
    async order(order, ...args) {
        const id = (this.#orders += 1);
        const child = this.#child;
        if (!child.connected) return undefined;
        return new Promise((resolve) => {
            const settle = (result) => {
                this.off("done", done).off("gone", settle);
                resolve(result);
            };
            const done = (of, result) => of === id && settle(result);
            this.on("done", done).on("gone", settle);
            child.send([id, order, ...args], () => undefined); // it may have exited
        });
    }

    signal(signal) {
        this.#child.kill(signal);
    }

    async kill() {
        this.ready = false;
        this.#doomed = true;
        if (this.#hasEnded()) return;
        const gone = once(this.#child, "exit");
        this.#child.kill("SIGKILL");
        await gone;
    }

    /** Ends it gracefully; it must exit without a kill. */
    async stop() {
        this.ready = false;
        this.#doomed = true;
        if (this.#hasEnded()) return;
        const gone = once(this.#child, "exit");
        const late = setTimeout(() => {
            this.#violate("does not end by itself");
            this.kill();
        }, STOP_LIMIT);
        this.order("stop");
        await gone;
        clearTimeout(late);
    }

    #hasEnded() {
        return this.#child.exitCode !== null || this.#child.signalCode !== null;
    }

    #violate(text) {
        this.emit("violation", "died", text, 1);
    }

    /** Kills it at once, when the driver itself ends. */
    static abandonAll() {
        for (const program of Program.all) {
            program.#doomed = true;
            program.#child?.kill("SIGKILL");
        }
    }
}

module.exports = Program;
