// What does not pass, and why: runtime → check → reason. All other checks pass everywhere; run.js sees to that, and to
// these failing. docs/runtimes.md shows it to users.
"use strict";

module.exports = {
    node20: {},
    node22: {},
    node24: {},
    node26: {},
    bun: {},
    deno: {
        "connections above max_connections are reported as ERR_MAX_CONNECTIONS":
            "Servers do not emit `drop`. They still refuse the connections.",
    },
    here: {}, // any other Node.js
};
