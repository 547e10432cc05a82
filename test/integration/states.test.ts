import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { SockhopClient, SockhopError, SockhopServer } from "../../src";
import { socketPath } from "../support/pair";
import { turns, until } from "../support/eventLoop";

/*
 * The table: each public method and each settable property of client and server, in each state, called once, twice, and
 * from inside the object's own events. Nothing throws but what is documented, every promise settles, another server goes
 * on, nothing is left behind, and the object works afterwards.
 */

/** What a call may throw at once. */
const THROWN: readonly unknown[] = ["ERR_BAD_OPTION", "ERR_NO_SOCKET", "ERR_REMOTE_CALLBACK_TYPE"];

/** A value of a type that the compiler does not allow here. */
const odd = (value: unknown): never => value as never;

/** Whatever a call gives, settled; its errors are documented ones or those of the system. */
class Outcomes {
    readonly #promises: Promise<unknown>[] = [];

    constructor(readonly label: string) {}

    /** Calls a method. */
    call(action: () => unknown): void {
        try {
            this.#promises.push(Promise.resolve(action()).catch((error: unknown) => this.#judge(error)));
        } catch (error) {
            this.#judge(error);
            expect(THROWN, `${this.label} threw ${String(error)}`).to.include((error as SockhopError).code);
        }
    }

    #judge(error: unknown): void {
        const isSystem = (error as NodeJS.ErrnoException).syscall !== undefined;
        const isNode = (error as NodeJS.ErrnoException).code === "ERR_SERVER_ALREADY_LISTEN";
        const known = error instanceof SockhopError || isSystem || isNode;
        expect(known, `${this.label}: ${(error as Error).stack}`).to.equal(true);
    }

    settled(): Promise<unknown> {
        return Promise.all(this.#promises);
    }
}

/** The server that must go on whatever is done to others, and a port of it. */
let other: SockhopServer;
let port: number;
let before: string[];

const resources = (): string[] =>
    process
        .getActiveResourcesInfo()
        .filter((name) => name !== "Immediate") // those of mocha come and go
        .sort();

beforeEach(async () => {
    other = new SockhopServer({ port: 0 });
    other.on("request", (request, response) => void response.send(request.data));
    other.on("receive", (value, { callback, socket }) => {
        if (value === "leave") void other.kill_socket(socket);
        else if (value === "greet") void other.send(socket, "hello");
        else callback?.(value);
    });
    await other.listen();
    port = other.get_bound_port()!;
    await turns(2);
    before = resources();
});

afterEach(async () => {
    await other.close();
});

/** The other server answers, and all else has gone. */
async function checkOther(label: string): Promise<void> {
    const c = new SockhopClient({ port });
    await c.connect();
    expect(await c.ask("still there?"), label).to.equal("still there?");
    await c.disconnect();
    await until(() => other.sockets.length === 0);
    await until(() => resources().length <= before.length);
    expect(resources(), label).to.deep.equal(before);
}

type ClientAction = (c: SockhopClient) => unknown;

const clientActions: Record<string, ClientAction> = {
    "connect()": (c) => c.connect(),
    "disconnect()": (c) => c.disconnect(),
    "disconnect(null)": (c) => c.disconnect(null),
    "disconnect({ drain: true })": (c) => c.disconnect({ drain: true, timeout: 20 }),
    "disconnect({ timeout: 0 })": (c) => c.disconnect({ timeout: 0 }),
    "disconnect({ timeout: NaN })": (c) => c.disconnect({ timeout: NaN }),
    "disconnect(5)": (c) => c.disconnect(odd(5)),
    "[Symbol.asyncDispose]()": (c) => c[Symbol.asyncDispose](),
    "send(1)": (c) => c.send(1),
    "send()": (c) => c.send(odd(undefined)),
    "send(null, null, null)": (c) => c.send(null, null, null),
    "send(1, f)": (c) => c.send(1, () => undefined),
    "send(1, f, null)": (c) => c.send(1, () => undefined, null),
    "send(1, 5)": (c) => c.send(1, odd(5)),
    "request()": (c) => c.request(),
    "request(1, null)": (c) => c.request(1, null),
    "request(1, 5)": (c) => c.request(1, odd(5)),
    "ask()": (c) => c.ask(),
    "ask(1, null)": (c) => c.ask(1, null),
    "ask(1, { timeout: NaN })": (c) => c.ask(1, { timeout: NaN }),
    "ping()": (c) => c.ping(),
    "ping(null)": (c) => c.ping(odd(null)),
    "ping(1000)": (c) => c.ping(1000),
    "ping(NaN)": (c) => c.ping(NaN),
    "ping(-1)": (c) => c.ping(-1),
    "ping(Symbol())": (c) => c.ping(odd(Symbol())),
    "ping({})": (c) => c.ping(odd({})),
    "get_bound_address()": (c) => c.get_bound_address(),
    "its getters": (c) => [c.connected, c.socket, c.pings, c.buffered, c.stats, c.auto_reconnect, c.interval_timer],
    "socket = null": (c) => (c.socket = null),
    "socket = undefined": (c) => (c.socket = undefined),
    "socket = socket": (c) => Object.assign(c, { socket: c.socket }),
    "socket = a new one": (c) => (c.socket = new net.Socket()),
    "socket = a destroyed one": (c) => (c.socket = new net.Socket().destroy()),
    "socket = {}": (c) => (c.socket = odd({})),
    "socket = 5": (c) => (c.socket = odd(5)),
    "auto_reconnect = true": (c) => (c.auto_reconnect = true),
    "auto_reconnect = false": (c) => (c.auto_reconnect = false),
    "auto_reconnect = 5": (c) => (c.auto_reconnect = odd(5)),
    "port = NaN": (c) => (c.port = NaN),
    "port = null": (c) => (c.port = odd(null)),
    "path = nowhere": (c) => (c.path = "/nowhere/at/all"),
    "path = 5": (c) => (c.path = odd(5)),
    "address = null": (c) => (c.address = odd(null)),
    "address = {}": (c) => (c.address = odd({})),
    "emit()": (c) => c.emit("of the user", 1),
    'emit("connect")': (c) => c.emit("connect", odd(undefined)),
    'emit("disconnect")': (c) => c.emit("disconnect", odd(undefined)),
    "destroy() of its socket": (c) => c.socket?.destroy(),
    "end() of its socket": (c) => c.socket?.end(),
};

/** Each brings a client into a state. The calls that are not awaited are kept in `outcomes`. */
const clientStates: Record<string, (c: SockhopClient, outcomes: Outcomes) => unknown> = {
    new: () => undefined,
    "connecting, without a socket": (c, outcomes) => outcomes.call(() => c.connect()),
    connecting: async (c, outcomes) => {
        outcomes.call(() => c.connect());
        await turns(1);
    },
    connected: (c) => c.connect(),
    reconnecting: async (c) => {
        c.port = 1; // no server is there
        c.auto_reconnect = true;
        await once(c, "reconnecting");
    },
    draining: async (c, outcomes) => {
        await c.connect();
        outcomes.call(() => c.ask("late", { timeout: 30 }));
        outcomes.call(() => c.disconnect({ drain: true, timeout: 50 }));
    },
    closing: async (c, outcomes) => {
        await c.connect();
        outcomes.call(() => c.disconnect());
    },
    closed: async (c) => {
        await c.connect();
        await c.disconnect();
    },
    "connected again": async (c) => {
        await c.connect();
        await c.disconnect();
        await c.connect();
    },
    "with a socket of the program's own": async (c) => {
        const socket = net.connect(port, "127.0.0.1");
        c.socket = socket;
        await once(socket, "connect");
    },
    refused: (c) => {
        c.port = 1;
        return c.connect().catch(() => (c.port = port));
    },
};

function newClient(): SockhopClient {
    const c = new SockhopClient({ port, auto_reconnect_interval: 5, connect_timeout: 500, response_timeout: 500 });
    return c.on("error", () => undefined);
}

/** Ends a client, and shows that it works. */
async function finishClient(c: SockhopClient, outcomes: Outcomes): Promise<void> {
    await c.disconnect({ timeout: 0 });
    await outcomes.settled();
    Object.assign(c, { port, path: null, address: "127.0.0.1" });
    await c.connect();
    expect(await c.ask("works"), outcomes.label).to.equal("works");
    c.ping(0);
    await c.disconnect();
    expect([c.connected, c.socket, c.auto_reconnect, c.buffered], outcomes.label).to.deep.equal([
        false,
        null,
        false,
        0,
    ]);
    expect(c.eventNames(), outcomes.label).to.deep.equal(["error"]);
}

describe("each method of a client", () => {
    for (const [state, enter] of Object.entries(clientStates)) {
        it(`once and twice in the state: ${state}`, async () => {
            for (const [name, action] of Object.entries(clientActions)) {
                for (const count of [1, 2]) {
                    const outcomes = new Outcomes(`${state}, ${name}, ${count} times`);
                    const c = newClient();
                    await enter(c, outcomes);
                    for (let call = 0; call < count; call++) outcomes.call(() => action(c));
                    await turns(2);
                    await finishClient(c, outcomes);
                }
            }
            await checkOther(state);
        }).timeout(60_000);
    }

    for (const event of ["connect", "disconnect", "receive", "reconnecting"]) {
        it(`in its own event: ${event}`, async () => {
            for (const [name, action] of Object.entries(clientActions)) {
                const outcomes = new Outcomes(`in ${event}: ${name}`);
                const c = newClient();
                const happened = new Promise<void>((resolve) => {
                    c.once(event, () => {
                        outcomes.call(() => action(c));
                        resolve();
                    });
                });
                if (event === "reconnecting") {
                    c.port = 1;
                    c.auto_reconnect = true;
                } else {
                    outcomes.call(() => c.connect());
                    if (event === "receive") c.once("connect", () => outcomes.call(() => c.send("greet")));
                    if (event === "disconnect") c.once("connect", () => outcomes.call(() => c.send("leave")));
                }
                await happened;
                await turns(2);
                await finishClient(c, outcomes);
            }
            await checkOther(event);
        }).timeout(60_000);
    }

    it("of a client that gets the socket of another", async () => {
        for (const [name, action] of Object.entries(clientActions)) {
            const outcomes = new Outcomes(`with the socket of another: ${name}`);
            const [first, second] = [newClient(), newClient()];
            await first.connect();
            second.socket = first.socket;
            outcomes.call(() => action(first));
            outcomes.call(() => action(second));
            await turns(2);
            await finishClient(first, outcomes);
            await finishClient(second, outcomes);
        }
        await checkOther("the socket of another");
    }).timeout(60_000);
});

interface World {
    s: SockhopServer;
    /** A client of it, in the states that have one, and a socket of the other server. */
    c: SockhopClient | undefined;
    foreign: net.Socket;
}

type ServerAction = (s: SockhopServer, socket: net.Socket, foreign: net.Socket) => unknown;

const serverActions: Record<string, ServerAction> = {
    "listen()": (s) => s.listen(),
    "close()": (s) => s.close(),
    "close(null)": (s) => s.close(null),
    "close({ timeout: 0 })": (s) => s.close({ timeout: 0 }),
    "close({ drain: true })": (s) => s.close({ drain: true, timeout: 20 }),
    "close({ timeout: NaN })": (s) => s.close({ timeout: NaN }),
    "close(5)": (s) => s.close(odd(5)),
    "[Symbol.asyncDispose]()": (s) => s[Symbol.asyncDispose](),
    "disconnect()": (s) => s.disconnect(),
    "disconnect(null)": (s) => s.disconnect(null),
    "send(socket, 1)": (s, socket) => s.send(socket, 1),
    "send(socket)": (s, socket) => s.send(socket, odd(undefined)),
    "send()": (s) => s.send(odd(undefined), odd(undefined)),
    "send(null, 1)": (s) => s.send(odd(null), 1),
    "send(5, 1, f, null)": (s) => s.send(odd(5), 1, () => undefined, null),
    "send(socket, 1, f, null)": (s, socket) => s.send(socket, 1, () => undefined, null),
    "send(socket, 1, 5)": (s, socket) => s.send(socket, 1, odd(5)),
    "send(foreign, 1)": (s, _, foreign) => s.send(foreign, 1),
    "send(foreign, 1, f)": (s, _, foreign) => s.send(foreign, 1, () => undefined),
    "sendall(1)": (s) => s.sendall(1),
    "sendall()": (s) => s.sendall(odd(undefined)),
    "request(socket, 1, null)": (s, socket) => s.request(socket, 1, null),
    "request()": (s) => s.request(odd(undefined)),
    "request(foreign)": (s, _, foreign) => s.request(foreign),
    "ask(socket, 1, null)": (s, socket) => s.ask(socket, 1, null),
    "ask()": (s) => s.ask(odd(undefined)),
    "ask(foreign)": (s, _, foreign) => s.ask(foreign),
    "kill_socket(socket)": (s, socket) => s.kill_socket(socket),
    "kill_socket(socket, null)": (s, socket) => s.kill_socket(socket, null),
    "kill_socket()": (s) => s.kill_socket(odd(undefined)),
    "kill_socket({})": (s) => s.kill_socket(odd({})),
    "kill_socket(foreign)": (s, _, foreign) => s.kill_socket(foreign),
    "ping()": (s) => s.ping(),
    "ping(null)": (s) => s.ping(odd(null)),
    "ping(1000)": (s) => s.ping(1000),
    "ping(NaN)": (s) => s.ping(NaN),
    "ping({})": (s) => s.ping(odd({})),
    "get_bound_address()": (s) => s.get_bound_address(),
    "get_bound_port()": (s) => s.get_bound_port(),
    "emit_async()": (s) => s.emit_async("of the user", 1),
    "its getters": (s) => [s.server, s.sockets, s.sessions, s.pings, s.stats, s.interval_timer],
    "port = NaN": (s) => (s.port = NaN),
    "port = null": (s) => (s.port = odd(null)),
    "path = 5": (s) => (s.path = odd(5)),
    "address = {}": (s) => (s.address = odd({})),
    'emit("connect")': (s) => s.emit("connect", odd(undefined), odd(undefined)),
    "close() of Node's server": (s) => s.server.close(),
    "kill() of its sessions": (s) => Promise.all(s.sessions.map((session) => session.kill(null))),
    "send() of its sessions": (s) => Promise.all(s.sessions.map((session) => session.send(1, null, null))),
    "ask() of its sessions": (s) => Promise.all(s.sessions.map((session) => session.ask(1, null))),
};

/** A client that answers. */
async function join(s: SockhopServer): Promise<SockhopClient> {
    const c = new SockhopClient(s.path ? { path: s.path } : { port: s.get_bound_port()! });
    c.on("request", (request, response) => void response.send(request.data).catch(() => undefined));
    const announced = new Promise((resolve) => s.once("connect", resolve));
    await c.connect();
    await announced;
    return c;
}

const serverStates: Record<string, (s: SockhopServer, outcomes: Outcomes) => unknown> = {
    new: () => undefined,
    "beginning to listen": (s, outcomes) => outcomes.call(() => s.listen()),
    listening: (s) => s.listen(),
    "with a client": (s) => s.listen().then(() => join(s)),
    draining: async (s, outcomes) => {
        await s.listen();
        const c = await join(s);
        c.removeAllListeners("request").on("request", () => undefined);
        outcomes.call(() => s.ask(s.sockets[0]!, "late", { timeout: 30 }));
        outcomes.call(() => s.close({ drain: true, timeout: 50 }));
        return c;
    },
    closing: async (s, outcomes) => {
        await s.listen();
        const c = await join(s);
        outcomes.call(() => s.close());
        return c;
    },
    closed: async (s) => {
        await s.listen();
        await s.close();
    },
    "listening again": async (s) => {
        await s.listen();
        await s.close();
        await s.listen();
        return join(s);
    },
};

/** Ends a server, and shows that it works. */
async function finishServer({ s, c }: World, place: object, outcomes: Outcomes): Promise<void> {
    await s.close({ timeout: 0 });
    await outcomes.settled();
    await s.close({ timeout: 0 }); // an outcome may have begun to listen
    await c?.disconnect({ timeout: 0 });
    Object.assign(s, place);
    await s.listen();
    const works = await join(s);
    expect(await works.ask("works"), outcomes.label).to.equal("works");
    await works.disconnect();
    await s.close();
    expect([s.sockets, s.sessions, s.server.listening], outcomes.label).to.deep.equal([[], [], false]);
    expect(s.eventNames(), outcomes.label).to.have.members(["error", "request"]);
}

for (const [kind, where] of Object.entries({
    "a port": () => ({ path: null, port: 0 }),
    "a path": () => ({ path: socketPath(), port: 0 }),
    "a path with a mode": () => ({ path: socketPath(), port: 0, mode: 0o600 }),
})) {
    describe(`each method of a server on ${kind}`, () => {
        const newServer = (place: object): SockhopServer => {
            const s = new SockhopServer({ ...place, response_timeout: 500 });
            s.on("request", (request, response) => void response.send(request.data));
            return s.on("error", () => undefined);
        };

        /** A socket of the other server. */
        const outsider = async (): Promise<[SockhopClient, net.Socket]> => {
            const c = await join(other);
            return [c, other.sockets[0]!];
        };

        for (const [state, enter] of Object.entries(serverStates)) {
            it(`once and twice in the state: ${state}`, async () => {
                const place = { address: "127.0.0.1", ...where() };
                const [bystander, foreign] = await outsider();
                for (const [name, action] of Object.entries(serverActions)) {
                    for (const count of [1, 2]) {
                        const outcomes = new Outcomes(`${state}, ${name}, ${count} times`);
                        const s = newServer(place);
                        const c = (await enter(s, outcomes)) as SockhopClient | undefined;
                        const socket = s.sockets[0] ?? new net.Socket();
                        for (let call = 0; call < count; call++) outcomes.call(() => action(s, socket, foreign));
                        await turns(2);
                        const client = c instanceof SockhopClient ? c : undefined;
                        await finishServer({ s, c: client, foreign }, place, outcomes);
                        expect(foreign.destroyed, outcomes.label).to.equal(false);
                    }
                }
                await bystander.disconnect();
                await checkOther(state);
            }).timeout(60_000);
        }

        for (const event of ["connect", "disconnect", "receive", "request"]) {
            it(`in its own event: ${event}`, async () => {
                const place = { address: "127.0.0.1", ...where() };
                const [bystander, foreign] = await outsider();
                for (const [name, action] of Object.entries(serverActions)) {
                    const outcomes = new Outcomes(`in ${event}: ${name}`);
                    const s = newServer(place);
                    await s.listen();
                    const c = await join(s);
                    const socket = s.sockets[0]!;
                    let second: SockhopClient | undefined;
                    const happened = new Promise<void>((resolve) => {
                        s.once(event, () => {
                            outcomes.call(() => action(s, socket, foreign));
                            resolve();
                        });
                    });
                    if (event === "connect") {
                        second = new SockhopClient(s.path ? { path: s.path } : { port: s.get_bound_port()! });
                        outcomes.call(() => second?.connect());
                    } else if (event === "disconnect") outcomes.call(() => c.disconnect());
                    else if (event === "receive") outcomes.call(() => c.send(1));
                    else outcomes.call(() => c.ask(1));
                    await happened;
                    await turns(2);
                    await second?.disconnect({ timeout: 0 });
                    await finishServer({ s, c, foreign }, place, outcomes);
                }
                await bystander.disconnect();
                await checkOther(event);
            }).timeout(60_000);
        }
    });
}
