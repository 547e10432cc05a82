import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClientOptions, type ServerOptions, SockhopClient, SockhopServer, memory_engine } from "../../src";
import { closeAll, later } from "./leftovers";

export { later } from "./leftovers";

// For a file that is run without the hooks of all files.
afterEach("close what the test has opened", closeAll);

/** Returns a path for a socket, in a folder that is removed after the test. */
export function socketPath(): string {
    const folder = mkdtempSync(join(tmpdir(), "sockhop-"));
    later(() => {
        rmSync(folder, { recursive: true });
    });
    return join(folder, "socket");
}

/** Creates a client that is disconnected after the test. */
export function client(options: ClientOptions = {}): SockhopClient {
    const created = new SockhopClient(options);
    later(() => created.disconnect());
    return created;
}

const isClustered = process.env["SOCKHOP_TEST_CLUSTERED"] === "1";

/** Makes each server one of a cluster, which must change nothing. */
function clusterOf(): ServerOptions {
    return isClustered ? { cluster: memory_engine() } : {};
}

/** Creates a server that is closed after the test; on a free port by default. */
export function server(options: ServerOptions = {}): SockhopServer {
    const created = new SockhopServer({ port: 0, ...clusterOf(), ...options });
    later(() => created.close());
    return created;
}

/** The address of a server, as options of a client. */
export function placeOf(listening: SockhopServer): ClientOptions {
    return listening.path ? { path: listening.path } : { port: listening.get_bound_port() };
}

/** Connects a client to a listening server. Resolves after the server's `connect`, with the server's socket. */
export async function pair(
    options: ServerOptions = {},
    clientOptions: ClientOptions = options as ClientOptions,
): Promise<{ s: SockhopServer; c: SockhopClient; socket: net.Socket }> {
    const s = server(options);
    await s.listen();
    const c = client({ ...clientOptions, ...placeOf(s) });
    const accepted = once(s, "connect");
    await c.connect();
    const [socket] = (await accepted) as [net.Socket];
    return { s, c, socket };
}

/** Connects a plain socket to a server. */
export async function raw(s: SockhopServer): Promise<net.Socket> {
    const socket = s.path ? net.connect(s.path) : net.connect(s.get_bound_port()!, "127.0.0.1");
    later(() => socket.destroy());
    socket.on("error", () => undefined); // tests destroy the connection
    await once(socket, "connect");
    return socket;
}

/** Starts a plain server on a free port. */
export async function rawServer(
    onConnection: (socket: net.Socket) => void = () => undefined,
): Promise<{ port: number }> {
    const listener = net.createServer((socket) => {
        later(() => socket.destroy());
        socket.on("error", () => undefined);
        onConnection(socket);
    });
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    later(() => listener.close());
    return { port: (listener.address() as net.AddressInfo).port };
}

/** Resolves to the next `count` values received at one end. */
export async function received(end: SockhopClient | SockhopServer, count: number): Promise<unknown[]> {
    const values: unknown[] = [];
    return new Promise((resolve) => {
        end.on("receive", (value: unknown) => {
            if (values.push(value) === count) resolve(values);
        });
    });
}

/** Resolves to the sockets of the next `count` connect events of a server. */
export async function announced(s: SockhopServer, count: number): Promise<net.Socket[]> {
    const sockets: net.Socket[] = [];
    return new Promise((resolve) => {
        s.on("connect", (socket) => {
            if (sockets.push(socket) === count) resolve(sockets);
        });
    });
}

/** Lets a server listen, and connects `count` clients. Resolves after all connect events of the server. */
export async function crowd(
    count: number,
    s: SockhopServer = server(),
): Promise<{ s: SockhopServer; clients: SockhopClient[] }> {
    await s.listen();
    const clients = Array.from({ length: count }, () => client(placeOf(s)));
    const accepted = announced(s, count);
    for (const c of clients) await c.connect();
    await accepted;
    return { s, clients };
}

/** Resolves to the error of a rejection; fails the test if the promise resolves. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
    const settled = await promise.then(
        () => undefined,
        (error: unknown) => error as Error,
    );
    if (settled === undefined) throw new Error("The promise was expected to reject, and has resolved");
    return settled;
}
