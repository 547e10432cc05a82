// The program of one end: `node runEnd.js server|client ADAPTER WORKLOAD PLACE OPTIONS`. It creates the steps of that half of the
// workload, and runs those that its parent process requests.
"use strict";

const { byName } = require("./adapters");
const { byName: workloads } = require("./workloads");

const [, , role, adapterName, workloadName, place, options] = process.argv;

/** Steps of every end. */
const common = {
    /** Microseconds of processor time so far. */
    cpu() {
        const { user, system } = process.cpuUsage();
        return user + system;
    },
};

function report(message) {
    // The parent process may have exited.
    if (process.connected) process.send(message);
}

process.on("disconnect", () => process.exit());
process.on("uncaughtException", (error) => {
    console.error(error);
    process.exitCode = 1;
    report({ failed: error.stack });
});

async function main() {
    const half = workloads.get(workloadName)[role];
    const { steps, result } = await half(byName.get(adapterName), JSON.parse(place), JSON.parse(options));
    const all = { ...common, ...steps };
    process.on("message", async ({ id, step, args }) => {
        try {
            report({ id, result: await all[step](...args) });
        } catch (error) {
            report({ id, error: error.stack });
        }
    });
    report({ ready: true, result });
}

main().catch((error) => report({ failed: error.stack }));
