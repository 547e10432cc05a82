"use strict";

const { spawnSync } = require("node:child_process");
const { installed } = require("./packages.js");

/**
 * Installs the packages in package.json here, unless they are installed. Packages run no scripts.
 *
 * @param adapters - implementations that will run
 * @param more - names of further packages
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
