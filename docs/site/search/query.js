// Searches the sections of the site. It runs in browsers.
"use strict";

const MiniSearch = require("minisearch");
const synonyms = require("./synonyms.json");

/** Phrases that people type, each with the term of the documentation, the longest first. */
const PHRASES = Object.entries(synonyms)
    .flatMap(([term, phrases]) => phrases.map((phrase) => [phrase, term]))
    .sort(([a], [b]) => b.length - a.length);

/** Characters of a line of context before the first match, and in all. */
const BEFORE = 40;
const LENGTH = 150;

/** Words of a text. A name such as `max_buffered` is a word, and so are its parts. */
function tokenize(text) {
    const words = text.split(/[^\p{L}\p{N}_]+/u);
    return words.flatMap((word) => (/\w_\w/.test(word) ? [word, ...word.split("_")] : [word])).filter(Boolean);
}

/** Builds an index of sections `{ url, page, heading, text, weight }`. */
function createSearch(sections) {
    const index = new MiniSearch({
        tokenize,
        fields: ["heading", "page", "text"],
        storeFields: ["url", "page", "heading", "text", "weight"],
        searchOptions: {
            boost: { heading: 4, page: 3 },
            prefix: (term) => term.length > 2,
            fuzzy: (term) => (term.length > 4 ? 0.2 : false),
            boostDocument: (id, term, { weight }) => weight,
        },
    });
    index.addAll(sections.map((section, id) => ({ id, ...section })));

    /** Best sections for what was typed, each with `context`: `[before, match, after]`. */
    return (typed, limit = 12) => {
        const parts = split(typed.toLowerCase().trim());
        if (parts.length === 0) return [];
        const queries = parts.map((words) => ({
            combineWith: "OR",
            queries: words.map((phrase) => ({ combineWith: "AND", queries: [phrase] })),
        }));
        let found = index.search({ combineWith: "AND", queries });
        if (found.length === 0) found = index.search({ combineWith: "OR", queries });
        return found.slice(0, limit).map((section) => ({
            ...section,
            context: context(section.text, [...parts.flat(), ...section.terms]),
        }));
    };
}

/** Splits a query into parts that must all be found. Each is a list of alternatives. */
function split(query) {
    const known = PHRASES.filter(([phrase]) => ` ${query} `.includes(` ${phrase} `));
    if (known.length === 0)
        return query
            .split(/\s+/)
            .filter(Boolean)
            .map((word) => [word]);
    const [phrase] = known[0];
    const terms = known.filter(([other]) => other === phrase).map(([, term]) => term);
    const [before, after] = ` ${query} `.split(` ${phrase} `, 2);
    return [...split(before.trim()), [phrase, ...terms], ...split(after.trim())];
}

/** Line of a text around the first of some words. */
function context(text, words) {
    const lower = text.toLowerCase();
    const places = words.map((word) => [lower.indexOf(word.toLowerCase()), word.length]).filter(([at]) => at >= 0);
    const [at, length] = places[0] ?? [0, 0];
    const from = at <= BEFORE ? 0 : text.indexOf(" ", at - BEFORE) + 1;
    const start = Math.min(from, at);
    const end = start + LENGTH;
    return [
        (start > 0 ? "… " : "") + text.slice(start, at),
        text.slice(at, at + length),
        text.slice(at + length, end) + (end < text.length ? " …" : ""),
    ];
}

module.exports = { createSearch };
