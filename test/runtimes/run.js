"use strict";
// Runs the checks of the built package under several runtimes (npm run test:runtimes), which npx installs from the npm registry.
// Fails if a check fails that is not in knownFailures.js, or if one passes that is.
//
//     node test/runtimes/run.js                  under all runtimes
//     node test/runtimes/run.js bun node24       under these runtimes
//     node test/runtimes/run.js here             under the current runtime
//     node test/runtimes/run.js --unit node24    also runs the unit tests, under each version of Node.js
//     node test/runtimes/run.js --write          updates the table of docs/runtimes.md from knownFailures.js, and runs nothing

const { spawn } = require("node:child_process");
const { once } = require("node:events");
const path = require("node:path");
const { createInterface } = require("node:readline");
const { parseArgs } = require("node:util");
const checks = require("./checks");
const knownFailures = require("./knownFailures.js");
const report = require("./report.js");
const { here, locate, runtimes } = require("./runtimes.js");

const ROOT = path.join(__dirname, "../..");
const MOCHA = require.resolve("mocha/bin/mocha.js");
const SUITE = path.join(__dirname, "suite.js");
/** Milliseconds without output of the suite, which has a shorter timeout itself: then it hangs. */
const PATIENCE = 40_000;

/** Runs checks in one process until one fails. Returns the completed checks, and the failed one. */
async function runProcess(program, args, names) {
    const child = spawn(program, [...args, SUITE, "--report", ...names], { stdio: ["ignore", "pipe", "pipe"] });
    const ended = [];
    let begun;
    let failed;
    let stderr = "";
    const stop = () => child.kill("SIGKILL");
    let timer = setTimeout(stop, PATIENCE);
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    createInterface({ input: child.stdout }).on("line", (line) => {
        clearTimeout(timer);
        timer = setTimeout(stop, PATIENCE);
        if (!line.startsWith("{")) return; // output of a check, not of the suite
        const said = JSON.parse(line);
        begun = said.begun;
        if (said.ended) ended.push(said.ended);
        if (said.failed) failed = { name: said.failed, error: said.error };
    });
    const outcome = await new Promise((resolve) => {
        child.on("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    clearTimeout(timer);
    if (begun) failed = { name: begun, error: `The process has ended (${outcome}), and said: ${stderr || "nothing"}` };
    if (!failed && ended.length < names.length) throw new Error(`The suite does not run (${outcome}): ${stderr}`);
    return { ended, failed };
}

/** Runs all checks under a runtime. After a failed check, the following ones run in a new process. */
async function runAll(program, args) {
    const errors = new Map();
    for (let names = [...checks.keys()]; names.length > 0;) {
        const { ended, failed } = await runProcess(program, args, names);
        if (failed) errors.set(failed.name, failed.error);
        names = names.slice(ended.length + (failed ? 1 : 0));
    }
    return errors;
}

/**
 * Runs the unit tests, without coverage, under a version of Node.js.
 *
 * @returns true if all have passed
 */
async function runUnitTests(program) {
    const child = spawn(program, [MOCHA, "--reporter", "dot"], { cwd: ROOT, stdio: "inherit" });
    const [code] = await once(child, "close");
    return code === 0;
}

/** Differences from knownFailures.js, as text. */
function surprises({ id, title }, errors) {
    const found = [];
    for (const [name, error] of errors) {
        if (knownFailures[id][name] === undefined) found.push(`${title}: "${name}" fails.\n${error}`);
    }
    for (const name of Object.keys(knownFailures[id])) {
        if (!checks.has(name)) found.push(`${title}: there is no check "${name}", which knownFailures.js has.`);
        else if (!errors.has(name))
            found.push(`${title}: "${name}" passes, although knownFailures.js says that it does not.`);
    }
    return found;
}

/** The runtimes of these names; all without names. */
function pick(names) {
    if (names.length === 0) return runtimes;
    return names.map((name) => {
        const found = name === "here" ? here : runtimes.find(({ id }) => id === name);
        if (!found)
            throw new Error(`There is no "${name}"; there are here, ${runtimes.map(({ id }) => id).join(", ")}`);
        return found;
    });
}

async function main() {
    const options = { unit: { type: "boolean" }, write: { type: "boolean" } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values.write) {
        report.update();
        return;
    }
    const results = new Map();
    const complaints = [];
    for (const runtime of pick(positionals)) {
        const [program, version] = await locate(runtime);
        console.log(`${runtime.title} (${version})`);
        const errors = await runAll(program, runtime.args);
        results.set(runtime, errors);
        complaints.push(...surprises(runtime, errors));
        if (values.unit && runtime.isNode && !(await runUnitTests(program))) {
            complaints.push(`${runtime.title}: the unit tests fail.`);
        }
    }
    report.print(results);
    for (const complaint of complaints) console.error(`${complaint}\n`);
    if (complaints.length === 0) console.log("Everything is as knownFailures.js has it.");
    else process.exitCode = 1;
}

main();
