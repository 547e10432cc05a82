// Formats figures as text: for the terminal, and for the report.
"use strict";

const { number } = require("./number.js");
const { middle, ratio } = require("./statistics.js");

/** References for all ratios: the old release, and the fastest possible implementation. */
const BASES = { "sockhop-1.8.4": "to 1.8.4", limit: "to limit" };

/**
 * A figure of one metric.
 *
 * @returns `{ figure, ratios }`, medians over the rounds; `undefined` without any
 */
function compare(results, name, metric, { ratio: wanted = true }) {
    const { rounds } = results[name];
    const figure = middle(rounds, metric);
    if (figure === undefined) return undefined;
    const ratios = {};
    for (const base of Object.keys(BASES)) {
        const others = results[base]?.rounds;
        if (wanted && others) ratios[base] = ratio(rounds, others, metric);
    }
    return { figure, ratios };
}

/** Rows of the table of one workload: the titles, then one row for each implementation. */
function table(workload, results, title) {
    const metrics = Object.entries(workload.metrics).filter(([metric]) =>
        Object.values(results).some(({ rounds }) => rounds?.some((figures) => figures?.[metric] !== undefined)),
    );
    const bases = Object.keys(BASES).filter((base) => results[base]?.rounds);
    const columns = (options) => (options.ratio === false || options.detail ? [] : bases);
    const head = metrics.flatMap(([, options]) => [options.title, ...columns(options).map((base) => BASES[base])]);
    const rows = [["", ...head]];
    for (const [name, { rounds }] of Object.entries(results)) {
        if (!rounds) continue;
        const cells = metrics.flatMap(([metric, options]) => {
            const found = compare(results, name, metric, options);
            const ratios = columns(options).map((base) => found?.ratios[base]?.toFixed(2) ?? "");
            return [found ? number(found.figure, options.digits) : "", ...ratios];
        });
        rows.push([title(name), ...cells]);
    }
    return rows;
}

function printTable(title, rows) {
    const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    console.log(`\n${title}`);
    for (const row of rows) {
        console.log(
            row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[0]))).join("  "),
        );
    }
}

/** Writes the tables to the terminal. */
function printWorkload(workload, results) {
    const name = (name) => name;
    if (workload.tables) {
        for (const { title, rows } of workload.tables(results, name)) printTable(`${workload.title}: ${title}`, rows);
    } else {
        printTable(workload.title, table(workload, results, name));
    }
    console.log();
}

module.exports = { compare, number, table, printWorkload };
