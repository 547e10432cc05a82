"use strict";

// Layers of src, top first (docs/architecture.md). A file may import from its own row and from the rows below, types included;
// folders in one row do not import each other. Case matters: `protocol/` and `Protocol.ts` are different layers.
const layers = [
    ["cli", "compat"],
    ["index", "module"],
    ["exports"],
    ["listenOrConnect", "legacyMembers"],
    ["client", "server"],
    ["mixins"],
    ["endpoint"],
    ["connection"],
    ["replies", "cluster"],
    ["codec", "timers"],
    ["diagnostics", "transport"],
    ["emitter", "protocol"],
    ["validators"],
    ["SockhopError", "Protocol", "runtime"],
];

/** Rule for the files of one layer. */
function override(name, level) {
    const row = layers[level];
    const forbidden = [...layers.slice(0, level).flat(), ...row.filter((other) => other !== name)];
    const group = forbidden.flatMap((other) => [`**/${other}`, `**/${other}/**`]);
    if (name !== "codec") group.push("**/codec/json/**");
    const message = `${name} must not import from a higher layer, a layer beside it, or codec/json (see src/.eslintrc.cjs).`;
    return {
        files: [`./${name}.ts`, `./${name}/**/*.ts`],
        rules: { "no-restricted-imports": ["error", { patterns: [{ group, caseSensitive: true, message }] }] },
    };
}

module.exports = {
    overrides: layers.flatMap((row, level) => row.map((name) => override(name, level))),
};
