/** Modules of Node.js that code loads by `builtin()`. */
const LOADED = /\bbuiltin\("(node:[\w/]+)"\)/g;

/**
 * Makes a function of the bundled library, whose parameter `builtin` loads a module of Node.js. Each is loaded once, and not copied:
 * esbuild copies a module for each file that imports it, to add a member `default`.
 *
 * @param bundled - CommonJS of esbuild, in which `builtin` replaces `require`
 * @param minify - shortens the code, and keeps the names of its outermost level
 * @param allowed - calls of `builtin`
 * @returns the file `library.js`
 * @throws an error if something else than modules of Node.js is loaded
 */
export function asFunction(
    bundled: string,
    minify: (code: string) => string = (code) => code,
    allowed: RegExp = LOADED,
): string {
    const first = new Map<string, string>();
    const names = new Map<string, string>();
    const declaration = /^var (\w+) = (?:__toESM\()?builtin\("([^"]+)"\)\)?;\n/gm;
    const declared = bundled.replace(declaration, (all, name: string, module: string) => {
        const shared = first.get(module);
        names.set(name, shared ?? name);
        if (shared !== undefined) return "";
        first.set(module, name);
        return `var ${name} = builtin("${module}");\n`;
    });
    const code = declared.replace(/\b(import_\w+)(\.default\b)?/g, (all, name: string) => names.get(name) ?? all);
    if (count(code, /\bbuiltin\b/g) !== count(code, allowed))
        throw new Error("The library loads something else than a module of Node.js");
    // V8 compiles a function in parentheses at once, instead of looking through it first.
    return `"use strict";\nmodule.exports = (function (builtin) {\nconst module = {};\n${minify(code)}${PLAIN}});\n`;
}

/** Returns the exports as a plain object, as 1.x has: programs and their tests replace members. */
const PLAIN = `const exported = { ...module.exports };
if (exported.default) exported.default = exported;
return Object.defineProperty(exported, "__esModule", { value: true });
`;

function count(text: string, pattern: RegExp): number {
    return [...text.matchAll(pattern)].length;
}

/** Returns the names of the modules of Node.js that the library loads, which has not been shortened. */
export function loadedModules(library: string): string[] {
    return [...new Set([...library.matchAll(LOADED)].map(([, name]) => name!))].sort();
}

/**
 * Returns the entry point for Node.js. Each `require()` is written out, for bundlers that do not know the condition `module`. The names
 * at its end are for tools that look for them in the text; esbuild writes them in the same way.
 */
export function forNode(modules: readonly string[], names: readonly string[]): string {
    const cases = modules.map((name) => `        case "${name}":\n            return require("${name}");\n`).join("");
    const load = `(name) => {\n    switch (name) {\n${cases}    }\n}`;
    const hint = `0 && (module.exports = ${listed(names)});\n0 && (exports.default = module.exports);`;
    return `"use strict";\n\nconst library = require("./library.js");\n\nmodule.exports = library.shared ??= library(${load});\n${hint}\n`;
}

/**
 * Returns the entry point for bundlers: an ES module without `require()`, which esbuild cannot put into an ES module of its own.
 * The condition `module` leads bundlers there by `import` and by `require()`, so that a bundle has one copy of each class.
 * A bundler without that condition, such as esbuild with `--conditions`, takes it for `import`, and shares the copy of `index.js`.
 */
export function forBundlers(modules: readonly string[], names: readonly string[]): string {
    const identifier = (module: string): string => module.replace("node:", "").replace("/", "_");
    const imports = modules.map((module) => `import ${identifier(module)} from "${module}";\n`).join("");
    const entries = modules.map((module) => `    "${module}": ${identifier(module)},\n`).join("");
    const library = `import library from "./library.js";\n\nconst modules = {\n${entries}};\n\nconst Sockhop = (library.shared ??= library((name) => modules[name]));\n`;
    return `${imports}${library}${exportsOf(names)}`;
}

/** Returns the file for `import` in Node.js, which gives the classes that `require()` gives. */
export function forImport(names: readonly string[]): string {
    return `import Sockhop from "./index.js";\n${exportsOf(names)}`;
}

/** The names are written out, since not every tool finds them in CommonJS. */
function exportsOf(names: readonly string[]): string {
    return `\nexport default Sockhop;\nexport const ${listed(names)} = Sockhop;\n`;
}

function listed(names: readonly string[]): string {
    return `{\n    ${[...names].sort().join(",\n    ")},\n}`;
}
