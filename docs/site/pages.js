// Last changes to the HTML of a page.
"use strict";

const { readFileSync } = require("node:fs");
const path = require("node:path");

/** Links of the top bar. */
const TOP = {
    Guides: "documents/All_guides.html",
    API: "modules/sockhop.html",
    Options: "documents/Options.html",
    Errors: "documents/Errors.html",
    Changelog: "documents/Changelog.html",
    npm: "https://www.npmjs.com/package/sockhop",
};

/** Minimum number of columns of a table whose blocks on a phone name the columns. */
const LABELLED = 3;

/** Changes the HTML of the page at `url`. `docs` is the folder of the pages and their pictures. */
function finish(html, url, docs) {
    const base = "../".repeat(url.split("/").length - 1);
    const start = html.indexOf('<div class="col-content">');
    const end = html.indexOf('<div class="col-sidebar">');
    const content = html.slice(start, end);
    return topBar(html.slice(0, start), base) + linkCodes(charts(tables(content), docs), url, base) + html.slice(end);
}

function topBar(html, base) {
    const links = Object.entries(TOP).map(([text, to]) => {
        return `<a href="${to.startsWith("https:") ? to : base + to}">${text}</a>`;
    });
    return html.replace('<div id="tsd-toolbar-links">', (start) => start + links.join(""));
}

/** Gives each cell the heading of its column: on a phone, where rows are blocks, it stands before the cell. */
function tables(html) {
    return html.replace(/<table>([^]*?)<\/table>/g, (all, rows) => {
        const heads = [...rows.matchAll(/<th(?: [^>]*)?>([^]*?)<\/th>/g)].map(([, head]) => text(head));
        const labelled = rows.replace(/<tr>([^]*?)<\/tr>/g, (row) => {
            let column = 0;
            return row.replace(/<td/g, () => `<td data-label="${(heads.length >= LABELLED && heads[column++]) || ""}"`);
        });
        return `<table${/text-align:\s*right/.test(rows) ? ' class="figures"' : ""}>${labelled}</table>`;
    });
}

/** Puts the charts into the page itself, so that they have its colors: a picture knows only those of the system. */
function charts(html, docs) {
    return html.replace(/<img src="(?:\.\.\/)*media\/([\w-]+\.svg)" alt="([^"]*)"\s*\/?>/g, (all, name, title) => {
        const svg = readFileSync(path.join(docs, "benchmarks", name), "utf8");
        const inner = svg.replace(/<style>[^]*?<\/style>/, "").trim();
        return inner.replace("<svg", `<svg class="chart" role="img" aria-label="${title}"`);
    });
}

/** Links each error code to its description. */
function linkCodes(html, url, base) {
    const page = url === "documents/Errors.html" ? "" : `${base}documents/Errors.html`;
    return html
        .split(/(<a [^]*?<\/a>|<h\d[^]*?<\/h\d>|<pre>[^]*?<\/pre>)/)
        .map((part, index) =>
            index % 2 === 1
                ? part
                : part.replace(CODE, (code, name) => `<a href="${page}#${name.toLowerCase()}">${code}</a>`),
        )
        .join("");
}

const codes = readFileSync(path.join(__dirname, "../errors.md"), "utf8").matchAll(/^### (ERR_\w+)$/gm);
const CODE = new RegExp(`<code>(${[...codes].map(([, name]) => name).join("|")})</code>`, "g");

function text(html) {
    return html.replace(/<[^>]+>/g, "").trim();
}

module.exports = { finish };
