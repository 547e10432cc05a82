/** Path of the library, as the entry points of the engines see it. */
export const INDEX = "../index.js";

/** What the bundled engines load by `builtin()`: modules of Node.js, the library, and the package of an engine. */
export const LOADED_BY_ENGINES = /\bbuiltin\((?:"node:[\w/]+"|"\.\.\/index\.js"|PACKAGE\d*)\)/g;

/** An entry point of one engine. */
export interface EngineEntry {
    /** Name of the exported function. */
    name: string;
    /** Package that it loads at first use. */
    needs: string;
    /** Modules of Node.js that all engines load. */
    modules: readonly string[];
}

/** Returns the entry point for `require()`. Each `require()` is written out, as in that of the library. */
export function engineForNode({ name, needs, modules }: EngineEntry): string {
    const cases = [...modules, INDEX, needs]
        .map((module) => `        case "${module}":\n            return require("${module}");\n`)
        .join("");
    const load = `(name) => {\n    switch (name) {\n${cases}    }\n}`;
    const code = `const engines = require("./engines.js");\n\nconst { ${name} } = engines(${load});\n`;
    return `"use strict";\n\n${code}\nmodule.exports = { ${name} };\n`;
}

/** Returns the entry point for bundlers, an ES module. Its package is loaded by `import()`, which they can follow. */
export function engineForBundlers({ name, needs, modules }: EngineEntry): string {
    const identifier = (module: string): string => module.replace("node:", "").replace("/", "_");
    const imports = modules.map((module) => `import ${identifier(module)} from "${module}";\n`).join("");
    const entries = modules.map((module) => `    "${module}": ${identifier(module)},\n`).join("");
    const own = `import engines from "./engines.js";\nimport Sockhop from "../module.mjs";\n`;
    const load = `(name) => (name === "${needs}" ? import("${needs}") : modules[name])`;
    const all = `const modules = {\n${entries}    "${INDEX}": Sockhop,\n};\n`;
    return `${imports}${own}\n${all}\nexport const { ${name} } = engines(${load});\n`;
}

/** Returns the file for `import` in Node.js, which gives the function that `require()` gives. */
export function engineForImport(file: string, { name }: EngineEntry): string {
    return `import engine from "${file}";\n\nexport const { ${name} } = engine;\n`;
}
