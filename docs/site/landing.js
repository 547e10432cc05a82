// First screen of the landing page. The README follows: it is the only source of the text and of the first program.
"use strict";

const { description } = require("../../package.json");

const LINKS = {
    "Get started": "documents/Getting_started.html",
    Guides: "documents/All_guides.html",
    API: "modules/sockhop.html",
};

/** Picture, name, install line and links, above the README. */
function hero() {
    const links = Object.entries(LINKS).map(([text, url]) => `<a href="${url}">${text}</a>`);
    return `<div class="hero tsd-typography">
<img src="assets/favicon.svg" alt="">
<div><h1>sockhop</h1><p>${description}.</p></div>
<pre><code>npm install sockhop</code></pre>
<nav aria-label="First steps">${links.join("")}</nav>
</div>`;
}

/** Removes from the README what the hero has: the picture, the name, and an install line before the first section. */
function withoutHead(parts) {
    // The parts are texts and links. The first heading is the name.
    const index = parts.findIndex(({ text }) => /^# /m.test(text));
    const [name, ...rest] = parts.slice(index);
    const [head, ...sections] = name.text.replace(/^[^]*?^# .*\n/m, "").split(/^(?=## )/m);
    const text = [head.replace(/^```\w*\nnpm install sockhop\n```\n+/m, ""), ...sections].join("");
    return [{ ...name, text }, ...rest];
}

module.exports = { hero, withoutHead };
