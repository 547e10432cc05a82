"use strict";

const SUBJECTS = [
    "messages",
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

/** All checks by their names, which say what is promised. Each is called with a Harness. */
const checks = new Map(SUBJECTS.flatMap((subject) => Object.entries(require(`./${subject}.js`))));

module.exports = checks;
