// One big message from a client to the server, in growing sizes: shows linear or quadratic growth of the time,
// and the memory of the server.
"use strict";

const { connect, serve } = require("../adapters");
const { now } = require("../Inbox.js");
const { large, text } = require("../messages.js");
const { slope } = require("../statistics.js");

const MB = 1e6;

/** The growth exponent is computed for sizes up to this. */
const GROWTH_TO = 64;

/** The memory is reported for this size. */
const MEMORY_AT = 64;

/** The processor time is reported for this size: other load on the machine affects it less than the time. */
const CPU_AT = 16;

/** In milliseconds. A slower size is measured once, and larger ones are skipped. */
const PATIENCE = 10_000;

/** Small sizes are sent this number of times, and the minimum counts. */
const TIMES = 3;

const BLOCK = text(MB / 10);

/** Kinds of content. `isRight` makes no copy, to measure the memory of the library only. */
const KINDS = {
    text: {
        make: (size) => BLOCK.repeat(10 * size),
        isRight(value, size) {
            if (value.length !== size * MB) return false;
            for (let from = 0; from < value.length; from += BLOCK.length) {
                if (!value.startsWith(BLOCK, from)) return false;
            }
            return true;
        },
    },
    objects: {
        make: (size) => Array.from({ length: 1000 * size }, (_, n) => large(n)),
        isRight: (value, size) =>
            value.length === 1000 * size &&
            [0, value.length - 1].every((n) => JSON.stringify(value[n]) === JSON.stringify(large(n))),
    },
};

async function server(adapter, place, { kind }) {
    let take;
    let arrived;
    const server = await serve(adapter, place, "messages", { message: (value) => take(value) });
    let before;
    const steps = {
        expect(size) {
            global.gc();
            before ??= process.resourceUsage().maxRSS;
            arrived = new Promise((resolve, reject) => {
                take = (value) => {
                    const at = now();
                    const memory = (process.resourceUsage().maxRSS - before) * 1024;
                    if (KINDS[kind].isRight(value.data, size)) resolve({ at, memory });
                    else reject(new Error(`a message of ${size} MB was changed on its way`));
                };
            });
        },
        /** Resolves when the message has arrived, to the time and to the peak memory of the process. */
        arrived: () => arrived,
    };
    return { steps, result: server.place };
}

async function client(adapter, place, { kind }) {
    const client = await connect(adapter, place, "messages");
    let message;
    const steps = {
        prepare(size) {
            message = { data: KINDS[kind].make(size) };
        },
        async send() {
            const start = now();
            await client.send(message);
            return start;
        },
    };
    return { steps };
}

/** Sends one message. Resolves to the time and processor time in milliseconds, and the memory in bytes. */
async function send(pair, size) {
    await Promise.all([pair.server.do("expect", size), pair.client.do("prepare", size)]);
    const { server, client, result } = await pair.cost(() =>
        Promise.all([pair.client.do("send"), pair.server.do("arrived")]),
    );
    const [start, { at, memory }] = result;
    return { time: at - start, cpu: (server + client) / 1000, memory };
}

/** @param notes - stores the first size that took too long, and its figure */
async function measure({ open, notes }, kind, sizes) {
    const figures = {};
    const points = [];
    for (const size of sizes) {
        if (notes.slow && size > notes.slow.size) break;
        if (notes.slow?.size === size) {
            figures[`t${size}`] = notes.slow.time;
        } else {
            const pair = await open({ flags: ["--expose-gc"], kind });
            for (let n = 0; n < TIMES; n++) await send(pair, 0.1);
            const { time, cpu, memory } = await send(pair, size);
            figures[`t${size}`] = time;
            if (size === CPU_AT) figures.cpu = cpu;
            if (size === MEMORY_AT) figures.memory = memory / (size * MB);
            for (let n = 1; n < TIMES && time < 500; n++) {
                figures[`t${size}`] = Math.min(figures[`t${size}`], (await send(pair, size)).time);
            }
            pair.close();
            if (time > PATIENCE) notes.slow = { size, time, memory: figures.memory };
        }
        if (size <= GROWTH_TO) points.push([size, figures[`t${size}`]]);
    }
    figures.memory ??= notes.slow?.memory;
    if (points.length > 2) figures.growth = slope(points);
    return figures;
}

/** The metric of one size. Ratios are printed for the sizes in the middle only, to keep the table narrow. */
function time(size) {
    return { title: `${size} MB, ms`, better: "less", digits: 1, detail: size < 16 || size > GROWTH_TO };
}

function big({ name, title, about, kind, sizes }) {
    return {
        name,
        title,
        about:
            `${about} The growth is the exponent of the time as a function of the size, from 1 to ${GROWTH_TO} MB: 1 is ` +
            `linear, 2 quadratic. The memory is the peak of the server for a message of ${MEMORY_AT} MB, divided by its size. ` +
            `A size that needs more than ${PATIENCE / 1000} s is measured once, and larger sizes are omitted.`,
        rounds: (rounds) => Math.min(rounds, 3),
        chart: "t16",
        growth: true,
        overview: false,
        metrics: {
            ...Object.fromEntries(sizes.map((size) => [`t${size}`, time(size)])),
            cpu: { title: `CPU of both ends for ${CPU_AT} MB, ms`, better: "less", digits: 0 },
            growth: { title: "growth", better: "less", digits: 2, ratio: false },
            memory: { title: "memory per byte", better: "less", digits: 1 },
        },
        server,
        client,
        measure: (context) => measure(context, kind, sizes),
    };
}

module.exports = [
    big({
        name: "big",
        title: "Large message",
        about: "A client sends one message of 1 to 256 MB of text, in new processes.",
        kind: "text",
        sizes: [1, 4, 16, 64, 256],
    }),
    big({
        name: "big-objects",
        title: "Large message of objects",
        about: "A client sends one message of 1 to 64 MB, an array of objects of 1 kB, in new processes.",
        kind: "objects",
        sizes: [1, 4, 16, 64],
    }),
];
