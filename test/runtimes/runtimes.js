"use strict";

const { execFile } = require("node:child_process");
const { promisify } = require("node:util");

/** Has a runtime tell where its program is, and which version it is. */
const ABOUT = `console.log(JSON.stringify([
    process.execPath,
    globalThis.Bun?.version ?? globalThis.Deno?.version.deno ?? process.versions.node,
]))`;

/**
 * A runtime.
 *
 * @param id - what it is called on the command line and in knownFailures.js
 * @param title - what it is called in docs
 * @param from - the npm package that has it, perhaps with a version; its name is that of the command, too
 * @param about - the argument before `ABOUT`
 * @param args - what it wants before the name of a program
 */
function runtime(id, title, from, about, args = []) {
    return { id, title, from, about, args };
}

function node(major) {
    return { ...runtime(`node${major}`, `Node.js ${major}`, `node@${major}`, "-e"), isNode: true };
}

/** All that the package is for. */
const runtimes = [
    node(20),
    node(22),
    node(24),
    node(26),
    runtime("bun", "Bun", "bun", "-e"),
    runtime("deno", "Deno", "deno", "eval", ["run", "--allow-all"]),
];

/** The one that runs this, also if it is none of those. */
const here = runtimes.find(({ id }) => id === `node${parseInt(process.versions.node)}`) ?? {
    ...node(parseInt(process.versions.node)),
    id: "here",
};

/** Where the program of a runtime is, and which version it is. npx fetches it, unless it is the one that runs this. */
async function locate({ id, from, about }) {
    if (id === here.id) return [process.execPath, process.versions.node];
    const [command] = from.split("@");
    const { stdout } = await promisify(execFile)("npx", ["-y", "-p", from, "-c", `${command} ${about} '${ABOUT}'`], {
        timeout: 180_000,
    });
    return JSON.parse(stdout);
}

module.exports = { here, locate, runtimes };
