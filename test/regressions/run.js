"use strict";
// Runs one scenario against one module. The exit code is the outcome:
//
//     node test/regressions/run.js sockhop-1.8.4 hostile-peers/null-kills-server [milliseconds]
//
//     0  passed      the correct behavior
//     1  crashed     an uncaught exception or rejection; this code is Node's
//     2  misbehaved  an assertion of the scenario failed
//     3  threw       the library threw, or rejected, where the scenario did not expect it
//     4  hung        the scenario, or its process afterwards, did not end in time

const { AssertionError } = require("node:assert");
const { toolsFor } = require("./tools");

const [name, id, limit = "1000"] = process.argv.slice(2);
const [subject, key] = id.split("/");
const scenario = require(`./${subject}`)[key];

function exit(code, reason) {
    console.error(reason);
    process.exit(code);
}

const overdue = setTimeout(() => exit(4, `Not over after ${limit} ms`), Number(limit));

async function main() {
    const tools = toolsFor(name);
    try {
        await scenario.run(tools);
    } catch (error) {
        exit(error instanceof AssertionError ? 2 : 3, error);
    }
    if (!scenario.endsByItself) process.exit();
    // From now on the timer fires only if other handles keep the process alive.
    overdue.unref();
}

void main();
