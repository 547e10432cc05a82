"use strict";

const { layers } = require("./layers.cjs");

/** Rule for the files of one layer. Case matters: `protocol/` and `Protocol.ts` are different layers. */
function override(name, level) {
    const row = layers[level];
    const forbidden = [...layers.slice(0, level).flat(), ...row.filter((other) => other !== name)];
    const group = forbidden.flatMap((other) => [`**/${other}`, `**/${other}/**`]);
    if (name !== "codec") group.push("**/codec/json/**");
    const message = `${name} must not import from a higher layer, a layer beside it, or codec/json (see src/layers.cjs).`;
    return {
        files: [`./${name}.ts`, `./${name}/**/*.ts`],
        rules: { "no-restricted-imports": ["error", { patterns: [{ group, caseSensitive: true, message }] }] },
    };
}

module.exports = {
    overrides: layers.flatMap((row, level) => row.map((name) => override(name, level))),
};
