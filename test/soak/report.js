"use strict";
// Output of the driver.

const MB = 1e6;

function number(value) {
    return Math.round(value).toLocaleString("en");
}

function megabytes(bytes) {
    return `${(bytes / MB).toFixed(1)} MB`;
}

function printProgress(time, { counts, violations }, { counts: faults }) {
    const faultCount = Object.values(faults).reduce((sum, count) => sum + count, 0);
    const bad = Object.values(violations).reduce((sum, count) => sum + count, 0);
    console.log(
        `  ${(time / 1000).toFixed().padStart(5)} s  ${number(counts.received).padStart(11)} values` +
            `${megabytes(counts.bytes).padStart(12)}${number(counts.connections).padStart(8)} connections` +
            `${number(faultCount).padStart(7)} faults   ${bad === 0 ? "all well" : `${bad} violations`}`,
    );
}

function printRow(what, figure) {
    console.log(`  ${what.padEnd(44)}${String(figure).padStart(16)}`);
}

function printTable(time, { counts, violations }, { counts: faults }, snapshots) {
    console.log();
    printRow("duration", `${(time / 1000).toFixed()} s`);
    printRow("values arrived", number(counts.received));
    printRow("bytes arrived", megabytes(counts.bytes));
    printRow("connections", number(counts.connections));
    printRow("  refused by a session", number(counts.refused));
    printRow("  ended in good order, accounts compared", number(counts.compared));
    printRow("    of these cut while the other end was busy", number(counts.cut));
    printRow("promises", number(counts.begun));
    printRow("  not settled, in processes that were killed", number(counts.begun - counts.settled));
    console.log();
    for (const [what, count] of Object.entries(faults)) printRow(what, number(count));
    console.log();
    for (const [what, count] of Object.entries(violations))
        printRow(what === "broken" ? "broken checksums" : what, count);
    for (const [{ name }, samples] of snapshots?.samples ?? []) {
        if (samples.length === 0) continue;
        console.log();
        for (const what of ["rss", "heap"]) {
            const figures = samples.map((sample) => (sample[what] / MB).toFixed(1));
            printRow(`${name}: ${what} in MB`, figures.join(" → "));
        }
        const handles = samples.map((sample) => Object.values(sample.handles).reduce((sum, count) => sum + count, 0));
        printRow(`${name}: handles`, handles.join(" → "));
    }
}

/** Prints the violations, and the memory of the processes: names with their samples. */
function printEnd({ violations }, samples) {
    for (const [what, count] of Object.entries(violations)) printRow(what === "broken" ? "broken texts" : what, count);
    for (const [name, list] of samples) {
        for (const what of ["rss", "heap"])
            printRow(`${name}: ${what} in MB`, list.map((sample) => (sample[what] / MB).toFixed(1)).join(" → "));
    }
}

/** Reports the memory of processes that has grown from their second sample to the last one by more than a limit. */
function judgeGrowth(log, samples, limits) {
    for (const [name, [, second, ...others]] of samples) {
        const last = others.at(-1);
        for (const [what, limit] of Object.entries(limits)) {
            if (last && last[what] - second[what] > limit)
                log.violate("failed", `${name}: ${what} has grown from ${second[what]} to ${last[what]} bytes`);
        }
    }
}

module.exports = { judgeGrowth, number, printEnd, printProgress, printRow, printTable };
