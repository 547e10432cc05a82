// Writes the search of the site: the text of all pages by section, and the script that searches it. It replaces the search of
// TypeDoc, which finds pages by their titles and shows no line of the text.
"use strict";

const { readFileSync, readdirSync, writeFileSync } = require("node:fs");
const path = require("node:path");
const { buildSync } = require("esbuild");

/** Weights of pages: those that explain come before those that record. The first match counts. */
const WEIGHTS = [
    [/^documents\/(Changelog|Benchmark)/, 0.35],
    [/^documents\/(Architecture|Compatibility|Runtimes)/, 0.6],
    [/^documents\/Examples\./, 0.5],
    [/^documents\/(Wire_protocol|Guarantees|Security|Migrating)/, 1],
    [/^documents\/(Options|API_overview|Errors)/, 1.3],
    [/^(documents\/|index)/, 1.6],
    [/^(classes|functions)\//, 1],
    [/./, 0.7],
];

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'", nbsp: " " };

/** Parts of a page that are no text: pictures, buttons, flags of members, signatures, and the list of members. */
const NOISE = new RegExp(
    [
        /<svg[^]*?<\/svg>/,
        /<button[^]*?<\/button>/,
        /<code class="tsd-tag">[^]*?<\/code>/,
        /<div class="tsd-signature[^]*?<\/div>/,
        /<section class="tsd-panel-group tsd-index-group">[^]*?<\/section><\/div><\/details><\/section><\/section>/,
    ]
        .map(({ source }) => source)
        .join("|"),
    "g",
);

/** Text of HTML, on one line. */
function text(html) {
    return html
        .replace(/<(?:wbr|\/?(?:code|span|strong|em|a|mark|b|i))\b[^>]*>/g, "")
        .replace(/<[^>]+>/g, " ")
        .replace(/&(#?\w+);/g, (all, name) => ENTITIES[name] ?? all)
        .replace(/\s+/g, " ")
        .trim();
}

/** Sections of one page. Each begins at a heading; the first at the start of the page. */
function sections(html, url) {
    const content = html.slice(html.indexOf('<div class="col-content">'), html.indexOf('<div class="col-sidebar">'));
    const title = text(/<title>([^]*?)<\/title>/.exec(html)[1]).replace(/ \| sockhop.*$/, "");
    const page = url === "index.html" ? "sockhop" : title;
    const [, weight] = WEIGHTS.find(([pattern]) => pattern.test(url));
    const api = /^(classes|functions|interfaces|types)\//.test(url);
    const parts = content.replace(NOISE, "").split(/(?=<h[1-3][^>]* id="[^"]+")/);
    return parts
        .map((part) => {
            const [head = "", id, name = ""] = /^<h[1-3][^>]* id="([^"]+)"[^>]*>([^]*?)<\/h\d>/.exec(part) ?? [];
            const to = id ? `${url}#${id}` : url;
            return { url: to, page, heading: text(name) || page, weight, text: text(part.slice(head.length)) };
        })
        .filter(({ heading, text }, index) => text && (index > 0 || heading !== page || api));
}

/** Adds the search to a finished site. */
function writeSearch(site) {
    const files = readdirSync(site, { recursive: true }).filter((name) => name.endsWith(".html"));
    const all = files
        .map((name) => name.replaceAll("\\", "/"))
        .filter((name) => !/^(hierarchy|modules)\.html$/.test(name))
        .sort()
        .flatMap((name) => sections(readFileSync(path.join(site, name), "utf8"), name));
    // A script instead of JSON: pages opened from a folder cannot fetch.
    writeFileSync(path.join(site, "assets/sections.js"), `window.siteSections = ${JSON.stringify(all)};\n`);
    buildSync({
        entryPoints: [path.join(__dirname, "browser.js")],
        outfile: path.join(site, "assets/search.js"),
        bundle: true,
        minify: true,
        format: "iife",
        target: "es2020",
        logLevel: "warning",
    });
}

module.exports = { sections, writeSearch };
