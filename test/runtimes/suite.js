"use strict";
// The checks, in the runtime that runs this. They are those that a program relies on; what happens is told line by line,
// as JSON, to run.js.
//
//     node test/runtimes/suite.js                 all checks, for people
//     node test/runtimes/suite.js --report NAME…  these, until the first that fails: nobody knows what it leaves behind

const { Harness } = require("./Harness.js");
const checks = require("./checks");

/** Milliseconds for one check, with all that has to be closed after it. Most take less than 50. */
const LIMIT = 8000;

const [flag, ...names] = process.argv.slice(2);
const reporting = flag === "--report";

/** Runs a check. Rejects when it fails, or has not ended in time. */
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

// What a check that has failed leaves open must not keep the process alive.
main().then(() => process.exit());
