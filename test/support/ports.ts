import { once } from "node:events";
import { mkdirSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Environment of a group of processes that have TCP ports of their own, for programs with fixed ports: other people's tests,
 * and examples as they are printed.
 *
 * Another program can have any fixed port at any time. Linux gives those from 32768 up to outgoing connections, and keeps
 * them for a minute after a connection was closed.
 *
 * @param folder - is made, and contains a file for each port on which a process of the group listens
 */
export function privatePorts(folder: string): NodeJS.ProcessEnv {
    mkdirSync(folder, { recursive: true });
    const preload = `--require ${JSON.stringify(join(__dirname, "privatePorts.js"))}`;
    const { NODE_OPTIONS: options = "" } = process.env;
    return { NODE_OPTIONS: `${options} ${preload}`.trim(), SOCKHOP_TEST_PORTS: folder };
}

/**
 * Resolves, when one can listen on all these ports of 127.0.0.1, to whether it had to wait for that.
 *
 * For what has to use fixed ports: other people's tests, and examples as they are printed. Linux may have given any of
 * them to an outgoing connection, and each of those holds its port for a minute after it was closed.
 */
export async function freePorts(first: number, last = first): Promise<boolean> {
    const deadline = Date.now() + 65_000;
    let waited = false;
    for (let port = first; port <= last; port += 1) {
        while (!(await canListen(port))) {
            if (Date.now() > deadline) throw new Error(`Port ${port} is needed, and in use`);
            waited = true;
            await sleep(1000);
        }
    }
    return waited;
}

async function canListen(port: number): Promise<boolean> {
    const server = net.createServer().listen(port, "127.0.0.1");
    try {
        await once(server, "listening");
    } catch {
        return false;
    }
    server.close();
    await once(server, "close");
    return true;
}
