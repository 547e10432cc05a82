// A child process of the demo, a server or a client. Parent and child exchange only commands and reports.
"use strict";

const { fork } = require("node:child_process");
const { EventEmitter, once } = require("node:events");
const path = require("node:path");

class Program extends EventEmitter {
    static #all = new Set();
    #alarm;
    #child;
    #ended;
    #dismissed = false;

    /**
     * `alarm` is an AbortController: the program aborts it when the child exits unexpectedly, and stops waiting when it is
     * aborted.
     */
    constructor(alarm, name, file, ...args) {
        super();
        this.#alarm = alarm;
        this.#child = fork(path.join(__dirname, file), args);
        this.#child.on("message", ([event, report]) => this.emit(event, report));
        this.#ended = new Promise((resolve) => {
            this.#child.once("exit", resolve);
            this.#child.once("error", resolve); // it could not be started
        });
        this.#child.once("exit", (code, signal) => {
            if (this.#dismissed && (code === 0 || signal)) return;
            const error = new Error(`${name} ended unexpectedly (${signal ?? `exit code ${code}`})`);
            // Ctrl-C also reaches the children: their exit can arrive before the signal.
            setTimeout(() => alarm.abort(error), 50);
        });
        this.#child.on("error", (error) => alarm.abort(error));
        Program.#all.add(this);
    }

    /** Waits until the program reports this event. */
    async report(event) {
        const [report] = await once(this, event, { signal: this.#alarm.signal });
        return report;
    }

    /** Makes the program send all packages `rounds` times, and waits for its report. */
    transfer(rounds) {
        const done = this.report("done");
        this.#child.send(rounds);
        return done;
    }

    /** Stops the program gracefully. */
    async stop() {
        this.#dismissed = true;
        const ended = once(this.#child, "exit", { signal: this.#alarm.signal });
        this.#child.disconnect();
        await ended;
    }

    /** Kills the program if it is running. */
    async kill() {
        this.#dismissed = true;
        this.#child.kill("SIGKILL");
        await this.#ended;
    }

    static async killAll() {
        await Promise.all(Array.from(Program.#all, (program) => program.kill()));
    }
}

module.exports = Program;
