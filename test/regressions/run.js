"use strict";
// Runs one scenario against one module, and tells by its exit code what came of it:
//
//     node test/regressions/run.js sockhop-1.8.4 hostile-peers/null-kills-server [milliseconds]
//
//     0  passed      the wanted behaviour was seen
//     1  crashed     an exception or a rejection that nobody could catch; this code is Node's
//     2  misbehaved  an assertion of the scenario failed
//     3  threw       the library threw, or rejected, where the scenario did not expect it
//     4  hung        the scenario was not over in time, or the process not after it

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
    // From now on the timer only fires when something else keeps the process alive.
    overdue.unref();
}

void main();
