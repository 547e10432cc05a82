// A client calls, the server replies: one call at a time, or many pending calls.
"use strict";

const { connect, serve } = require("../adapters");
const { now } = require("../Inbox.js");
const { small, check, numberOf } = require("../messages.js");
const warmUp = require("../warmUp.js");

/** Terms of the report. */
const NAMES = { callback: "call", request: "request" };

/** Number of pending calls or requests. */
const MANY = 100;

/** Number of calls per batch during the warm-up: one at a time, and together. */
const FEW = 5000;
const WARM = 10_000;

/** Approximate duration of the calls of one turn in milliseconds. */
const TIME = 500;

/** The server: replies to each call with the message of the same number. */
async function server(adapter, place) {
    const handlers = { answer: (question) => small(numberOf(question)) };
    const { place: actual } = await serve(adapter, place, "questions", handlers);
    return { steps: {}, result: actual };
}

/** A function that makes call `n` and resolves when the correct reply has arrived. */
function asker(client, way) {
    if (way === "request") return async (n) => check(small, n, await client.request(small(n)));
    return (n) =>
        new Promise((resolve, reject) => {
            client.call(small(n), (answer) => {
                try {
                    check(small, n, answer);
                    resolve();
                } catch (error) {
                    reject(error);
                }
            });
        });
}

function oneAtATime(way) {
    return {
        name: `latency-${way}`,
        title: `One ${NAMES[way]} at a time`,
        about:
            `A client sends one ${NAMES[way]} after the other, each when the last has its reply; 100 bytes in each direction. ` +
            "Both processes share one core, so that no idle core has to wake up.",
        cores: "together",
        needs: way,
        chart: "p50",
        metrics: {
            p50: { title: "median, µs", better: "less", digits: 1 },
            p99: { title: "99th percentile, µs", better: "less", digits: 1 },
        },
        server,

        async client(adapter, place) {
            const ask = asker(await connect(adapter, place, "questions"), way);
            const steps = {
                async ask(count) {
                    const times = new Float64Array(count);
                    const begin = now();
                    for (let n = 0; n < count; n++) {
                        const start = now();
                        await ask(n);
                        times[n] = now() - start;
                    }
                    const all = now() - begin;
                    times.sort();
                    return { all, p50: 1000 * times[count >> 1], p99: 1000 * times[Math.floor(count * 0.99)] };
                },
            };
            return { steps };
        },

        async begin({ open }) {
            const pair = await open();
            const ask = (count) => pair.client.do("ask", count);
            const count = await warmUp(async (few) => (await ask(few)).all, FEW, TIME);
            return async () => {
                const { p50, p99 } = await ask(count);
                return { p50, p99 };
            };
        },
    };
}

function inFlight(way) {
    return {
        name: `in-flight-${way}`,
        title: `${MANY} pending ${NAMES[way]}s`,
        about: `A client keeps ${MANY} ${NAMES[way]}s pending; 100 bytes in each direction.`,
        needs: way,
        chart: "rate",
        metrics: {
            rate: { title: "replies/s", better: "more", digits: 0 },
            cpu: { title: "CPU of both ends, µs per reply", better: "less", digits: 2 },
        },
        server,

        async client(adapter, place) {
            const ask = asker(await connect(adapter, place, "questions"), way);
            const steps = {
                async ask(count) {
                    const start = now();
                    let next = 0;
                    const loop = async () => {
                        while (next < count) await ask(next++);
                    };
                    await Promise.all(Array.from({ length: MANY }, loop));
                    return now() - start;
                },
            };
            return { steps };
        },

        async begin({ open }) {
            const pair = await open();
            const ask = (count) => pair.client.do("ask", count);
            const count = await warmUp(ask, WARM, TIME);
            return async () => {
                const { server, client, result: time } = await pair.cost(() => ask(count));
                return { rate: count / (time / 1000), cpu: (server + client) / count };
            };
        },
    };
}

module.exports = [oneAtATime("callback"), oneAtATime("request"), inFlight("callback"), inFlight("request")];
