// The benchmarks: see README.md.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { adapters, clusterAdapters, byName: adapterOf } = require("./adapters");
const guard = require("./guard.js");
const install = require("./install.js");
const describe = require("./machine.js");
const { printWorkload } = require("./print.js");
const { pages, report } = require("./report");
const { runWorkload } = require("./rounds.js");
const { workloads, byName: workloadOf } = require("./workloads");

const { values: options } = parseArgs({
    options: {
        rounds: { type: "string", default: "3" },
        only: { type: "string" },
        workload: { type: "string" },
        json: { type: "string", default: path.join(os.tmpdir(), "sockhop-benchmarks.json") },
        report: { type: "string" },
        from: { type: "string" },
        guard: { type: "boolean", default: false },
        update: { type: "boolean", default: false },
    },
});

/** Items of a comma-separated list; all items without a list. */
function pick(list, all, map) {
    if (list === undefined) return all;
    return list.split(",").map((name) => {
        const found = map.get(name);
        if (!found) throw new Error(`there is no "${name}"; there are ${[...map.keys()].join(", ")}`);
        return found;
    });
}

/**
 * Prints a line about one turn.
 *
 * @param part - of the workload, if a turn has only a part
 */
function tell(workload, adapter, figures, part) {
    if (!figures) return;
    const parts = Object.entries(workload.metrics)
        .filter(([metric]) => figures[metric] !== undefined)
        .map(([metric, { title, digits }]) => `${title} ${figures[metric].toFixed(digits)}`);
    console.error(`  ${part ? `${part}, ` : ""}${adapter.name}: ${parts.join("; ")}`);
}

async function measure(chosen, todo) {
    const rounds = Number(options.rounds);
    if (!(rounds >= 1)) throw new Error("--rounds must be a number");
    const takePart = ({ family }) => chosen.filter((adapter) => adapter.family === family);
    const taking = chosen.filter(({ family }) => todo.some((workload) => workload.family === family));
    const run = { machine: describe(taking), rounds, workloads: {} };
    for (const workload of todo.filter((each) => takePart(each).length > 0)) {
        console.error(`${workload.name}`);
        const results = await runWorkload(workload, takePart(workload), rounds, (...turn) => tell(workload, ...turn));
        if (!Object.values(results).some(({ rounds: found }) => found?.some(Boolean))) {
            const reasons = new Set(Object.values(results).map(({ missing }) => missing ?? "nothing to compare with"));
            console.error(`  left out: ${[...reasons].join("; ")}`);
            continue;
        }
        run.workloads[workload.name] = results;
        printWorkload(workload, results);
        // After each workload, so that a later failure does not lose its figures.
        fs.writeFileSync(options.json, JSON.stringify(run, null, 1));
    }
    console.error(`raw figures: ${options.json}`);
    return run;
}

/** The results of several runs as those of one. `parts` are the runs whose machine, date or rounds are not those of the first. */
function merge(files) {
    const runs = files.map((file) => JSON.parse(fs.readFileSync(file, "utf8")));
    const [{ machine, rounds }] = runs;
    const circumstances = (run) => JSON.stringify([{ ...run.machine, versions: undefined }, run.rounds]);
    const parts = runs.filter((run) => circumstances(run) !== circumstances(runs[0]));
    const versions = Object.assign({}, ...runs.map((run) => run.machine.versions));
    const measured = Object.assign({}, ...runs.map((run) => run.workloads));
    const inOrder = workloads.filter(({ name }) => measured[name]).map(({ name }) => [name, measured[name]]);
    return { machine: { ...machine, versions }, rounds, workloads: Object.fromEntries(inOrder), parts };
}

async function main() {
    if (options.guard) {
        await guard(options.update);
        return;
    }
    const page = options.report === undefined ? undefined : pick(options.report, [], pages)[0];
    const all = [...adapters, ...clusterAdapters].filter((adapter) => page?.takesPart(adapter) ?? true);
    const chosen = pick(options.only, all, adapterOf);
    const todo = pick(options.workload, workloads, workloadOf);
    install(options.from ? [] : chosen.filter(({ family }) => todo.some((workload) => workload.family === family)));
    const run = options.from ? merge(options.from.split(",")) : await measure(chosen, todo);
    if (page) report(page, run);
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
