// A redis-server or nats-server of the demo, on a free port of this computer. It writes no files.
"use strict";

const { spawn } = require("node:child_process");
const { once } = require("node:events");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");

const KINDS = {
    redis: {
        title: "Redis",
        program: "redis-server",
        package: "redis",
        args: (port) => ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", os.tmpdir()],
        ready: "Ready to accept connections",
    },
    nats: {
        title: "NATS",
        program: "nats-server",
        package: "@nats-io/transport-node",
        args: (port) => ["-a", "127.0.0.1", "-p", port],
        ready: "Server is ready",
    },
};
const ATTEMPTS = 5; // another program can get the free port first
const START_TIMEOUT = 10_000; // milliseconds

/** Folders of programs; Debian has servers in folders that are not in everyone's PATH. */
const FOLDERS = [...(process.env.PATH ?? "").split(path.delimiter), "/usr/sbin", "/usr/local/sbin"];

class Broker {
    #kind;
    #file;
    #port;
    #child;

    constructor(name) {
        this.#kind = KINDS[name];
        this.#file = fileOf(this.#kind);
    }

    /** Names of the brokers that are installed, with the package that connects to them. */
    static get installed() {
        return Object.keys(KINDS).filter((name) => fileOf(KINDS[name]) && isInstalled(KINDS[name].package));
    }

    get title() {
        return `${this.#kind.title} on port ${this.#port}`;
    }

    get url() {
        return `${this.#kind === KINDS.redis ? "redis" : "nats"}://127.0.0.1:${this.#port}`;
    }

    async start() {
        for (let attempt = 1; ; attempt++) {
            this.#port = await freePort();
            try {
                await this.restart();
                return;
            } catch (error) {
                if (attempt === ATTEMPTS) throw error;
            }
        }
    }

    /** Starts it on the same port. */
    async restart() {
        const child = spawn(this.#file, this.#kind.args(String(this.#port)), { stdio: ["ignore", "pipe", "pipe"] });
        this.#child = child;
        process.once("exit", () => child.kill("SIGKILL"));
        let log = "";
        try {
            await new Promise((resolve, reject) => {
                const fail = () => reject(new Error(`${this.#kind.program} does not start\n${log}`));
                setTimeout(fail, START_TIMEOUT).unref();
                child.once("error", fail).once("exit", fail);
                const read = (text) => {
                    if ((log += text).includes(this.#kind.ready)) resolve();
                };
                for (const output of [child.stdout, child.stderr]) output.setEncoding("utf8").on("data", read);
            });
        } catch (error) {
            await this.kill();
            throw error;
        }
    }

    async kill() {
        const child = this.#child;
        if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
        child.kill("SIGKILL");
        await once(child, "exit");
    }
}

function fileOf({ program }) {
    const names = process.platform === "win32" ? [`${program}.exe`] : [program];
    return FOLDERS.flatMap((folder) => names.map((name) => path.join(folder, name))).find((file) =>
        fs.existsSync(file),
    );
}

function isInstalled(name) {
    try {
        require.resolve(name);
        return true;
    } catch {
        return false;
    }
}

async function freePort() {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    server.close();
    await once(server, "close");
    return port;
}

module.exports = { Broker };
