// Writes docs/benchmarks.md and its charts from the figures of a run.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { adapters, byName: adapterOf } = require("./adapters");
const { workloads, byName: workloadOf } = require("./workloads");
const charts = require("./charts.js");
const { compare, number, table } = require("./print.js");
const { ratio } = require("./statistics.js");

const DOCS = path.join(__dirname, "../../docs");

/** Minimum advantage of another implementation that is reported; less may be noise. */
const AHEAD = 1.05;

/** The adapters of this version. */
const OURS = ["ours", "binary", "resume", "binary-resume", "cluster-none", "cluster-redis", "cluster-nats"];

/** Alternatives for users; the others are this version and references. */
const RIVALS = adapters.filter(({ name }) => ![...OURS, "limit", "bare"].includes(name));

/** True for a library that sends messages, not for a program by hand, even if that uses a library to encode them. */
function isLibrary({ packages, byHand }) {
    return packages.length > 0 && !byHand;
}

/** Ratio of an implementation to others, as the median over the rounds. */
function better(results, name, other, metric, options) {
    const [one, two] = [results[name]?.rounds, results[other]?.rounds];
    const value = one && two && ratio(one, two, metric);
    if (value === undefined) return undefined;
    return options.better === "more" ? value : 1 / value;
}

function markdown([head, ...rows], rightFrom = 1) {
    const line = (cells) => `| ${cells.join(" | ")} |`;
    const rule = head.map((_, column) => (column >= rightFrom ? "---:" : "---"));
    return [line(head), line(rule), ...rows.map(line)].join("\n");
}

function title(name) {
    const text = adapterOf.get(name).title;
    return OURS.includes(name) ? `**${text}**` : text;
}

function participants({ machine, workloads: all }) {
    const rows = Object.entries(machine.versions).map(([name, version]) => {
        const { transport } = adapterOf.get(name);
        return [title(name), version || "test/bench/adapters", transport];
    });
    const missing = new Map();
    for (const [workload, results] of Object.entries(all)) {
        for (const [name, { missing: why }] of Object.entries(results)) {
            if (!why || adapterOf.get(name).only) continue;
            const key = `${adapterOf.get(name).title}: ${why}`;
            missing.set(key, [...(missing.get(key) ?? []), workloadOf.get(workload).title.toLowerCase()]);
        }
    }
    const reasons = Array.from(missing, ([why, where]) => `- ${why}. Not in "${where.join('", "')}".`);
    return [
        markdown([["", "version", "over"], ...rows], Infinity),
        reasons.length > 0 ? `Not measured:\n\n${reasons.join("\n")}` : "",
    ].join("\n\n");
}

/** The adapter of this version to compare a rival with: the binary codec with programs that send binary frames. */
function ownOf({ byHand }, results) {
    return byHand && results.binary?.rounds ? "binary" : "ours";
}

/** For each workload, the implementations that are better than this library, with figure and ratio. */
function ahead(all) {
    const lines = [];
    for (const [name, results] of Object.entries(all)) {
        const workload = workloadOf.get(name);
        for (const [metric, options] of Object.entries(workload.metrics)) {
            if (options.detail || options.ratio === false) continue;
            const leaders = RIVALS.map((rival) => ({
                text: rival.title,
                times: better(results, rival.name, ownOf(rival, results), metric, options),
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
    const rows = [
        [
            "",
            "unit",
            "this version",
            "improvement over 1.8.4",
            "share of the limit",
            "binary: share of the limit",
            "best other library",
        ],
    ];
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
            better(results, "binary", "limit", metric, options)?.toFixed(2) ?? "",
            best
                ? `${best.rival.title}: ${number(compare(results, best.rival.name, metric, options).figure, options.digits)}`
                : "",
        ]);
    }
    return markdown(rows, 2);
}

/** Reports implementations that hung. */
function stalls(results) {
    return Object.entries(results)
        .map(([name, { rounds = [] }]) => [
            adapterOf.get(name).title,
            rounds.filter((figures) => !figures).length,
            rounds.length,
        ])
        .filter(([, stalled]) => stalled > 0)
        .map(([title, stalled, all]) => `${title} hung in ${stalled} of ${all} rounds, which are not in its figures.`)
        .join(" ");
}

/** A table of the figures, and a table of the ratios. One table with both would be wider than a page. */
function tables([head, ...rows]) {
    const isRatio = head.map((text) => /^to (1\.8\.4|limit)$/.test(text));
    const figures = [head, ...rows].map((row) => row.filter((_, column) => !isRatio[column]));
    const compared = head.map((_, column) => column).filter((column) => !isRatio[column] && isRatio[column + 1]);
    if (compared.length === 0) return markdown(figures);
    const bases = (row, column) => {
        const end = isRatio.indexOf(false, column + 1);
        const found = row.slice(column + 1, end === -1 ? undefined : end);
        return found.some(Boolean) ? found.map((ratio) => ratio || "–").join(" · ") : "";
    };
    const ratios = [head, ...rows].map((row, index) => [
        row[0],
        ...compared.map((column) => (index === 0 ? head[column] : bases(row, column))),
    ]);
    return [markdown(figures), `Ratios ${bases(head, compared[0])}:`, markdown(ratios)].join("\n\n");
}

/** The tables of a workload that makes them itself, each with its title. */
function ownTables(workload, results) {
    const parts = workload.tables(results, title).map(({ title: heading, rows, text }) => {
        return [heading && `${heading}:`, markdown(rows, text)].filter(Boolean).join("\n\n");
    });
    return parts.join("\n\n");
}

function section(name, results) {
    const workload = workloadOf.get(name);
    return [
        `## ${workload.title}`,
        workload.about.replaceAll(/\. (?=[A-Z])/g, ".\n"), // one sentence per line
        workload.tables && !workload.draw ? "" : `![${workload.title}](benchmarks/${name}.svg)`,
        workload.tables ? ownTables(workload, results) : tables(table(workload, results, title)),
        stalls(results),
    ]
        .filter((part) => part !== "")
        .join("\n\n");
}

/** Color of an implementation in the charts. */
function kind(adapter) {
    const { name } = adapter;
    if (OURS.includes(name) || name === "limit") return name;
    if (name.startsWith("sockhop")) return "older";
    return isLibrary(adapter) ? "others" : "byHand";
}

/** Short title of an implementation in the charts. */
function label({ name, title }) {
    return name === "ours" ? "this version" : title;
}

/** One bar for each implementation, the best one first. */
function barChart(workload, results) {
    const metric = workload.chart;
    const options = workload.metrics[metric];
    const rows = adapters
        .filter(({ name }) => results[name]?.rounds)
        .map((adapter) => ({ adapter, value: compare(results, adapter.name, metric, options)?.figure }))
        .filter(({ value }) => value !== undefined)
        .sort((a, b) => (options.better === "more" ? b.value - a.value : a.value - b.value))
        .map(({ adapter, value }) => {
            return { label: label(adapter), value, shown: number(value, options.digits), kind: kind(adapter) };
        });
    return charts.bars(workload.title, `${options.title}; ${options.better} is better`, rows);
}

/** Milliseconds by size of the message. */
function growthChart(workload, results) {
    const metrics = Object.entries(workload.metrics).filter(([metric]) => /^t\d+$/.test(metric));
    const time = ({ name }, [metric, options]) => compare(results, name, metric, options)?.figure;
    const series = adapters
        .filter(({ name }) => results[name]?.rounds)
        .map((adapter) => ({
            label: label(adapter),
            kind: kind(adapter),
            points: metrics
                .map((metric) => [Number(metric[0].slice(1)), time(adapter, metric)])
                .filter(([, milliseconds]) => milliseconds !== undefined),
        }));
    return charts.growth(workload.title, "milliseconds by size in MB; less is better", series);
}

/** The chart of a workload; `undefined` if it has none. */
function draw(workload, results) {
    if (workload.tables) return workload.draw?.(results, (name) => label(adapterOf.get(name)));
    return workload.growth ? growthChart(workload, results) : barChart(workload, results);
}

function drawAll({ workloads: all }) {
    const folder = path.join(DOCS, "benchmarks");
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    const save = (name, svg) => fs.writeFileSync(path.join(folder, `${name}.svg`), svg + "\n");
    for (const [name, results] of Object.entries(all)) {
        const svg = draw(workloadOf.get(name), results);
        if (svg !== undefined) save(name, svg);
    }
    const shown = ["ours", "binary", "node-ipc", "naive", "limit"].map((name) => adapterOf.get(name));
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
    if (groups.length > 0) {
        save("overview", charts.groupedBars(title, "1 is the same; more is better", names, groups, 1));
    }
}

function measuredOn({ date, node, system, processor, memory, pinning }) {
    return `Measured on ${date}: Node ${node} on ${system}, ${processor}, ${memory}; ${pinning}.`;
}

/** A run of some of the workloads under other circumstances. */
function partText({ machine, rounds, workloads: some }) {
    const titles = Object.keys(some).map((name) => workloadOf.get(name).title);
    return `"${titles.join('", "')}": ${rounds} rounds. ${measuredOn(machine)}\n`;
}

function report(run) {
    const { machine, rounds, workloads: all, parts = [] } = run;
    drawAll(run);
    const text = `# Benchmarks

Speed and memory of sockhop and of other libraries, each with a server and a client in processes of their own.
[Method](#method) has the versions and the machine.

![Improvement over sockhop 1.8.4](benchmarks/overview.svg)

${summary(all)}

## Where others are ahead

Other libraries, and programs without a library, are ahead by more than ${Math.round(100 * (AHEAD - 1))} % in the list below.
Programs that send binary frames are compared with \`codec: "binary"\`, the others with the default.

${ahead(all)}

${Object.entries(all)
    .map(([name, results]) => section(name, results))
    .join("\n\n")}

## Method

\`npm run bench -- --report\` writes this page in about an hour.
[test/bench](../test/bench/README.md) has the programs.

Server and client are separate processes.
There are ${rounds} rounds, each with new processes.
In most workloads all implementations run warm in one round and take three turns of half a second. In the others each has one longer turn.
A ratio is the median of the ratios of all turns, so other load on the machine has little effect.
The programs check the contents and the number of all messages.
Compare ratios, not absolute figures: these depend on the machine.

- "To 1.8.4" is the ratio to sockhop 1.8.4, the release that this version replaces.
- "Naive" is a program without a library: \`socket.write(JSON.stringify(object) + "\\n")\` for each message, \`split("\\n")\` and \`JSON.parse\`. It has no envelope, no class names and no errors.
- "Limit" sends the same bytes as sockhop, as fast as a program can that does nothing else. "To limit" is the ratio to it.
- "Binary" is this version with \`codec: "binary"\` at both ends.
- "Resume" is this version with \`resume: true\` at both ends.
- "msgpackr", "cbor-x" and "v8" are programs like "limit" with length-prefixed frames. A frame has all messages of a tick, each encoded when it is sent, and is decoded in one call. The first two send the keys of objects once for each connection.

${measuredOn(machine)}
${parts.map(partText).join("")}
${participants(run)}

## Run the benchmarks

\`\`\`sh
npm ci && npm run build
npm run bench                                      # all workloads, as tables
npm run bench -- --workload one-way-100,sendall    # some workloads
npm run bench -- --only ours,limit --rounds 9      # some implementations
npm run bench -- --report                          # this page
\`\`\`
`;
    fs.writeFileSync(path.join(DOCS, "benchmarks.md"), text);
    console.error(`written: ${path.relative(process.cwd(), path.join(DOCS, "benchmarks.md"))} and its pictures`);
}

module.exports = report;
