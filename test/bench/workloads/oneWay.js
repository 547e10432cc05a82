// One client sends, the server receives.
"use strict";

const { connect, serve } = require("../adapters");
const { Inbox, now } = require("../Inbox.js");
const { small, large } = require("../messages.js");
const warmUp = require("../warmUp.js");

/** After this number of messages the sender waits for the end of their writes. */
const BURST = 1000;

/** Number of messages at a time during the warm-up. */
const WARM = 20_000;

/** Approximate duration of the measured messages in milliseconds. */
const TIME = 500;

function oneWay({ name, title, about, make, awaited }) {
    return {
        name,
        title,
        about,
        chart: "rate",
        needs: awaited ? "awaited" : undefined,
        metrics: {
            rate: { title: "messages/s", better: "more", digits: 0 },
            cpu: { title: "CPU of both ends, µs per message", better: "less", digits: 2 },
            sender: { title: "of the sender", better: "less", digits: 2, detail: true },
            receiver: { title: "of the receiver", better: "less", digits: 2, detail: true },
        },

        async server(adapter, place) {
            let inbox;
            const server = await serve(adapter, place, "messages", { message: (value) => inbox.take(value) });
            const steps = {
                expect(count) {
                    inbox = new Inbox(make, count);
                },
                arrived: () => inbox.arrived,
            };
            return { steps, result: server.place };
        },

        async client(adapter, place) {
            const client = await connect(adapter, place, "messages");
            const burst = client.serial ? 1 : BURST;
            const steps = {
                async send(count) {
                    const start = now();
                    if (awaited) {
                        for (let n = 0; n < count; n++) await client.deliver(make(n));
                        return start;
                    }
                    for (let n = 0; n < count;) {
                        const end = Math.min(n + burst, count);
                        let sent;
                        while (n < end) sent = client.send(make(n++));
                        await (client.pace?.() ?? sent);
                    }
                    return start;
                },
            };
            return { steps };
        },

        async begin({ open }) {
            const pair = await open();
            const send = async (count) => {
                await pair.server.do("expect", count);
                const [start, end] = await Promise.all([pair.client.do("send", count), pair.server.do("arrived")]);
                return end - start;
            };
            const count = await warmUp(send, WARM, TIME);
            return async () => {
                const { server, client, result: time } = await pair.cost(() => send(count));
                return {
                    rate: count / (time / 1000),
                    cpu: (server + client) / count,
                    sender: client / count,
                    receiver: server / count,
                };
            };
        },
    };
}

module.exports = [
    oneWay({
        name: "one-way-100",
        title: "One way, 100 bytes",
        about: `A client sends objects of 100 bytes of JSON, and waits after each ${BURST} until they are sent.`,
        make: small,
    }),
    oneWay({
        name: "one-way-1k",
        title: "One way, 1 kB",
        about: "The same with objects of 1000 bytes.",
        make: large,
    }),
    oneWay({
        name: "awaited",
        title: "Awaited sends",
        about: "A client sends objects of 100 bytes, each when the previous one is sent.",
        make: small,
        awaited: true,
    }),
];
