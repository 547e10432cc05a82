// Has implementations take turns, round by round, and collects the figures.
"use strict";

const Pair = require("./Pair.js");

/** Why an implementation is left out of a workload, if it is. */
function reason(adapter, workload) {
    if (adapter.only && !adapter.only.includes(workload.name)) return "is there for comparison elsewhere";
    return adapter.lacks[workload.needs] ?? adapter.lacks[workload.name];
}

/**
 * Has one implementation begin with a workload.
 *
 * @returns `sample()`, which resolves to figures, and `close()`
 */
async function begin(adapter, workload, notes) {
    const pairs = [];
    const open = async (options) => {
        const pair = await Pair.open(adapter, workload, options);
        pairs.push(pair);
        return pair;
    };
    const close = () => {
        for (const pair of pairs) pair.close();
    };
    try {
        const context = { adapter, open, notes };
        // Those that can be measured again and again once they are warm say so by `begin`.
        const sample = workload.begin ? await workload.begin(context) : () => workload.measure(context);
        return { sample, close };
    } catch (error) {
        close();
        throw error;
    }
}

/** One round of one implementation. Resolves to its figures. */
async function turn(adapter, workload, notes) {
    const { sample, close } = await begin(adapter, workload, notes);
    try {
        return await sample();
    } finally {
        close();
    }
}

/** What hangs costs the round, and not the run: `null` then. What comes out wrong ends the run. */
async function patiently(work) {
    try {
        return await work();
    } catch (error) {
        if (error.code !== "STALLED") throw error;
        console.error(error.message);
        return null;
    }
}

/** How often each is measured in a round, where all can be there at the same time. */
const TURNS = 3;

/** The same, beginning with another one each time, so that none always comes after the same. */
function rotated(list, by) {
    const at = by % list.length;
    return [...list.slice(at), ...list.slice(0, at)];
}

/**
 * A round in which all are there and warm, and then take short turns: what slows the machine for some seconds meets all.
 *
 * @param add - called with an implementation and the figures of its turn, or `null` when it has hung
 */
async function shortTurns(workload, adapters, results, add) {
    const ready = new Map();
    try {
        for (const adapter of adapters) {
            ready.set(adapter, await patiently(() => begin(adapter, workload, results[adapter.name].notes)));
        }
        for (let turn = 0; turn < TURNS; turn++) {
            for (const adapter of rotated(adapters, turn)) {
                const one = ready.get(adapter);
                const figures = one && (await patiently(one.sample));
                if (one && !figures) {
                    one.close();
                    ready.set(adapter, null);
                }
                add(adapter, figures);
            }
        }
    } finally {
        for (const one of ready.values()) one?.close();
    }
}

/**
 * Runs one workload.
 *
 * @param tell - called with the implementation and its figures after each turn
 * @returns for each implementation `{ rounds, notes }`, with the figures of each turn or `null` where it hung, or `{ missing }` that says why it was left out. `notes` is an
 * object in which the workload keeps what it remembers of one implementation from round to round.
 */
async function runWorkload(workload, adapters, rounds, tell = () => undefined) {
    const results = {};
    const taking = [];
    for (const adapter of adapters) {
        const missing = reason(adapter, workload);
        results[adapter.name] = missing ? { missing } : { rounds: [], notes: {} };
        if (!missing) taking.push(adapter);
    }
    const add = (adapter, figures) => {
        results[adapter.name].rounds.push(figures);
        tell(adapter, figures);
    };
    for (let round = 0; round < (workload.rounds?.(rounds) ?? rounds); round++) {
        const order = rotated(taking, round);
        if (workload.begin) {
            await shortTurns(workload, order, results, add);
        } else {
            for (const adapter of order) {
                add(adapter, await patiently(() => turn(adapter, workload, results[adapter.name].notes)));
            }
        }
    }
    workload.finish?.(results);
    return results;
}

module.exports = { begin, runWorkload };
