import { expect } from "chai";
import { type ChildProcess, spawn } from "node:child_process";
import dns from "node:dns";
import { once } from "node:events";
import net from "node:net";
import { client, later, rejection, server, socketPath } from "../support/pair";
import { selfConnecting } from "../support/selfConnecting";
import { turns, until } from "../support/eventLoop";

/** Timers and sockets of this process that keep it alive. */
const resources = (): string[] => process.getActiveResourcesInfo().sort();

const hasIpv6 = async (): Promise<boolean> => {
    const listener = net.createServer().listen(0, "::1");
    const outcome = once(listener, "listening").then(
        () => true,
        () => false,
    );
    const available = await outcome;
    listener.close();
    return available;
};

describe("connection of a client to itself", () => {
    for (const [what, address, options] of [
        ["over IPv4", "127.0.0.1", {}],
        ["over IPv6", "::1", {}],
        ["over TLS", "127.0.0.1", { ssl: true }],
    ] as const) {
        it(`is refused: ${what}`, async function () {
            if (process.platform !== "linux") this.skip(); // other systems do not connect it
            if (address === "::1" && !(await hasIpv6())) this.skip();
            const port = await selfConnecting(address);
            const c = client({ ...options, address, port });
            let connects = 0;
            c.on("connect", () => (connects += 1));
            const error = await rejection(c.connect());
            expect(error).to.include({ code: "ECONNREFUSED", syscall: "connect", address, port });
            expect(error).to.have.property("errno").that.is.lessThan(0);
            expect(error.message)
                .to.match(/^connect ECONNREFUSED /)
                .and.include(`${address}:${port}: no server listens`);
            expect([connects, c.connected, c.socket]).to.deep.equal([0, false, null]);
        });
    }

    it("is retried with auto_reconnect", async function () {
        if (process.platform !== "linux") this.skip();
        const port = await selfConnecting();
        const c = client({ port });
        const reconnecting = once(c, "reconnecting");
        c.auto_reconnect = true;
        expect((await reconnecting)[2]).to.have.property("code", "ECONNREFUSED");
    });

    it("rejects the messages sent over it", async function () {
        if (process.platform !== "linux") this.skip();
        const c = client({ port: await selfConnecting() });
        const connecting = rejection(c.connect());
        await turns(1);
        expect(await rejection(c.send("to myself"))).to.have.property("code", "ERR_SOCKET_DESTROYED");
        await connecting;
    });

    it("differs from a connection to a server over a Unix domain socket", async () => {
        const path = socketPath();
        await server({ path }).listen();
        await client({ path }).connect();
    });
});

/** A server in a process of its own that accepts connections only on command. */
async function busyServer(path: string): Promise<ChildProcess> {
    const program = `
        const fs = require("node:fs");
        const server = require("node:net").createServer((socket) => socket.resume());
        server.listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => {
            fs.writeSync(1, "listens");
            fs.readSync(0, Buffer.alloc(1));
        });`;
    const child = spawn(process.execPath, ["-e", program], { stdio: ["pipe", "pipe", "inherit"] });
    later(() => child.kill("SIGKILL"));
    await once(child.stdout as NodeJS.ReadableStream, "data");
    return child;
}

/** Connects to a server until its backlog is full. */
async function fill(path: string): Promise<void> {
    for (;;) {
        const socket = net.connect(path);
        later(() => socket.destroy());
        const full = await new Promise((resolve) => {
            socket.on("connect", () => resolve(false)).on("error", () => resolve(true));
        });
        if (full) break;
    }
    await turns(2); // the sockets are closed
}

(process.platform === "linux" ? describe : describe.skip)("a server whose backlog is full", () => {
    it("connects when the server accepts connections again", async () => {
        const path = socketPath();
        const busy = await busyServer(path);
        await fill(path);
        const [waits, reconnects] = [client({ path }), client({ path, auto_reconnect: true })];
        const attempts: unknown[] = [];
        reconnects.on("reconnecting", (...args) => attempts.push(args));
        const connected = Promise.all([waits.connect(), once(reconnects, "connect")]);
        await turns(10);
        expect([waits.connected, reconnects.connected]).to.deep.equal([false, false]);
        busy.stdin?.write("x");
        await connected;
        expect(attempts).to.deep.equal([]);
    });

    it("is tried again when the other servers of the client have failed", async () => {
        const path = socketPath();
        const busy = await busyServer(path);
        await fill(path);
        const { random } = Math;
        Math.random = () => 0.999; // keeps the order
        const c = client({ servers: [{ path }, { path: socketPath() }] });
        Math.random = random;
        expect(c.path).to.equal(path);
        const connected = c.connect();
        connected.catch(() => undefined);
        await turns(20);
        busy.stdin?.write("x");
        await connected;
        expect(c.path).to.equal(path);
    });

    it("rejects after connect_timeout", async () => {
        const path = socketPath();
        await busyServer(path);
        await fill(path);
        const before = resources();
        const c = client({ path, connect_timeout: 100 });
        const error = await rejection(c.connect());
        expect(error).to.have.property("code", "ERR_CONNECT_TIMEOUT");
        expect(error.cause).to.have.property("code", "EAGAIN");
        expect([c.connected, c.socket]).to.deep.equal([false, null]);
        await until(() => resources().length <= before.length); // the last socket closes
        expect(resources()).to.deep.equal(before);
        const again = client({ path, connect_timeout: 50, auto_reconnect_interval: 1 });
        const reconnecting = once(again, "reconnecting");
        again.auto_reconnect = true;
        expect((await reconnecting)[2]).to.have.property("code", "ERR_CONNECT_TIMEOUT");
        await again.disconnect();
        await until(() => resources().length <= before.length);
        expect(resources()).to.deep.equal(before);
    });

    it("is retried by auto_reconnect when the program has ended an attempt", async () => {
        const path = socketPath();
        const busy = await busyServer(path);
        await fill(path);
        const c = client({ path, auto_reconnect: true });
        c.socket = null; // before there is a socket
        await turns(5);
        c.socket = null; // between two attempts
        busy.stdin?.write("x");
        await once(c, "connect");
    });

    it("is aborted by disconnect(), and by a socket of the program, and leaves no timer", async () => {
        const path = socketPath();
        await busyServer(path);
        await fill(path);
        const before = resources();
        const calls = [
            (c: ReturnType<typeof client>) => c.disconnect(),
            (c: ReturnType<typeof client>) => (c.socket = null),
            (c: ReturnType<typeof client>) => (c.socket = new net.Socket().destroy()),
        ];
        for (const call of calls) {
            const c = client({ path });
            const connecting = rejection(c.connect());
            await turns(5);
            await call(c);
            expect(await connecting).to.have.property("code", "ERR_ABORTED");
            await c.disconnect();
            await turns(2);
            expect(resources()).to.deep.equal(before);
        }
    });
});

describe("errors of connect() and listen()", () => {
    it("have the line of the caller in the stack", async () => {
        const c = client({ path: socketPath() });
        const s = server({ path: `${socketPath()}/nowhere/at/all` });
        for (const call of [() => c.connect(), () => s.listen()]) {
            const calling = function caller(): Promise<unknown> {
                return call();
            };
            const error = await rejection(calling());
            const [message, ...frames] = (error.stack ?? "").split("\n");
            expect(message).to.equal(`Error: ${error.message}`);
            expect(frames.slice(0, 2).join("\n")).to.include("at caller (").and.include("connecting.test.ts");
        }
    });

    it("list the refused addresses of a host name", async () => {
        const { lookup } = dns;
        later(() => Object.assign(dns, { lookup }));
        const addresses = ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, family: 4 }));
        Object.assign(dns, {
            lookup: (_name: string, _options: object, callback: (error: null, found: object[]) => void) => {
                process.nextTick(callback, null, addresses);
            },
        });
        const listener = net.createServer().listen(0);
        await once(listener, "listening");
        const { port } = listener.address() as net.AddressInfo;
        listener.close();
        await once(listener, "close");
        const error = await rejection(client({ address: "two.test", port }).connect());
        const each = `connect ECONNREFUSED 127.0.0.1:${port}; connect ECONNREFUSED 127.0.0.2:${port}`;
        expect(error.message).to.equal(`connect ECONNREFUSED two.test:${port} (${each})`);
        expect(error.stack).to.include(error.message).and.include("connecting.test.ts");
        expect(error).to.have.property("code", "ECONNREFUSED");
        expect(error).to.have.property("errors").with.length(2);
    });
});
