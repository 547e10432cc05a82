// The guard: has this library become slower? Compares it with the program `naive`, in processor time of both ends, with what
// the comparison gave when guard.json was written. Ratios to a program that does not change depend little on the machine.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { byName: adapterOf } = require("./adapters");
const { byName: workloadOf } = require("./workloads");
const { begin } = require("./rounds.js");

const FILE = path.join(__dirname, "guard.json");
/** (That of 100 bytes one way comes in two heaps, 0.3 and 0.45, as the two processes fall into step.) */
const WORKLOADS = ["one-way-1k", "in-flight-callback", "awaited"];

/** How often each of the two is measured. */
const ROUNDS = 6;

/** How much worse it may be before it is worth a warning. */
const TOLERANCE = 1.1;

/** GitHub shows a line of this form at the run. */
function warn(text) {
    console.log(process.env.CI ? `::warning::${text}` : `warning: ${text}`);
}

/**
 * The ratio of the processor times of ours and of naive, of the least that each took in any round. Other work on the machine
 * makes these times longer, never shorter. Both are there and warm all the time, and take turns of half a second: what
 * slows the machine down for some seconds meets both.
 */
async function compare(workload) {
    const ours = await begin(adapterOf.get("ours"), workload, {});
    const naive = await begin(adapterOf.get("naive"), workload, {});
    const least = new Map([ours, naive].map((one) => [one, Infinity]));
    try {
        for (let round = 0; round < ROUNDS; round++) {
            for (const one of round % 2 ? [ours, naive] : [naive, ours]) {
                least.set(one, Math.min(least.get(one), (await one.sample()).cpu));
            }
        }
    } finally {
        ours.close();
        naive.close();
    }
    return Number((least.get(ours) / least.get(naive)).toFixed(3));
}

async function measure() {
    const ratios = {};
    for (const name of WORKLOADS) ratios[name] = await compare(workloadOf.get(name));
    return ratios;
}

/** @param update - write guard.json anew instead of comparing with it */
async function guard(update) {
    const ratios = await measure();
    if (update) {
        fs.writeFileSync(FILE, JSON.stringify(ratios, null, 2) + "\n");
        console.log(`written to ${path.relative(process.cwd(), FILE)}:`, ratios);
        return;
    }
    const expected = JSON.parse(fs.readFileSync(FILE, "utf8"));
    for (const name of WORKLOADS) {
        const change = ratios[name] / expected[name];
        const figures = `${ratios[name].toFixed(2)} times the processor time of naive, ${expected[name].toFixed(2)} expected`;
        if (change > TOLERANCE) warn(`${name}: ${figures}: ${Math.round(100 * (change - 1))} % slower`);
        else console.log(`${name}: ${figures}`);
    }
}

module.exports = guard;
