"use strict";

/**
 * Layers of src, top first (docs/architecture.md). A file may import from its own row and from the rows below, types included;
 * folders in one row do not import each other.
 */
exports.layers = [
    ["cli", "compat", "engines"],
    ["inspect"],
    ["index"],
    ["exports"],
    ["listenOrConnect", "legacyMembers"],
    ["client", "server"],
    ["mixins"],
    ["endpoint"],
    ["connection"],
    ["cluster"],
    ["replies"],
    ["codec", "timers"],
    ["diagnostics", "transport"],
    ["emitter", "protocol"],
    ["validators"],
    ["SockhopError", "Protocol", "runtime"],
];
