// Compiles files for ts-node with esbuild: thirty times as fast as the compiler of TypeScript. It does not check types, as
// `npm run types` checks those of all files at once.
"use strict";

const { transformSync } = require("esbuild");

/** @returns {import("ts-node").Transpiler} */
exports.create = () => ({
    transpile(input, { fileName }) {
        const { code, map } = transformSync(input, {
            loader: "ts",
            format: "cjs",
            target: "node20",
            sourcefile: fileName,
            sourcemap: "external",
        });
        return { outputText: code, sourceMapText: map };
    },
});
