"use strict";
// Runs the checks in the current runtime. They test features that programs rely on. The results are printed line by line
// as JSON, for run.js.
//
//     node test/runtimes/suite.js                 runs all checks, with readable output
//     node test/runtimes/suite.js --report NAME…  runs these until the first failure, whose leftovers could affect others

const { Harness } = require("./Harness.js");
const checks = require("./checks");

/** Milliseconds for one check, including the cleanup. Most take less than 50; on a busy computer, 20 MB take ten seconds. */
const LIMIT = 30_000;

const [flag, ...names] = process.argv.slice(2);
const reporting = flag === "--report";

/** Runs a check. Rejects if it fails, or does not end in time. */
async function run(check) {
    const harness = new Harness();
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`It has not ended within ${LIMIT / 1000} s`)), LIMIT);
    });
    try {
        await Promise.race([late, check(harness).finally(() => harness.end())]);
    } finally {
        clearTimeout(timer);
    }
}

function tell(report) {
    if (reporting) console.log(JSON.stringify(report));
    else if (report.ended) console.log(`✓ ${report.ended} (${report.milliseconds} ms)`);
    else if (report.failed) console.log(`✗ ${report.failed}\n${report.error}`);
}

async function main() {
    for (const name of names.length > 0 ? names : checks.keys()) {
        tell({ begun: name });
        const start = performance.now();
        try {
            await run(checks.get(name));
        } catch (error) {
            tell({ failed: name, error: error.stack ?? String(error) });
            if (reporting) break;
            process.exitCode = 1;
            continue;
        }
        tell({ ended: name, milliseconds: Math.round(performance.now() - start) });
    }
}

// Open handles of a failed check must not keep the process alive.
main().then(() => process.exit());
