// Shows results in the search dialog of TypeDoc, which opens it and handles its keys.
/* eslint-env browser */
"use strict";

const { createSearch } = require("./query.js");

let searching;

/** Loads the sections at the first use. */
function load() {
    searching ??= new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = `${document.documentElement.dataset.base}assets/sections.js`;
        script.onload = () => resolve(createSearch(window.siteSections));
        script.onerror = () => reject(new Error("The search index is not available"));
        document.head.append(script);
    });
    return searching;
}

function element(name, className, ...children) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
}

function option({ url, page, heading, context: [before, match, after] }, index) {
    const title = element("span", "heading", heading);
    if (page !== heading) title.prepend(element("span", "parent", `${page} › `));
    const line = element("span", "context", before, element("mark", "", match), after);
    const link = element("a", "", element("span", "text", title, line));
    link.href = document.documentElement.dataset.base + url;
    link.tabIndex = -1;
    const item = element("li", "", link);
    item.id = `tsd-search:${index}`;
    item.role = "option";
    item.ariaSelected = "false";
    return item;
}

function start() {
    const input = document.getElementById("tsd-search-input");
    const results = document.getElementById("tsd-search-results");
    const status = document.getElementById("tsd-search-status");
    const dialog = document.getElementById("tsd-search");

    async function show() {
        try {
            const search = await load();
            const typed = input.value;
            const found = search(typed);
            results.replaceChildren(...found.map(option));
            status.replaceChildren(...(typed.trim() && found.length === 0 ? [`Nothing found for "${typed}"`] : []));
        } catch (error) {
            status.textContent = error.message;
        }
    }

    status.replaceChildren();
    input.addEventListener("focus", show);
    input.addEventListener("input", show);
    // A result on the same page moves only the page.
    results.addEventListener("click", (event) => {
        if (event.target.closest("a")?.pathname === location.pathname) dialog.close();
    });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
