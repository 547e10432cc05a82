// Writes a page of the documentation, and its charts, from the figures of a run.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { drawAll } = require("./sections.js");

const DOCS = path.join(__dirname, "../../../docs");

/** Pages by their names on the command line. */
const pages = new Map([
    ["libraries", require("./libraries.js")],
    ["codecs", require("./codecs.js")],
]);

function report({ file, prefix, overview, page }, run) {
    drawAll(run, prefix, overview?.(run));
    const target = path.join(DOCS, file);
    fs.writeFileSync(target, page(run));
    console.error(`written: ${path.relative(process.cwd(), target)} and its pictures`);
}

module.exports = { pages, report };
