// Lets a child process load TypeScript. Instead of ts-node, which loads the compiler: to record its coverage takes seconds.
"use strict";

const { readFileSync } = require("node:fs");
const { compile } = require("./transpiler.js");

require.extensions[".ts"] = (module, file) => {
    module._compile(compile(readFileSync(file, "utf8"), file, "inline").code, file);
};
