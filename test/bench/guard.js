// The guard: has this library become slower? Compares it with the program `naive`, in processor time of both ends, with what
// the comparison gave when guard.json was written. Ratios to a program that does not change depend little on the machine.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { byName: adapterOf } = require("./adapters");
const { byName: workloadOf } = require("./workloads");
const { turn } = require("./rounds.js");

const FILE = path.join(__dirname, "guard.json");
const WORKLOADS = ["one-way-100", "one-way-1k", "in-flight-callback", "awaited"];

/** At most so many rounds, and none is begun that would end later than this, in milliseconds. */
const ROUNDS = 8;
const TIME = 36_000;

/** How much worse it may be before it is worth a warning. */
const TOLERANCE = 1.1;

/** GitHub shows a line of this form at the run. */
function warn(text) {
    console.log(process.env.CI ? `::warning::${text}` : `warning: ${text}`);
}

/**
 * For each workload the ratio of the processor times of ours and of naive: of the least that each took in any round. Other
 * work on the machine makes these times longer, never shorter.
 */
async function measure() {
    const least = new Map(WORKLOADS.map((name) => [name, { ours: Infinity, naive: Infinity }]));
    const start = performance.now();
    let longest = 0;
    for (let round = 0; round < ROUNDS && performance.now() - start + longest < TIME; round++) {
        const began = performance.now();
        for (const [name, best] of least) {
            for (const who of round % 2 ? ["ours", "naive"] : ["naive", "ours"]) {
                const { cpu } = await turn(adapterOf.get(who), workloadOf.get(name), {});
                best[who] = Math.min(best[who], cpu);
            }
        }
        longest = Math.max(longest, performance.now() - began);
    }
    return Object.fromEntries(Array.from(least, ([name, { ours, naive }]) => [name, Number((ours / naive).toFixed(3))]));
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
