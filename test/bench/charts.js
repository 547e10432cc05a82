// Charts of the figures. Transparent background, and colors that are readable on light and dark pages.
"use strict";

const echarts = require("echarts");
const { compare, number } = require("./print.js");

const TEXT = "#7a828e";
const LINE = "#7a828e66";
const OURS = "#d9622b";
const OLDER = "#b58a3c";
const OTHERS = "#4c86b8";
const BY_HAND = "#8b949e";
const LINES = [OTHERS, "#3f9e6e", "#9a6fc0", "#c0567f", "#3aa0a8", "#8d8d3f", "#7a7fd0"];
const WIDTH = 760;

function colour({ name, packages }) {
    if (name === "ours") return OURS;
    if (name.startsWith("sockhop")) return OLDER;
    return packages.length > 0 ? OTHERS : BY_HAND;
}

function draw(height, option) {
    const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
    chart.setOption({
        animation: false,
        backgroundColor: "transparent",
        textStyle: { color: TEXT, fontFamily: "sans-serif" },
        ...option,
    });
    const svg = chart.renderToSVGString();
    chart.dispose();
    return svg;
}

function heading(text, subtext) {
    return {
        text,
        subtext,
        left: 0,
        textStyle: { color: TEXT, fontSize: 15 },
        subtextStyle: { color: TEXT, fontSize: 12 },
    };
}

const axisStyle = {
    axisLabel: { color: TEXT },
    axisLine: { lineStyle: { color: LINE } },
    axisTick: { lineStyle: { color: LINE } },
    splitLine: { lineStyle: { color: LINE, width: 0.5 } },
    nameTextStyle: { color: TEXT },
};

/** One bar for each implementation, the best one first. */
function bars(workload, results, adapters) {
    const [metric, options] = Object.entries(workload.metrics).find(([name]) => name === workload.chart);
    const found = adapters
        .filter(({ name }) => results[name]?.rounds)
        .map((adapter) => ({ adapter, found: compare(results, adapter.name, metric, options) }))
        .filter(({ found }) => found !== undefined)
        .sort((a, b) => (options.better === "more" ? 1 : -1) * (a.found.figure - b.found.figure));
    return draw(72 + 26 * found.length, {
        title: heading(workload.title, `${options.title}; ${options.better} is better`),
        grid: { left: 150, right: 90, top: 60, bottom: 6 },
        xAxis: { type: "value", show: false },
        yAxis: {
            type: "category",
            data: found.map(({ adapter }) => adapter.title),
            ...axisStyle,
            axisTick: { show: false },
        },
        series: [
            {
                type: "bar",
                barWidth: "62%",
                data: found.map(({ adapter, found }) => ({
                    value: found.figure,
                    itemStyle: { color: colour(adapter) },
                })),
                label: {
                    show: true,
                    position: "right",
                    color: TEXT,
                    formatter: ({ value }) => number(value, options.digits),
                },
            },
        ],
    });
}

/** Milliseconds by message size, both logarithmic: a straight line of slope 1 is linear growth. */
function growth(workload, results, adapters) {
    const metrics = Object.entries(workload.metrics).filter(([metric]) => /^t\d+$/.test(metric));
    let others = 0;
    const series = adapters
        .filter(({ name }) => results[name]?.rounds)
        .map((adapter) => {
            const ours = adapter.name === "ours";
            const byHand = adapter.packages.length === 0;
            const older = adapter.name.startsWith("sockhop");
            const color = ours || byHand || older ? colour(adapter) : LINES[others++ % LINES.length];
            const points = metrics.map(([metric, options]) => [
                Number(metric.slice(1)),
                compare(results, adapter.name, metric, options)?.figure,
            ]);
            return {
                name: adapter.title,
                type: "line",
                data: points.filter(([, time]) => time !== undefined),
                color,
                symbol: "circle",
                symbolSize: ours ? 7 : 4,
                lineStyle: { color, width: ours ? 3.5 : 1.5, type: byHand && !ours ? "dashed" : "solid" },
            };
        });
    return draw(430, {
        title: heading(workload.title, "milliseconds, by size in MB; less is better"),
        legend: { top: 60, left: WIDTH - 175, orient: "vertical", textStyle: { color: TEXT }, itemWidth: 22 },
        grid: { left: 66, right: 215, top: 66, bottom: 30 },
        xAxis: { type: "log", logBase: 4, min: 1, max: 256, name: "MB", ...axisStyle },
        yAxis: { type: "log", ...axisStyle, axisLabel: { color: TEXT, formatter: (value) => number(value, 0) } },
        series,
    });
}

/**
 * Ratios to sockhop 1.8.4 of some implementations, in all workloads.
 *
 * @param rows - `{ title, values }`, one value for each of `adapters`
 */
function overview(rows, adapters) {
    const names = rows.map(({ title }) => title).reverse();
    return draw(106 + 62 * rows.length, {
        title: heading("Improvement over sockhop 1.8.4", "1 is the same; more is better"),
        legend: { top: 62, left: 0, itemGap: 22, textStyle: { color: TEXT } },
        grid: { left: 250, right: 60, top: 94, bottom: 6 },
        xAxis: { type: "value", show: false },
        yAxis: { type: "category", data: names, ...axisStyle, axisTick: { show: false } },
        series: adapters.map((adapter, index) => ({
            name: adapter.title,
            type: "bar",
            color: adapter.name === "naive" ? LINES[6] : colour(adapter),
            data: rows.map(({ values }) => values[index]).reverse(),
            label: {
                show: true,
                position: "right",
                color: TEXT,
                fontSize: 10,
                formatter: ({ value }) => value?.toFixed(2) ?? "",
            },
            markLine: {
                silent: true,
                symbol: "none",
                label: { show: false },
                lineStyle: { color: TEXT, type: "dashed" },
                data: [{ xAxis: 1 }],
            },
        })),
    });
}

module.exports = { bars, growth, overview };
