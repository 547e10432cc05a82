import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

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
