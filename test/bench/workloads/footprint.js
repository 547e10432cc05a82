// The fixed cost of a library: its load time, its size, its dependencies.
"use strict";

const { spawnSync } = require("node:child_process");
const cores = require("../cores.js");
const { size } = require("../packages.js");
const { median } = require("../statistics.js");

/** Number of processes for each figure. */
const TIMES = 9;

/** Run time in milliseconds of a process that runs this code. */
function time(code) {
    const [core] = cores.choose("together");
    const [command, ...rest] = cores.pinned(core, [process.execPath, "-e", code]);
    const start = performance.now();
    const { status, stderr } = spawnSync(command, rest, { cwd: __dirname, encoding: "utf8" });
    if (status !== 0) throw new Error(`cannot load it: ${stderr}`);
    return performance.now() - start;
}

async function measure({ adapter }) {
    const load = ({ module }, entry) => `${module ? "import" : "require"}(${JSON.stringify(entry)});`;
    const code = adapter.entries.map((entry) => load(adapter, entry)).join("");
    const times = Array.from({ length: TIMES }, () => {
        const bare = time("");
        return time(code) - bare;
    });
    if (adapter.entries[0]?.startsWith("node:")) return { load: median(times) };
    const { bytes, dependencies } = size(adapter);
    return { load: median(times), size: bytes / 1000, dependencies };
}

module.exports = [
    {
        name: "footprint",
        title: "Footprint",
        about:
            "Time to load the library in a new process, minus the time of an empty process; installed size; number of " +
            "dependencies.",
        rounds: (rounds) => Math.min(rounds, 3),
        chart: "load",
        overview: false,
        metrics: {
            load: { title: "loading, ms", better: "less", digits: 1 },
            size: { title: "installed, kB", better: "less", digits: 0 },
            dependencies: { title: "dependencies", better: "less", digits: 0, ratio: false },
        },
        measure,
    },
];
