// Parts of the pages with figures: tables, charts and the circumstances of a run.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { adapters, byName: adapterOf } = require("../adapters");
const { byName: workloadOf } = require("../workloads");
const charts = require("../charts.js");
const { compare, number, table } = require("../print.js");
const { ratio } = require("../statistics.js");

/** The adapters of this version. */
const OURS = ["ours", "binary", "resume", "binary-resume", "cluster-none", "cluster-redis", "cluster-nats"];

/** First part of the names of the charts of codecs. */
const CODEC_PREFIX = "codec-";

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

/** @param prefix - of the names of the charts */
function section(name, results, prefix = "") {
    const workload = workloadOf.get(name);
    return [
        `## ${workload.title}`,
        workload.about.replaceAll(/\. (?=[A-Z])/g, ".\n"), // one sentence per line
        workload.tables && !workload.draw ? "" : `![${workload.title}](benchmarks/${prefix}${name}.svg)`,
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

/** Folder of the charts of both pages. The site needs another name for each. */
const PICTURES = path.join(__dirname, "../../../docs/benchmarks");

/**
 * Draws the charts of a page, and removes its old ones.
 *
 * @param prefix - of their names
 * @param overview - chart of all workloads, if the page has one
 */
function drawAll({ workloads: all }, prefix, overview) {
    fs.mkdirSync(PICTURES, { recursive: true });
    for (const name of fs.readdirSync(PICTURES)) {
        if (name.startsWith(CODEC_PREFIX) === (prefix === CODEC_PREFIX)) fs.rmSync(path.join(PICTURES, name));
    }
    const save = (name, svg) => fs.writeFileSync(path.join(PICTURES, `${prefix}${name}.svg`), svg + "\n");
    for (const [name, results] of Object.entries(all)) {
        const svg = draw(workloadOf.get(name), results);
        if (svg !== undefined) save(name, svg);
    }
    if (overview !== undefined) save("overview", overview);
}

function measuredOn({ date, node, system, processor, memory, pinning }) {
    return `Measured on ${date}: Node ${node} on ${system}, ${processor}, ${memory}; ${pinning}.`;
}

/** How the figures of a run came about: for people who want to know whether to believe them. */
function method({ rounds }) {
    return `Server and client are separate processes.
There are ${rounds} rounds, each with new processes.
In most workloads all implementations run warm in one round and take three turns of half a second.
In the others each has one longer turn.
A ratio is the median of the ratios of all turns, so other load on the machine has little effect.
The programs check the contents and the number of all messages.
Compare ratios, not absolute figures: these depend on the machine.`;
}

module.exports = {
    CODEC_PREFIX,
    OURS,
    better,
    drawAll,
    isLibrary,
    kind,
    label,
    markdown,
    measuredOn,
    method,
    participants,
    section,
};
