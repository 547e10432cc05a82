// docs/benchmarks.md: this library and others.
"use strict";

const { adapters, byName: adapterOf } = require("../adapters");
const { workloads, byName: workloadOf } = require("../workloads");
const charts = require("../charts.js");
const { compare, number } = require("../print.js");
const { isOfCodecs } = require("./codecs.js");
const parts = require("./sections.js");

const { OURS, better, isLibrary, kind, label, markdown } = parts;

/** Minimum advantage of another implementation that is reported; less may be noise. */
const AHEAD = 1.05;

/** Alternatives for users; the others are this version and references. */
const RIVALS = adapters.filter(({ name }) => ![...OURS, "limit", "bare"].includes(name));

/** For each workload, the implementations that are better than this library, with figure and ratio. */
function ahead(all) {
    const lines = [];
    for (const [name, results] of Object.entries(all)) {
        const workload = workloadOf.get(name);
        for (const [metric, options] of Object.entries(workload.metrics)) {
            if (options.detail || options.ratio === false) continue;
            const leaders = RIVALS.map((rival) => ({
                text: rival.title,
                times: better(results, rival.name, "ours", metric, options),
            }))
                .filter(({ times }) => times >= AHEAD)
                .sort((a, b) => b.times - a.times)
                .map(({ text, times }) => `${text} ${times.toFixed(2)} times`);
            if (leaders.length > 0) lines.push(`- ${workload.title}, ${options.title}: ${leaders.join("; ")}`);
        }
    }
    return lines.length > 0 ? lines.join("\n") : "None.";
}

/** One row for each workload: this library compared with the old release, the reference, and the best alternative. */
function summary(all) {
    const rows = [["", "unit", "this version", "improvement over 1.8.4", "share of the limit", "best other library"]];
    for (const [name, results] of Object.entries(all)) {
        const workload = workloadOf.get(name);
        const metric = workload.chart;
        const options = workload.metrics[metric];
        const ours = results.ours?.rounds && compare(results, "ours", metric, options);
        if (!ours) continue;
        const times = (other) => better(results, "ours", other, metric, options)?.toFixed(2) ?? "";
        const best = RIVALS.filter(isLibrary)
            .map((rival) => ({ rival, times: better(results, rival.name, "ours", metric, options) }))
            .filter(({ times }) => times !== undefined)
            .sort((a, b) => b.times - a.times)[0];
        rows.push([
            workload.title,
            options.title,
            number(ours.figure, options.digits),
            times("sockhop-1.8.4"),
            times("limit"),
            best
                ? `${best.rival.title}: ${number(compare(results, best.rival.name, metric, options).figure, options.digits)}`
                : "",
        ]);
    }
    return markdown(rows, 2);
}

/** The chart at the top: all workloads in one. */
function overview({ workloads: all }) {
    const shown = ["ours", "node-ipc", "naive", "limit"].map((name) => adapterOf.get(name));
    const groups = workloads
        .filter(({ name, overview }) => overview !== false && all[name]?.["sockhop-1.8.4"]?.rounds)
        .map(({ name, title, chart, metrics }) => ({
            title,
            bars: shown.map((adapter) => ({
                kind: kind(adapter),
                value: better(all[name], adapter.name, "sockhop-1.8.4", chart, metrics[chart]),
            })),
        }));
    const names = shown.map((adapter) => ({ label: label(adapter), kind: kind(adapter) }));
    const title = "Improvement over sockhop 1.8.4";
    if (groups.length === 0) return undefined;
    return charts.groupedBars(title, "1 is the same; more is better", names, groups, 1);
}

/** A run of some of the workloads under other circumstances. */
function partText({ machine, rounds, workloads: some }) {
    const titles = Object.keys(some).map((name) => workloadOf.get(name).title);
    return `"${titles.join('", "')}": ${rounds} rounds. ${parts.measuredOn(machine)}\n`;
}

/** Returns the page. */
function page(run) {
    const { machine, workloads: all, parts: others = [] } = run;
    return `# Benchmarks

Speed and memory of sockhop and of other libraries, each with a server and a client in processes of their own.
[Method](#method) has the versions and the machine.
[Codecs compared](codec-benchmarks.md) has the figures of \`codec: "binary"\` and \`resume: true\`.

![Improvement over sockhop 1.8.4](benchmarks/overview.svg)

${summary(all)}

## Where others are ahead

Other libraries, and programs without a library, are ahead by more than ${Math.round(100 * (AHEAD - 1))} % in:

${ahead(all)}

${Object.entries(all)
    .map(([name, results]) => parts.section(name, results))
    .join("\n\n")}

## Method

\`npm run bench -- --report libraries\` writes this page in about an hour.
[test/bench](../test/bench/README.md) has the programs.

${parts.method(run)}

- "To 1.8.4" is the ratio to sockhop 1.8.4, the release that this version replaces.
- "Naive" is a program without a library: \`socket.write(JSON.stringify(object) + "\\n")\` for each message, \`split("\\n")\` and \`JSON.parse\`. It has no envelope, no class names and no errors.
- "Limit" sends the same bytes as sockhop, as fast as a program can that does nothing else. "To limit" is the ratio to it.

${parts.measuredOn(machine)}
${others.map(partText).join("")}
${parts.participants(run)}

## Run the benchmarks

\`\`\`sh
npm ci && npm run build
npm run bench                                      # all workloads, as tables
npm run bench -- --workload one-way-100,sendall    # some workloads
npm run bench -- --only ours,limit --rounds 9      # some implementations
npm run bench -- --report libraries                # this page
\`\`\`
`;
}

module.exports = {
    file: "benchmarks.md",
    prefix: "",
    takesPart: ({ name }) => name === "ours" || !isOfCodecs(name),
    overview,
    page,
};
