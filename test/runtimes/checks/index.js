"use strict";

const SUBJECTS = [
    "messages",
    "values",
    "callbacks",
    "requests",
    "connections",
    "sessions",
    "local",
    "tls",
    "pace",
    "limits",
    "ending",
    "watching",
    "modules",
];

/** All checks by name. A name states the guarantee. Each check is called with a Harness. */
const checks = new Map(SUBJECTS.flatMap((subject) => Object.entries(require(`./${subject}.js`))));

module.exports = checks;
