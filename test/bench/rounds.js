// Measures implementations in turn, round by round, and collects the figures.
"use strict";

const Pair = require("./Pair.js");
const { TURNS, patiently, rotated } = require("./turns.js");

/** Reason why an implementation is excluded from a workload, if any. */
function reason(adapter, workload) {
    if (adapter.only && !adapter.only.includes(workload.name)) return "is there for comparison elsewhere";
    return adapter.lacks[workload.needs] ?? adapter.lacks[workload.name];
}

/**
 * Starts a workload with one implementation.
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
        // Workloads that can be measured repeatedly after the warm-up have `begin`.
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

/**
 * A round in which all run warm and take short turns: a slow period of the machine affects all.
 *
 * @param add - called with an implementation and the figures of its turn, or `null` if it hung
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
 * @returns for each implementation `{ rounds, notes }`, with the figures of each turn or `null` if it hung, or `{ missing }` with the reason for its exclusion. `notes` is an
 * object in which the workload stores data of one implementation between rounds.
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
        if (workload.run) {
            await workload.run({ workload, adapters: taking, round, results, tell });
        } else if (workload.begin) {
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
