"use strict";

const { spawnSync } = require("node:child_process");
const { installed } = require("./packages.js");

/**
 * Installs the packages in package.json here, unless they are installed. Packages run no scripts.
 *
 * @param adapters - implementations that will run
 */
function install(adapters) {
    if (adapters.every(installed)) return;
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
