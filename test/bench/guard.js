// Detects slowdowns of this library. Compares it with the program `naive`, in processor time of both ends, and then with
// the ratios in guard.json. Ratios to an unchanged program depend little on the machine.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { byName: adapterOf } = require("./adapters");
const { byName: workloadOf } = require("./workloads");
const { begin } = require("./rounds.js");

const FILE = path.join(__dirname, "guard.json");
/** (The figures for 100 bytes one way have two clusters, 0.3 and 0.45, depending on the timing of the two processes.) */
const WORKLOADS = ["one-way-1k", "in-flight-callback", "awaited"];

/** Number of measurements of each program. */
const ROUNDS = 6;

/** Slowdown that causes a warning. */
const TOLERANCE = 1.1;

/** GitHub shows a line of this form in the summary of the run. */
function warn(text) {
    console.log(process.env.CI ? `::warning::${text}` : `warning: ${text}`);
}

/**
 * The ratio of the processor times of sockhop and naive, each the minimum over all rounds. Other work on the machine
 * makes these times longer, never shorter. Both run and are warm all the time, and take turns of half a second:
 * a slow period of the machine affects both.
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

/** @param update - write a new guard.json instead of comparing with it */
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
