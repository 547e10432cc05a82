import { expect } from "chai";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fs, { linkSync, lstatSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { dirname, join } from "node:path";
import type { ServerOptions, SockhopServer } from "../../src";
import { client, later, server } from "./pair";

/** A program that listens on command, with the built package, and reports the result. Killed after the test. */
export async function program(): Promise<{ child: ChildProcess; ask: (question: object) => Promise<unknown> }> {
    const text = `
        const { server } = require("sockhop");
        let s;
        process.on("message", async ({ listen, close }) => {
            try {
                if (listen) {
                    s = new server(listen);
                    s.on("request", (_, response) => response.send(process.pid));
                    await s.listen();
                }
                if (close) await s.close();
                process.send("done");
            } catch (error) { process.send(error.code); }
        });
        process.send("ready");`;
    const child = spawn(process.execPath, ["-e", text], {
        cwd: join(__dirname, "../.."),
        stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    later(() => child.kill("SIGKILL"));
    const heard = async (): Promise<unknown> => ((await once(child, "message")) as [unknown])[0];
    expect(await heard()).to.equal("ready");
    return {
        child,
        ask(question) {
            const answer = heard();
            child.send(question);
            return answer;
        },
    };
}

/** Leaves a stale socket at a path, as a killed server does. */
export async function abandon(path: string): Promise<void> {
    const listener = net.createServer().listen(path);
    await once(listener, "listening");
    linkSync(path, `${path}.kept`);
    listener.close();
    await once(listener, "close");
    renameSync(`${path}.kept`, path);
}

/** Socket of Node, without a public API to bind it only. */
interface Pipe {
    bind(path: string): number;
    close(closed: () => void): void;
}

/** Binds a socket to a path, and does not listen on it. Leaves the socket file when it is closed. */
export function bindOnly(path: string): { close(): Promise<void> } {
    const node = process as unknown as { binding(name: string): { Pipe: new (type: number) => Pipe } };
    const { Pipe } = node.binding("pipe_wrap");
    const pipe = new Pipe(0);
    expect(pipe.bind(path)).to.equal(0);
    return {
        async close() {
            linkSync(path, `${path}.kept`);
            await new Promise<void>((resolve) => pipe.close(resolve));
            renameSync(`${path}.kept`, path);
        },
    };
}

/** Creates a server that responds to any request with a word. */
export function oracle(path: string, word: unknown, options: ServerOptions = {}): SockhopServer {
    const s = server({ path, ...options });
    s.on("request", (_, response) => void response.send(word));
    return s;
}

/** Resolves to the response of the server at a path. */
export async function asked(path: string): Promise<unknown> {
    const c = client({ path });
    await c.connect();
    const answer = (await c.ask("who is there?")) as unknown;
    await c.disconnect();
    return answer;
}

/** Makes link() fail until the end of the test. */
export function forbidLinks(): void {
    const original = fs.linkSync;
    Object.assign(fs, {
        linkSync: () => {
            throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" });
        },
    });
    later(() => Object.assign(fs, { linkSync: original }));
}

/** Resolves to the results of listen() in some workers of one cluster. The workers exit afterwards. */
export async function cluster(path: string, workers: number, options = ""): Promise<unknown> {
    const text = `
        const cluster = require("node:cluster");
        const { server } = require(${JSON.stringify(join(__dirname, "../..", "dist"))});
        if (cluster.isWorker) {
            new server({ path: process.env.AT, ${options} }).listen().then(
                () => process.send("listens"),
                ({ code }) => process.send(code),
            );
        } else {
            const workers = Array.from({ length: ${workers} }, () => cluster.fork());
            const heard = workers.map((worker) => new Promise((resolve) => worker.once("message", resolve)));
            Promise.all(heard).then((said) => process.send(said, () => cluster.disconnect(() => process.exit())));
        }`;
    const file = `${path}-cluster.js`;
    writeFileSync(file, text);
    const child = spawn(process.execPath, [file], {
        env: { ...process.env, AT: path },
        stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    later(() => child.kill("SIGKILL"));
    const exited = once(child, "exit");
    const [said] = (await once(child, "message")) as [unknown];
    await exited;
    rmSync(file);
    return said;
}

export const neighbours = (path: string): string[] => readdirSync(dirname(path));
/** The umask of this process. (Node has no other API to read it.) */
export function currentUmask(): number {
    const umask = process.umask(0o022);
    process.umask(umask);
    return umask;
}

export const permissions = (path: string): string => (lstatSync(path).mode & 0o777).toString(8);

/** Collects the errors of a server. */
export function errorsOf(s: SockhopServer): (Error & { code?: string })[] {
    const errors: Error[] = [];
    s.on("error", (error) => errors.push(error));
    return errors;
}
