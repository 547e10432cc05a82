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
        "connections beyond max_connections are told of, as ERR_MAX_CONNECTIONS":
            "Servers emit no `drop`. The connections are refused all the same.",
    },
    here: {}, // any other Node.js
};
