// One big message from a client to the server, in growing sizes: shows linear or quadratic growth of the time,
// and the memory of the server.
"use strict";

const { connect, serve } = require("../adapters");
const { now } = require("../Inbox.js");
const { text } = require("../messages.js");
const { slope } = require("../statistics.js");

const MB = 1e6;
const SIZES = [1, 4, 16, 64, 256];

/** The growth exponent is computed for sizes up to this. */
const GROWTH_TO = 64;

/** The memory is reported for this size. */
const MEMORY_AT = 64;

/** In milliseconds. A slower size is measured once, and larger ones are skipped. */
const PATIENCE = 10_000;

/** Small sizes are sent this number of times, and the minimum counts. */
const TIMES = 3;

const BLOCK = text(MB / 10);

/** Throws unless this is the message of {@link client}. Makes no copy, to measure the memory of the library only. */
function verify({ text }, size) {
    let right = text.length === size * MB;
    for (let from = 0; right && from < text.length; from += BLOCK.length) right = text.startsWith(BLOCK, from);
    if (!right) throw new Error(`a message of ${size} MB was changed on its way`);
}

async function server(adapter, place) {
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
                    try {
                        verify(value, size);
                        resolve({ at, memory });
                    } catch (error) {
                        reject(error);
                    }
                };
            });
        },
        /** Resolves when the message has arrived, to the time and to the peak memory of the process. */
        arrived: () => arrived,
    };
    return { steps, result: server.place };
}

async function client(adapter, place) {
    const client = await connect(adapter, place, "messages");
    const steps = {
        async send(size) {
            const message = { text: BLOCK.repeat(10 * size) };
            const start = now();
            await client.send(message);
            return start;
        },
    };
    return { steps };
}

/** Sends one message. Resolves to the time in milliseconds and the memory in bytes. */
async function send(pair, size) {
    await pair.server.do("expect", size);
    const [start, { at, memory }] = await Promise.all([pair.client.do("send", size), pair.server.do("arrived")]);
    return { time: at - start, memory };
}

/** @param notes - stores the first size that took too long, and its figure */
async function measure({ open, notes }) {
    const figures = {};
    const points = [];
    for (const size of SIZES) {
        if (notes.slow && size > notes.slow.size) break;
        if (notes.slow?.size === size) {
            figures[`t${size}`] = notes.slow.time;
        } else {
            const pair = await open({ flags: ["--expose-gc"] });
            for (let n = 0; n < TIMES; n++) await send(pair, 0.1);
            const { time, memory } = await send(pair, size);
            figures[`t${size}`] = time;
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

module.exports = [
    {
        name: "big",
        title: "Large message",
        about:
            `A client sends one message of 1 to 256 MB of text. The growth is the exponent of the time as a function of ` +
            `the size, from 1 to ${GROWTH_TO} MB: 1 is linear, 2 quadratic. The memory is the peak of the server for a ` +
            `message of ${MEMORY_AT} MB, divided by its size. A size that needs more than ${PATIENCE / 1000} s is measured ` +
            `once, and larger sizes are omitted.`,
        rounds: (rounds) => Math.min(rounds, 3),
        chart: "t16",
        overview: false,
        metrics: {
            ...Object.fromEntries(SIZES.map((size) => [`t${size}`, time(size)])),
            growth: { title: "growth", better: "less", digits: 2, ratio: false },
            memory: { title: "memory per byte", better: "less", digits: 1 },
        },
        server,
        client,
        measure,
    },
];
