"use strict";

const { execFile } = require("node:child_process");
const { promisify } = require("node:util");

/** Code that prints the path and the version of the runtime. */
const ABOUT = `console.log(JSON.stringify([
    process.execPath,
    globalThis.Bun?.version ?? globalThis.Deno?.version.deno ?? process.versions.node,
]))`;

/**
 * A runtime.
 *
 * @param id - name on the command line and in knownFailures.js
 * @param title - name in docs
 * @param from - npm package, optionally with a version; its name is the command, too
 * @param about - the argument before `ABOUT`
 * @param args - arguments before the name of a program
 */
function runtime(id, title, from, about, args = []) {
    return { id, title, from, about, args };
}

function node(major) {
    return { ...runtime(`node${major}`, `Node.js ${major}`, `node@${major}`, "-e"), isNode: true };
}

/** All supported runtimes. */
const runtimes = [
    node(20),
    node(22),
    node(24),
    node(26),
    runtime("bun", "Bun", "bun", "-e"),
    runtime("deno", "Deno", "deno", "eval", ["run", "--allow-all"]),
];

/** The current runtime, also if it is none of those. */
const here = runtimes.find(({ id }) => id === `node${parseInt(process.versions.node)}`) ?? {
    ...node(parseInt(process.versions.node)),
    id: "here",
};

/** Path and version of a runtime. npx installs it, unless it is the current one. */
async function locate({ id, from, about }) {
    if (id === here.id) return [process.execPath, process.versions.node];
    const [command] = from.split("@");
    const { stdout } = await promisify(execFile)("npx", ["-y", "-p", from, "-c", `${command} ${about} '${ABOUT}'`], {
        timeout: 180_000,
    });
    return JSON.parse(stdout);
}

module.exports = { here, locate, runtimes };
