// Starts redis-server and nats-server, with their defaults, on free ports of 127.0.0.1.
"use strict";

const { spawn, spawnSync } = require("node:child_process");
const { once } = require("node:events");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const cores = require("./cores.js");

const HOST = "127.0.0.1";

/** Number of ports to try: another process may take a free port first. */
const ATTEMPTS = 5;

/** Milliseconds until an engine must accept connections. */
const START_TIMEOUT_MS = 10_000;

const KINDS = {
    redis: {
        command: "redis-server",
        // Nothing is stored, so the folder does not matter.
        args: (port) => [
            "--bind",
            HOST,
            "--port",
            String(port),
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            os.tmpdir(),
        ],
        url: (port) => `redis://${HOST}:${port}`,
        version: /v=([\d.]+)/,
    },
    nats: {
        command: "nats-server",
        args: (port) => ["--addr", HOST, "--port", String(port)],
        url: (port) => `nats://${HOST}:${port}`,
        version: /v([\d.]+)/,
    },
};

const versions = new Map();

/** Name and version of the program of an engine, such as "redis-server 7.0.15"; `undefined` if it is not installed. */
function version(kind) {
    if (!versions.has(kind)) {
        const { command, version } = KINDS[kind];
        const { status, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
        const number = status === 0 ? (version.exec(stdout)?.[1] ?? "") : undefined;
        versions.set(kind, number === undefined ? undefined : `${command} ${number}`.trim());
    }
    return versions.get(kind);
}

const running = new Set();

// An engine does not end with its parent process.
process.once("exit", () => {
    for (const child of running) child.kill("SIGKILL");
});

/** Ends with the usual exit code of a signal, so that the handler of `exit` runs. */
function endBySignal() {
    for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
        process.once(signal, () => process.exit(code));
    }
}

async function freePort() {
    const server = net.createServer().listen(0, HOST);
    await once(server, "listening");
    const { port } = server.address();
    server.close();
    await once(server, "close");
    return port;
}

/** True if something accepts connections there. */
function accepts(port) {
    return new Promise((resolve) => {
        const socket = net.connect(port, HOST);
        socket.once("connect", () => {
            socket.destroy();
            resolve(true);
        });
        socket.once("error", () => resolve(false));
    });
}

/** One engine, which can be killed, started again on its port, and frozen. */
class EngineServer {
    /** @param kind - "redis" or "nats" */
    static async start(kind, core) {
        if (running.size === 0 && process.listenerCount("SIGTERM") === 0) endBySignal();
        for (let attempt = 1; ; attempt++) {
            const engine = new EngineServer(kind, await freePort(), core);
            try {
                await engine.start();
                return engine;
            } catch (error) {
                if (attempt === ATTEMPTS) throw error;
            }
        }
    }

    #kind;
    #port;
    #core;
    #child;

    constructor(kind, port, core) {
        this.#kind = KINDS[kind];
        this.#port = port;
        this.#core = core;
        this.url = this.#kind.url(port);
    }

    /** Starts the process, and resolves when it accepts connections. */
    async start() {
        const { command, args } = this.#kind;
        const [program, ...rest] = cores.pinned(this.#core, [command, ...args(this.#port)]);
        const child = spawn(program, rest, { stdio: "ignore" });
        let failure;
        child.once("error", (error) => (failure = error));
        child.once("exit", (code, signal) => {
            running.delete(child);
            failure ??= new Error(`${command} has ended (${signal ?? code})`);
        });
        running.add(child);
        this.#child = child;
        const deadline = Date.now() + START_TIMEOUT_MS;
        while (!(await accepts(this.#port))) {
            if (failure) throw failure;
            if (Date.now() > deadline) {
                child.kill("SIGKILL");
                throw new Error(`${command} accepts no connections`);
            }
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
    }

    /** Kills the process, and resolves when it has ended. */
    async kill() {
        const child = this.#child;
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill("SIGKILL");
        await once(child, "exit");
    }

    /** Stops the process without an end of its connections. */
    freeze() {
        this.#child.kill("SIGSTOP");
    }

    thaw() {
        this.#child.kill("SIGCONT");
    }

    /** Microseconds of processor time so far; `undefined` where the system does not tell. */
    cpu() {
        try {
            const tasks = `/proc/${this.#child.pid}/task`;
            const used = fs
                .readdirSync(tasks)
                .map((task) => Number(fs.readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ")[0]));
            return used.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1000;
        } catch {
            return undefined; // only Linux has these files
        }
    }
}

module.exports = { EngineServer, version };
