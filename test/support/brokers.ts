import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
    accessSync,
    constants,
    existsSync,
    mkdtempSync,
    readFileSync,
    readdirSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setImmediate } from "node:timers/promises";

/** A program that is a broker. */
interface Kind {
    program: string;
    /** Line of its log when it accepts connections. */
    ready: RegExp;
    /** @param settings - arguments of redis-server, or lines of the configuration of nats-server */
    args(port: number, folder: string, settings: readonly string[]): string[];
}

const KINDS = {
    redis: {
        program: "redis-server",
        ready: /Ready to accept connections/,
        args: (port, folder, settings) => [
            ...["--save", "", "--appendonly", "no", "--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
            ...settings,
        ],
    },
    nats: {
        program: "nats-server",
        ready: /Server is ready/,
        args: (port, folder, settings) => {
            const file = join(folder, "nats.conf");
            writeFileSync(file, [`port: ${port}`, `host: "127.0.0.1"`, ...settings, ""].join("\n"));
            return ["--config", file];
        },
    },
} satisfies Record<string, Kind>;

export type BrokerKind = keyof typeof KINDS;

/** Folders of system programs, which are not in the PATH of every user. */
const FOLDERS = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];

/** Milliseconds until a broker that does not start is given up. */
const START_TIMEOUT_MS = 20_000;

/** Attempts to start on a free port, which another program may take first. */
const ATTEMPTS = 5;

function find(program: string): string | undefined {
    return FOLDERS.map((folder) => join(folder, program)).find((file) => {
        try {
            accessSync(file, constants.X_OK);
            return true;
        } catch {
            return false;
        }
    });
}

/** True if the program of a broker is there. */
export function isInstalled(kind: BrokerKind): boolean {
    return find(KINDS[kind].program) !== undefined;
}

/**
 * Skips a suite without its broker. In CI, where the brokers are installed, it fails instead.
 *
 * @example `before(requireBroker("redis"))`
 */
export function requireBroker(kind: BrokerKind): Mocha.Func {
    const { program } = KINDS[kind];
    return function () {
        if (find(program) !== undefined) return;
        if (process.env["CI"] === "true") throw new Error(`${program} is not installed`);
        process.stdout.write(`    skipped: ${program} is not installed\n`);
        this.skip();
    };
}

/** All processes that run. */
const children = new Set<ChildProcess>();

function killAll(): void {
    for (const child of children) child.kill("SIGKILL");
}

/** A signal ends the process without the event `exit`; the brokers would stay. */
function onSignal(signal: NodeJS.Signals): void {
    killAll();
    process.removeListener(signal, onSignal);
    process.kill(process.pid, signal);
}

function track(child: ChildProcess): void {
    if (children.size === 0 && !process.listeners("exit").includes(killAll)) {
        process.on("exit", killAll);
        for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, onSignal);
    }
    children.add(child);
    child.once("exit", () => children.delete(child));
}

/** A broker of its own, on a free port of 127.0.0.1, in a folder for its files. */
export class Broker {
    readonly kind: BrokerKind;
    readonly #settings: readonly string[];
    readonly #folder = mkdtempSync(join(tmpdir(), "sockhop-broker-"));
    #child: ChildProcess | undefined;
    #port = 0;

    private constructor(kind: BrokerKind, settings: readonly string[]) {
        this.kind = kind;
        this.#settings = settings;
    }

    /** Starts a broker. It must be stopped. */
    static async start(kind: BrokerKind, settings: readonly string[] = []): Promise<Broker> {
        const broker = new Broker(kind, settings);
        for (let attempt = 1; ; attempt += 1) {
            broker.#port = await freePort();
            try {
                await broker.restart();
                return broker;
            } catch (error) {
                if (attempt < ATTEMPTS) continue;
                await broker.stop();
                throw error;
            }
        }
    }

    get port(): number {
        return this.#port;
    }

    /** Id of the process. */
    get pid(): number {
        return this.#child!.pid!;
    }

    /** Starts it again, on the same port. */
    async restart(): Promise<void> {
        await this.kill();
        const { program, ready, args } = KINDS[this.kind];
        const file = find(program);
        if (file === undefined) throw new Error(`${program} is not installed`);
        const child = spawn(file, args(this.#port, this.#folder, this.#settings), {
            stdio: ["ignore", "pipe", "pipe"],
        });
        this.#child = child;
        track(child);
        let log = "";
        await new Promise<void>((resolve, reject) => {
            const fail = (): void => reject(new Error(`${program} does not start: ${log}`));
            const timer = setTimeout(fail, START_TIMEOUT_MS);
            child.once("error", fail).once("exit", fail);
            for (const stream of [child.stdout, child.stderr]) {
                stream.setEncoding("utf8").on("data", (text: string) => {
                    if (log.length < 10_000) log += text;
                    if (!ready.test(log)) return;
                    clearTimeout(timer);
                    child.off("exit", fail);
                    resolve();
                });
            }
        });
    }

    /** Makes NATS read other settings. It goes on with the old ones for a moment. */
    reload(settings: readonly string[]): void {
        KINDS[this.kind].args(this.#port, this.#folder, settings);
        this.#child!.kill("SIGHUP");
    }

    /** Ends it at once, as a crash would. */
    async kill(): Promise<void> {
        const child = this.#child;
        if (child?.exitCode !== null || child.signalCode !== null) return;
        child.kill("SIGKILL");
        await once(child, "exit");
    }

    /** Stops its process: connections stay open, and the system accepts new ones, but nothing answers. */
    async freeze(): Promise<void> {
        this.#child!.kill("SIGSTOP");
        while (!isStopped(this.pid)) await setImmediate(); // its threads stop one after the other
    }

    thaw(): void {
        this.#child!.kill("SIGCONT");
    }

    /** Ends it, and removes its files. */
    async stop(): Promise<void> {
        await this.kill();
        rmSync(this.#folder, { recursive: true, force: true });
    }
}

/** Stops a broker, if it was started: hooks run also after a suite that was skipped. */
export async function stop(broker: Broker | undefined): Promise<void> {
    await broker?.stop();
}

/** True if all threads of a process are stopped, as far as the system says. */
function isStopped(pid: number): boolean {
    const folder = `/proc/${pid}/task`;
    if (!existsSync(folder)) return true;
    const states = readdirSync(folder).map((thread) => readFileSync(join(folder, thread, "stat"), "latin1"));
    return states.every((text) => /\) [Tt] /.test(text));
}

/** Returns a port on which nobody listens now. */
export async function freePort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return port;
}
