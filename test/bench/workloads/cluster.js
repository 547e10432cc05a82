// One of several servers broadcasts to the clients of all. The figures are mostly processor time, so that a machine with few
// cores can measure more servers than it has cores.
"use strict";

const { connect, serve } = require("../adapters");
const Fleet = require("../Fleet.js");
const Gate = require("../Gate.js");
const { Inbox, now } = require("../Inbox.js");
const { small, large } = require("../messages.js");
const { TURNS, patiently, rotated } = require("../turns.js");
const warmUp = require("../warmUp.js");
const { caseOf, metricOf, metrics, tables, chart } = require("../cluster/figures.js");

const SERVERS = [1, 2, 4];
const CLIENTS = [100, 400];
const SIZES = [100, 1000];

/** Number of messages that a server sends in a tick. */
const BURST = 10;

/** A burst is sent when less than this number of bursts are on their way to the clients. */
const MOST_BURSTS = 2;

/** Number of clients that connect at a time. */
const AT_A_TIME = 50;

/** Number of messages at a time during the warm-up, its duration in milliseconds, and that after more clients have connected. */
const WARM = 100;
const WARM_TIME = 3000;
const SHORT_WARM_TIME = 700;

/** Approximate duration of the measured messages in milliseconds. */
const TIME = 350;

const maker = (size) => (size === 100 ? small : large);

async function server(adapter, place, options) {
    const server = await serve(adapter, place, "broadcast", {}, options);
    const gate = await Gate.listen(`${place.path}.gate`);
    const steps = {
        async joined(members) {
            while (server.members && (await server.members()) < members) await pause(20);
        },
        async connected(count) {
            while (server.connections() < count) await pause(10);
        },
        async send(count, size) {
            const make = maker(size);
            const start = now();
            for (let n = 0; n < count;) {
                let sent;
                for (const end = n + BURST; n < end;) sent = server.sendall(make(n++));
                await sent;
                await gate.sent(MOST_BURSTS);
            }
            return start;
        },
    };
    return { steps, result: server.place };
}

/** @param places - of the servers; the first one sends */
async function client(adapter, places) {
    const inboxes = [];
    const passed = await Gate.connect(`${places[0].path}.gate`);
    let arrived = 0;
    const add = async (index) => {
        inboxes.push(undefined);
        const message = (value) => {
            inboxes[index].take(value);
            arrived += 1;
            if (arrived % (BURST * inboxes.length) === 0) passed();
        };
        await connect(adapter, places[index % places.length], "broadcast", { message });
    };
    const steps = {
        async connect(count) {
            while (inboxes.length < count) {
                const more = Math.min(AT_A_TIME, count - inboxes.length);
                await Promise.all(Array.from({ length: more }, (_, index) => inboxes.length + index).map(add));
            }
        },
        expect(count, size) {
            arrived = 0;
            for (const index of inboxes.keys()) inboxes[index] = new Inbox(maker(size), count);
        },
        arrived: async () => Math.max(...(await Promise.all(inboxes.map((inbox) => inbox.arrived)))),
    };
    return { steps };
}

function pause(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Servers of one implementation, warm, with a number of clients that grows. */
class Warm {
    /** @param servers - number of servers, if the implementation has several */
    static async open(adapter, workload, servers) {
        const fleet = await Fleet.open(adapter, workload, adapter.engine ? servers : 1);
        await fleet.all("joined", fleet.servers.length);
        return new Warm(fleet);
    }

    #fleet;
    #clients = 0;
    #counts = new Map();

    constructor(fleet) {
        this.#fleet = fleet;
    }

    /** Connects clients until there are this many, and runs all processes until they are warm. */
    async connect(clients) {
        const time = this.#clients === 0 ? WARM_TIME : SHORT_WARM_TIME;
        await this.#fleet.client.do("connect", clients);
        await this.#fleet.all("connected", clients / this.#fleet.servers.length);
        this.#clients = clients;
        for (const size of SIZES) {
            const count = await warmUp((count) => this.#send(count, size), WARM, TIME, time / SIZES.length);
            this.#counts.set(size, BURST * Math.ceil(count / BURST));
        }
    }

    async #send(count, size) {
        await this.#fleet.client.do("expect", count, size);
        const [start, end] = await Promise.all([
            this.#fleet.servers[0].do("send", count, size),
            this.#fleet.client.do("arrived"),
        ]);
        return end - start;
    }

    async sample(size) {
        const count = this.#counts.get(size);
        const { servers, engine, result: time } = await this.#fleet.cost(() => this.#send(count, size));
        const deliveries = count * this.#clients;
        return {
            rate: deliveries / (time / 1000),
            cpu: servers.reduce((sum, used) => sum + used, 0) / deliveries,
            busiest: Math.max(...servers) / deliveries,
            ...(Number.isFinite(engine) && { engine: engine / deliveries }),
        };
    }

    close() {
        return this.#fleet.close();
    }
}

/**
 * Measures one number of servers: all implementations are warm and take turns, first with few clients, then with many.
 *
 * @param add - called with an implementation, the number of its turn, its figures, and the name of the case
 */
async function stage(workload, adapters, servers, add) {
    const ready = new Map();
    const each = async (order, work) => {
        for (const adapter of order) {
            const one = ready.get(adapter);
            if (!one) continue;
            if ((await patiently(() => work(adapter, one))) !== null) continue;
            await one.close();
            ready.set(adapter, null);
        }
    };
    try {
        for (const adapter of adapters) {
            ready.set(adapter, await patiently(() => Warm.open(adapter, workload, servers)));
        }
        for (const clients of CLIENTS) {
            await each(adapters, (_, one) => one.connect(clients));
            for (let turn = 0; turn < TURNS; turn++) {
                for (const size of SIZES) {
                    await each(rotated(adapters, turn), async (adapter, one) => {
                        const figures = Object.entries(await one.sample(size));
                        const named = figures.map(([kind, value]) => [metricOf(kind, servers, clients, size), value]);
                        add(adapter, turn, Object.fromEntries(named), caseOf(servers, clients, size));
                    });
                }
            }
        }
    } finally {
        for (const one of ready.values()) await one?.close();
    }
}

/** Adds the figures of each turn of a round to `results`. A turn has the figures of all numbers of servers and clients. */
async function run({ workload, adapters, round, results, tell }) {
    if (!adapters.some(({ engine }) => engine)) return; // nothing to compare with the reference
    for (const servers of SERVERS) {
        await stage(workload, rotated(adapters, round), servers, (adapter, turn, figures, part) => {
            const { rounds } = results[adapter.name];
            rounds[round * TURNS + turn] = { ...rounds[round * TURNS + turn], ...figures };
            tell(adapter, figures, part);
        });
    }
}

module.exports = [
    {
        name: "cluster",
        title: "Broadcast by several servers",
        about:
            `1, 2 or 4 servers share 100 or 400 clients, which are all in one process. The servers and their engine have one ` +
            `core together, so the deliveries per second do not grow with the number of servers. One of the servers sends ${BURST} objects ` +
            `in a tick to the clients of all, and the next ${BURST} when all clients have the last but one. CPU is ` +
            `processor time in µs per delivery to a client. Ratios are to one server of this version without a ` +
            `cluster. Capacity is the number of deliveries per second, if each server has a core, to that of one server ` +
            `without a cluster. It follows from the processor time: that of the busiest server if one sends everything, ` +
            `the mean of all if each sends as much as the others.`,
        family: "cluster",
        needs: "cluster",
        overview: false,
        metrics: metrics(SERVERS, CLIENTS, SIZES),
        tables: (results, title) => tables(results, title, { SERVERS, CLIENTS, SIZES }),
        draw: (results, label) => chart(results, label, { SERVERS, CLIENTS, SIZES }),
        server,
        client,
        run,
    },
];
