// Bytes on the wire, counted by a relay between client and server, which runs in the process of the client.
"use strict";

const net = require("node:net");
const { once } = require("node:events");
const { connect, serve } = require("../adapters");
const { Inbox } = require("../Inbox.js");
const { small, large, check, numberOf } = require("../messages.js");

/** Number of messages that are not counted: some send the keys of objects only once, or change their format. */
const WARM = 20_000;

/** Number of messages that are counted, and of messages that are sent together. */
const COUNT = 1000;

/** Number of calls that are not counted. */
const FEW = 1000;

/** Relays connections to the place of a server. */
async function relay(place) {
    const counted = { bytes: 0 };
    const far = ({ path, port }) => (path === undefined ? net.connect(port, "127.0.0.1") : net.connect(path));
    const server = net.createServer((near) => {
        const other = far(place);
        for (const [from, to] of [
            [near, other],
            [other, near],
        ]) {
            from.on("data", (chunk) => {
                counted.bytes += chunk.length;
                to.write(chunk);
            });
            from.on("error", () => to.destroy());
            from.on("close", () => to.destroy());
        }
    });
    if (place.path === undefined) server.listen(0, "127.0.0.1");
    else server.listen(`${place.path}.relay`);
    await once(server, "listening");
    const near = place.path === undefined ? { port: server.address().port } : { path: `${place.path}.relay` };
    return { near, counted };
}

async function server(adapter, place, { pattern, size }) {
    const make = size === 100 ? small : large;
    let inbox;
    const handlers = { message: (value) => inbox.take(value), answer: (question) => small(numberOf(question)) };
    const { place: actual } = await serve(adapter, place, pattern, handlers);
    const steps = {
        expect(count) {
            inbox = new Inbox(make, count);
        },
        arrived: () => inbox.arrived,
    };
    return { steps, result: actual };
}

async function client(adapter, place, { pattern, size }) {
    const make = size === 100 ? small : large;
    const { near, counted } = await relay(place);
    const client = await connect(adapter, near, pattern);
    const burst = client.serial ? 1 : COUNT;
    const steps = {
        async send(count) {
            for (let n = 0; n < count;) {
                const end = Math.min(n + burst, count);
                let sent;
                while (n < end) sent = client.send(make(n++));
                await (client.pace?.() ?? sent);
            }
        },
        async ask(count) {
            for (let n = 0; n < count; n++) check(small, n, await client.request(small(n)));
        },
        bytes: () => counted.bytes,
    };
    return { steps };
}

/** Bytes of each of some operations. */
async function count(pair, run, before, times) {
    await run(before);
    const first = await pair.client.do("bytes");
    await run(times);
    return ((await pair.client.do("bytes")) - first) / times;
}

async function oneWay(open, size) {
    const pair = await open({ pattern: "messages", size });
    const send = async (count) => {
        await pair.server.do("expect", count);
        await Promise.all([pair.client.do("send", count), pair.server.do("arrived")]);
    };
    return count(pair, send, WARM, COUNT);
}

async function measure({ open }) {
    const calls = await open({ pattern: "questions", size: 100 });
    return {
        small: await oneWay(open, 100),
        large: await oneWay(open, 1000),
        call: await count(calls, (times) => calls.client.do("ask", times), FEW, COUNT),
    };
}

module.exports = [
    {
        name: "bytes",
        title: "Bytes on the wire",
        about:
            `Bytes of one message, if ${COUNT} are sent at a time, and of a call with its reply, one at a time, of 100 bytes ` +
            `each; all after a warm-up.`,
        rounds: () => 1,
        chart: "small",
        overview: false,
        metrics: {
            small: { title: "100 B object, bytes", better: "less", digits: 1 },
            large: { title: "1 kB object, bytes", better: "less", digits: 1 },
            call: { title: "call and reply, bytes", better: "less", digits: 1 },
        },
        server,
        client,
        measure,
    },
];
