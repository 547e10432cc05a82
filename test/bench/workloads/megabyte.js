// Messages of 1 MB, in warm processes.
"use strict";

const { connect, serve } = require("../adapters");
const { now } = require("../Inbox.js");
const { large, text } = require("../messages.js");
const warmUp = require("../warmUp.js");

const MB = 1_000_000;

/** Number of calls at a time during the warm-up. */
const FEW = 3;

/** Approximate duration of the calls of one turn in milliseconds. */
const TIME = 500;

/** The bytes of a received Buffer, which may have arrived as its JSON form. */
function bytesOf(value) {
    return value?.type === "Buffer" ? value.data : value;
}

/**
 * Functions that make the data, and that compare what has arrived with it. The data is made by the processes that need
 * it: V8 remembers which functions make objects that stay, and then allocates all of them in its old space. (All
 * processes made it once: senders of 1 kB took two to three times as long.)
 */
const KINDS = {
    text: {
        make: () => text(MB),
        isRight: (value, sent) => value === sent,
    },
    objects: {
        make: () => Array.from({ length: MB / 1000 }, (_, n) => large(n)),
        isRight: (value, sent) =>
            value.length === sent.length &&
            [0, sent.length - 1].every((n) => JSON.stringify(value[n]) === JSON.stringify(sent[n])),
    },
    /** Compares one of 1000 bytes: to compare all of an array takes as long as the message. */
    buffer: {
        make: () => Buffer.from(Array.from({ length: MB }, (_, n) => n * 7 + (n >> 5))),
        isRight(value, sent) {
            const bytes = bytesOf(value);
            if (bytes?.length !== sent.length) return false;
            for (let at = 0; at < sent.length; at += 1000) if (bytes[at] !== sent[at]) return false;
            return bytes[MB - 1] === sent[MB - 1];
        },
    },
};

function megabyte(kind, title, about) {
    const { make, isRight } = KINDS[kind];
    return {
        name: `1-mb-${kind}`,
        title,
        about: `${about} A client calls with it, and the reply is small; one call after the other, in warm processes.`,
        chart: "time",
        overview: false,
        metrics: {
            time: { title: "ms per message", better: "less", digits: 2 },
            cpu: { title: "CPU of both ends, ms", better: "less", digits: 2 },
        },

        async server(adapter, place) {
            const expected = make();
            const handlers = { answer: ({ n, data }) => ({ n, right: isRight(data, expected) }) };
            const { place: actual } = await serve(adapter, place, "questions", handlers);
            return { steps: {}, result: actual };
        },

        async client(adapter, place) {
            const data = make();
            const client = await connect(adapter, place, "questions");
            const steps = {
                async ask(count) {
                    const start = now();
                    for (let asked = 0; asked < count; asked++) {
                        const { n, right } = await client.request({ n: asked, data });
                        if (n !== asked || !right) throw new Error(`message ${asked} was changed on its way`);
                    }
                    return now() - start;
                },
            };
            return { steps };
        },

        async begin({ open }) {
            const pair = await open();
            const ask = (count) => pair.client.do("ask", count);
            const count = await warmUp(ask, FEW, TIME);
            return async () => {
                const { server, client, result: time } = await pair.cost(() => ask(count));
                return { time: time / count, cpu: (server + client) / count / 1000 };
            };
        },
    };
}

module.exports = [
    megabyte("text", "1 MB of text", "One ASCII string."),
    megabyte("objects", "1 MB of objects", "An array of 1000 objects of 1 kB, with nested values."),
    megabyte("buffer", "Buffer of 1 MB", "One Buffer. JSON sends it as an array of numbers."),
];
