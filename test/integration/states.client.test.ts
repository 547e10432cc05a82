import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { SockhopClient } from "../../src";
import { turns } from "../support/eventLoop";
import { missing, odd, otherServer, Outcomes } from "../support/states";

/*
 * A table test: each public method and each settable property of SockhopClient, in each state, called once, twice, and in event
 * handlers. Methods throw documented errors only, every promise settles, another server continues, no resources stay
 * open, and the object works afterwards.
 */

type ClientAction = (c: SockhopClient) => unknown;

const clientActions: Record<string, ClientAction> = {
    "connect()": (c) => c.connect(),
    "connect({ wait: true })": (c) => c.connect({ wait: true, timeout: 30 }),
    "connect({ signal })": (c) => c.connect({ wait: true, signal: AbortSignal.timeout(20) }),
    "connect(5)": (c) => c.connect(odd(5)),
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
    "flush()": (c) => c.flush(),
    "flush({ timeout: 5 })": (c) => c.flush({ timeout: 5 }),
    "flush(5)": (c) => c.flush(odd(5)),
    "handle(), unhandle()": (c) => [c.handle("Type", () => 1), c.unhandle("Type")],
    "handle() without a function": (c) => {
        c.handle("Type", odd(null));
    },
    "messages()": (c) => c.messages().return?.(),
    "messages(), read": (c) => c.messages({ signal: AbortSignal.timeout(20) }).next(),
    "ping()": (c) => c.ping(),
    "ping(null)": (c) => c.ping(odd(null)),
    "ping(1000)": (c) => c.ping(1000),
    "ping(NaN)": (c) => c.ping(NaN),
    "ping(-1)": (c) => c.ping(-1),
    "ping(Symbol())": (c) => c.ping(odd(Symbol())),
    "ping({})": (c) => c.ping(odd({})),
    "get_bound_address()": (c) => c.get_bound_address(),
    "its getters": (c) => [
        c.connected,
        c.socket,
        c.pings,
        c.buffered,
        c.stats,
        c.auto_reconnect,
        c.interval_timer,
        c.codec,
        c.resumable,
    ],
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

describe("methods of SockhopClient", () => {
    it("are all called here", () => {
        expect(missing(SockhopClient, clientActions)).to.deep.equal([]);
    });

    const other = otherServer();

    /** Functions that bring a client into a state. `outcomes` collects calls that are not awaited. */
    const clientStates: Record<string, (c: SockhopClient, outcomes: Outcomes) => unknown> = {
        new: () => undefined,
        "connecting, without a socket": (c, outcomes) => outcomes.call(() => c.connect()),
        connecting: async (c, outcomes) => {
            outcomes.call(() => c.connect());
            await turns(1);
        },
        connected: (c) => c.connect(),
        reconnecting: async (c) => {
            c.port = 1; // no server
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
        "with a socket of the program": async (c) => {
            const socket = net.connect(other.port, "127.0.0.1");
            c.socket = socket;
            await once(socket, "connect");
        },
        refused: (c) => {
            c.port = 1;
            return c.connect().catch(() => (c.port = other.port));
        },
    };

    function newClient(): SockhopClient {
        const c = new SockhopClient({
            port: other.port,
            auto_reconnect_interval: 5,
            connect_timeout: 500,
            response_timeout: 500,
        });
        return c.on("error", () => undefined);
    }

    /** Closes a client, and asserts that it still works. */
    async function finishClient(c: SockhopClient, outcomes: Outcomes): Promise<void> {
        await c.disconnect({ timeout: 0 });
        await outcomes.settled();
        Object.assign(c, { port: other.port, path: null, address: "127.0.0.1" });
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

    for (const [state, enter] of Object.entries(clientStates)) {
        it(`settle once and twice in the state: ${state}`, async () => {
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
            await other.check(state);
        }).timeout(60_000);
    }

    for (const event of ["connect", "disconnect", "receive", "reconnecting"]) {
        it(`settle in a handler of the event: ${event}`, async () => {
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
            await other.check(event);
        }).timeout(60_000);
    }

    it("settle on two clients that share a socket", async () => {
        for (const [name, action] of Object.entries(clientActions)) {
            const outcomes = new Outcomes(`with a shared socket: ${name}`);
            const [first, second] = [newClient(), newClient()];
            await first.connect();
            second.socket = first.socket;
            outcomes.call(() => action(first));
            outcomes.call(() => action(second));
            await turns(2);
            await finishClient(first, outcomes);
            await finishClient(second, outcomes);
        }
        await other.check("a shared socket");
    }).timeout(60_000);
});
