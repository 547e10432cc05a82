"use strict";

const { spawnSync } = require("node:child_process");
const { installed } = require("./packages.js");

/**
 * Installs what stands in package.json here, unless what is needed is there. No package gets to run a script of its own.
 *
 * @param adapters - those that are going to run
 * @param more - names of other packages that are needed
 */
function install(adapters, more = []) {
    if ([...adapters, { packages: more }].every(installed)) return;
    console.error("Installing what is compared with, into test/bench/node_modules …");
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const { status } = spawnSync(npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
        cwd: __dirname,
        stdio: "inherit",
        shell: process.platform === "win32",
    });
    if (status !== 0) throw new Error("npm ci has failed");
}

module.exports = install;
