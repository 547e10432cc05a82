// Assigns processes to cores. By default, two communicating processes sometimes share a core and sometimes do not, and the
// figures have two clusters. Only Linux supports it (taskset).
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");

/** The numbers in a list such as "0-3,8". */
function numbers(list) {
    return list
        .trim()
        .split(",")
        .flatMap((range) => {
            const [from, to = from] = range.split("-").map(Number);
            return Array.from({ length: to - from + 1 }, (_, index) => from + index);
        });
}

/** The available cores; empty if the assignment is not supported. */
function allowed() {
    if (process.platform !== "linux") return [];
    const { status, stdout } = spawnSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" });
    return status === 0 ? numbers(stdout.slice(stdout.lastIndexOf(":") + 1)) : [];
}

/** The hardware threads of the same core. */
function siblings(core) {
    try {
        return numbers(fs.readFileSync(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`, "utf8"));
    } catch {
        return [core];
    }
}

const all = allowed();
const first = all[0];
const second = all.find((core) => !siblings(first).includes(core)) ?? all[1] ?? first;

/**
 * The cores for server and client.
 *
 * @param which - "apart", "together" on one, or "free" for the choice of the system
 */
function choose(which = "apart") {
    if (which === "free") return [undefined, undefined];
    return which === "together" ? [first, first] : [first, second];
}

/** The command that runs a command on a core. */
function pinned(core, command) {
    return core === undefined ? command : ["taskset", "-c", String(core), ...command];
}

/** The assignment, for the report. */
function describe() {
    if (first === undefined) return "processes are not pinned to cores (no taskset)";
    if (first === second) return "only one core: server and client share it";
    return `server pinned to core ${first}, client to core ${second} of ${os.cpus().length}`;
}

module.exports = { choose, pinned, describe };
