// Compiles files for ts-node with esbuild: thirty times as fast as the compiler of TypeScript. It does not check types, as
// `npm run types` checks those of all files at once.
"use strict";

const { transformSync } = require("esbuild");

/** @param {"external" | "inline"} sourcemap */
exports.compile = (input, fileName, sourcemap) =>
    transformSync(input, { loader: "ts", format: "cjs", target: "node20", sourcefile: fileName, sourcemap });

/** @returns {import("ts-node").Transpiler} */
exports.create = () => ({
    transpile(input, { fileName }) {
        const { code, map } = exports.compile(input, fileName, "external");
        return { outputText: code, sourceMapText: map };
    },
});
