// A server broadcasts to many clients, which are all in one process.
"use strict";

const { connect, serve } = require("../adapters");
const { Inbox, now } = require("../Inbox.js");
const { large } = require("../messages.js");
const warmUp = require("../warmUp.js");

const CLIENTS = 100;

/** Number of messages that the server sends in a tick before it waits for the end of their writes. */
const BURST = 10;

/** Number of messages at a time during the warm-up. */
const WARM = 100;

/** Approximate duration of the measured messages in milliseconds. */
const TIME = 600;

/**
 * Duration of the warm-up in milliseconds. The server is idle most of the time, because one process reads for all
 * clients: its code needs longer than elsewhere until it is compiled.
 */
const WARM_TIME = 8000;

async function server(adapter, place) {
    const server = await serve(adapter, place, "broadcast");
    const steps = {
        async connected() {
            while (server.connections() < CLIENTS) await new Promise((resolve) => setTimeout(resolve, 10));
        },
        async send(count) {
            const start = now();
            const burst = server.serial ? 1 : BURST;
            for (let n = 0; n < count;) {
                const end = Math.min(n + burst, count);
                let sent;
                while (n < end) sent = server.sendall(large(n++));
                await (server.pace?.() ?? sent);
            }
            return start;
        },
    };
    return { steps, result: server.place };
}

async function client(adapter, place) {
    const inboxes = Array.from({ length: CLIENTS });
    for (const index of inboxes.keys()) {
        await connect(adapter, place, "broadcast", { message: (value) => inboxes[index].take(value) });
    }
    const steps = {
        expect(count) {
            for (const index of inboxes.keys()) inboxes[index] = new Inbox(large, count);
        },
        arrived: async () => Math.max(...(await Promise.all(inboxes.map((inbox) => inbox.arrived)))),
    };
    return { steps };
}

async function begin({ open }) {
    const pair = await open();
    await pair.server.do("connected");
    const send = async (count) => {
        await pair.client.do("expect", count);
        const [start, end] = await Promise.all([pair.server.do("send", count), pair.client.do("arrived")]);
        return end - start;
    };
    const count = await warmUp(send, WARM, TIME, WARM_TIME);
    return async () => {
        const { server, result: time } = await pair.cost(() => send(count));
        const deliveries = count * CLIENTS;
        return { rate: deliveries / (time / 1000), cpu: server / deliveries };
    };
}

module.exports = [
    {
        name: "sendall",
        title: `Broadcast to ${CLIENTS} clients`,
        about: `A server sends objects of 1 kB to ${CLIENTS} clients in one process, and waits after each ${BURST} until they are sent.`,
        chart: "rate",
        metrics: {
            rate: { title: "deliveries/s", better: "more", digits: 0 },
            cpu: { title: "CPU of the server, µs per delivery", better: "less", digits: 2 },
        },
        server,
        client,
        begin,
    },
];
