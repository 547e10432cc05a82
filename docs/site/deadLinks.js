"use strict";

const { existsSync, readFileSync, readdirSync } = require("node:fs");
const path = require("node:path");

/** Returns all dead links between the pages of a site. */
function deadLinks(site) {
    const files = readdirSync(site, { recursive: true }).filter((name) => name.endsWith(".html"));
    const pages = new Map(files.map((name) => [path.join(site, name), readFileSync(path.join(site, name), "utf8")]));
    const anchors = new Map([...pages].map(([file, html]) => [file, new Set(attributes(html, "id|name"))]));
    return [...pages].flatMap(([file, html]) =>
        attributes(html, "href|src")
            .filter((link) => link && !/^([a-z]+:|\/\/)/.test(link) && !exists(file, link))
            .map((link) => `${path.relative(site, file)} links to ${link}, which does not exist`),
    );

    function exists(from, link) {
        const [target, anchor] = decodeURI(link).split("#");
        const file = target ? path.join(path.dirname(from), target) : from;
        return existsSync(file) && (!anchor || !anchors.has(file) || anchors.get(file).has(anchor));
    }
}

function attributes(html, names) {
    const found = html.matchAll(new RegExp(`<[a-z][^>]*?\\s(?:${names})="([^"]*)"`, "g"));
    return [...found].map(([, value]) => value.replaceAll("&amp;", "&"));
}

module.exports = { deadLinks };
