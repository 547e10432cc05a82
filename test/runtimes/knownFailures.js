// Known failures: runtime → check → reason. All other checks pass everywhere. run.js fails if another check fails, or if
// one of these passes. docs/runtimes.md lists them for users.
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
