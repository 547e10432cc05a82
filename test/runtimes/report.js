// Formats results as tables: for the terminal, and for docs/runtimes.md.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const checks = require("./checks");
const knownFailures = require("./knownFailures.js");
const { runtimes } = require("./runtimes.js");

const PAGE = path.join(__dirname, "../../docs/runtimes.md");
const MARKED = /(?<=<!-- table -->\n)[^]*(?=<!-- \/table -->)/;

/** Prints the outcome of all checks under some runtimes: a Map from runtime to a Map from check to error. */
function print(results) {
    const names = [...checks.keys()];
    const width = Math.max(...names.map((name) => name.length));
    const titles = [...results.keys()].map(({ title }) => title);
    console.log(`\n${"".padEnd(width)}  ${titles.join("  ")}`);
    for (const name of names) {
        const cells = [...results].map(([{ id, title }, errors]) =>
            cell(errors.get(name), knownFailures[id][name]).padEnd(title.length),
        );
        console.log(`${name.padEnd(width)}  ${cells.join("  ")}`.trimEnd());
    }
    console.log();
}

function cell(error, reason) {
    if (error === undefined) return reason === undefined ? "✓" : "passes!";
    return reason === undefined ? "FAILS" : "✗";
}

/** The table of docs/runtimes.md for knownFailures.js, with the lines around it. */
function table() {
    const reasons = [...new Set(runtimes.flatMap(({ id }) => Object.values(knownFailures[id])))];
    const mark = (reason) => (reason === undefined ? "✓" : `✗ ${reasons.indexOf(reason) + 1}`);
    const line = (cells) => `| ${cells.join(" | ")} |`;
    const rows = [
        line(["check", ...runtimes.map(({ title }) => title)]),
        line(["---", ...runtimes.map(() => "---")]),
        ...[...checks.keys()].map((name) => line([name, ...runtimes.map(({ id }) => mark(knownFailures[id][name]))])),
    ];
    const notes = reasons.map((reason, n) => `${n + 1}. ${reason}`);
    return ["", ...rows, "", ...notes, ...(notes.length > 0 ? [""] : []), ""].join("\n");
}

/** True if the page has the expected table. */
function isUpToDate() {
    return fs.readFileSync(PAGE, "utf8").match(MARKED)?.[0] === table();
}

/** Updates the page. */
function update() {
    fs.writeFileSync(PAGE, fs.readFileSync(PAGE, "utf8").replace(MARKED, table));
}

module.exports = { isUpToDate, print, update };
