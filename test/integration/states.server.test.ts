import { expect } from "chai";
import net from "node:net";
import { SockhopClient, SockhopServer, SockhopSession } from "../../src";
import { socketPath } from "../support/pair";
import { turns } from "../support/eventLoop";
import { missing, odd, otherServer, Outcomes } from "../support/states";

/*
 * A table test: each public method and each settable property of SockhopServer, in each state, called once, twice, and in event
 * handlers. Methods throw documented errors only, every promise settles, another server continues, no resources stay
 * open, and the object works afterwards.
 */

interface Participants {
    s: SockhopServer;
    /** A client of the server, in states that have one. */
    c: SockhopClient | undefined;
    /** A socket of the other server. */
    foreign: net.Socket;
}

type ServerAction = (s: SockhopServer, socket: net.Socket, foreign: net.Socket) => unknown;

const serverActions: Record<string, ServerAction> = {
    "listen()": (s) => s.listen(),
    "listen(5)": (s) => (s.listen as (port: number) => unknown)(5),
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
    "sendall(1, { except })": (s, socket) => s.sendall(1, { except: socket }),
    "sendall(1, { except: 5 })": (s) => s.sendall(1, { except: odd([5]) }),
    "group()": (s) => s.group(odd(undefined)),
    "sendall() of a group": (s) => s.group("all").sendall(1),
    "count(), members(), sessions of a group": (s) => {
        const group = s.group("all");
        expect(group.sessions).to.be.an("array");
        return Promise.all([group.count(), group.members()]);
    },
    "id_of(session)": (s) => s.sessions.map((session) => s.id_of(session)),
    "id_of()": (s) => s.id_of(odd(undefined)),
    "session(id)": (s) => s.session("nobody").send(1),
    "session(5)": (s) => s.session(odd(5)),
    "kill() of session(id)": (s) => Promise.all(s.sessions.map((session) => s.session(s.id_of(session)).kill())),
    "handle(), unhandle()": (s) => [s.handle("Type", () => 1), s.unhandle("Type")],
    "handle() without a name": (s) => {
        s.handle("", () => 1);
    },
    "messages()": (s) => s.messages().return?.(),
    "messages(), read": (s) => s.messages({ signal: AbortSignal.timeout(20) }).next(),
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
    "its getters": (s) => [s.server, s.sockets, s.sessions, s.pings, s.stats, s.interval_timer, s.cluster],
    "port = NaN": (s) => (s.port = NaN),
    "port = null": (s) => (s.port = odd(null)),
    "path = 5": (s) => (s.path = odd(5)),
    "address = {}": (s) => (s.address = odd({})),
    'emit("connect")': (s) => s.emit("connect", odd(undefined), odd(undefined)),
    "close() of Node's server": (s) => s.server.close(),
    "kill() of its sessions": (s) => Promise.all(s.sessions.map((session) => session.kill(null))),
    "send() of its sessions": (s) => Promise.all(s.sessions.map((session) => session.send(1, null, null))),
    "join(), leave() of its sessions": (s) =>
        Promise.all(s.sessions.map((session) => [session.join("all"), session.leave("all")]).flat()),
    "flush() of its sessions": (s) => Promise.all(s.sessions.map((session) => session.flush({ timeout: 20 }))),
    "request() of its sessions": (s) => Promise.all(s.sessions.map((session) => session.request(1))),
    "getters of its sessions": (s) =>
        s.sessions.map(({ groups, buffered, codec, stats, resumable }) => [groups, buffered, codec, stats, resumable]),
    "ask() of its sessions": (s) => Promise.all(s.sessions.map((session) => session.ask(1, null))),
};

/** Connects a client that responds to requests. */
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
    "starting to listen": (s, outcomes) => outcomes.call(() => s.listen()),
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

/** Closes a server, and asserts that it still works. */
async function finishServer({ s, c }: Participants, place: object, outcomes: Outcomes): Promise<void> {
    await s.close({ timeout: 0 });
    await outcomes.settled();
    await s.close({ timeout: 0 }); // a late listen() may have succeeded
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

it("methods of SockhopServer and SockhopSession are all called here", () => {
    const ofUser = ["start", "end", "resume"];
    expect(missing(SockhopServer, serverActions)).to.deep.equal([]);
    expect(missing(SockhopSession, serverActions)).to.have.members(ofUser);
});

for (const [kind, where] of Object.entries({
    "a port": () => ({ path: null, port: 0 }),
    "a path": () => ({ path: socketPath(), port: 0 }),
    "a path with a mode": () => ({ path: socketPath(), port: 0, mode: 0o600 }),
})) {
    describe(`methods of SockhopServer on ${kind}`, () => {
        const other = otherServer();

        const newServer = (place: object): SockhopServer => {
            const s = new SockhopServer({ ...place, response_timeout: 500 });
            s.on("request", (request, response) => void response.send(request.data));
            return s.on("error", () => undefined);
        };

        /** A client of the other server, and its socket there. */
        const outsider = async (): Promise<[SockhopClient, net.Socket]> => {
            const c = await join(other.server);
            return [c, other.server.sockets[0]!];
        };

        for (const [state, enter] of Object.entries(serverStates)) {
            it(`settle once and twice in the state: ${state}`, async () => {
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
                await other.check(state);
            }).timeout(60_000);
        }

        for (const event of ["connect", "disconnect", "receive", "request"]) {
            it(`settle in a handler of the event: ${event}`, async () => {
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
                await other.check(event);
            }).timeout(60_000);
        }
    });
}
