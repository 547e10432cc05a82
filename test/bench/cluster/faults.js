// The table of the workload `cluster-faults`. A metric has the name KIND-FAULT.
"use strict";

const { number } = require("../number.js");

const FAULTS = { none: "no fault", kill: "killed for 3 s", freeze: "frozen for 5 s" };

/** Columns of the table. */
const KINDS = {
    sent: "sent",
    localLost: "local: lost",
    localPause: "local: longest pause, ms",
    lost: "remote: lost",
    told: "reported",
    stale: "late",
    wrong: "twice, or out of order",
    rejections: "unhandled rejections",
};

function metrics(faults) {
    const all = faults.flatMap((fault) =>
        Object.entries(KINDS).map(([kind, title]) => [
            `${kind}-${fault}`,
            { title: `${FAULTS[fault]}: ${title}`, better: "less", digits: 0, ratio: false },
        ]),
    );
    return Object.fromEntries(all);
}

/** The counts of all rounds together, and the longest pause of any. */
function total(rounds, kind, fault) {
    const values = rounds.map((figures) => figures?.[`${kind}-${fault}`]).filter((value) => value !== undefined);
    if (values.length === 0) return "";
    return number(kind === "localPause" ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0), 0);
}

/** One table: a row for each fault of each implementation. */
function tables(results, title, faults) {
    const rows = [["engine", "", ...Object.values(KINDS)]];
    for (const fault of faults) {
        for (const [name, { rounds }] of Object.entries(results)) {
            if (!rounds) continue;
            rows.push([FAULTS[fault], title(name), ...Object.keys(KINDS).map((kind) => total(rounds, kind, fault))]);
        }
    }
    return [{ title: "", rows, text: 2 }];
}

module.exports = { metrics, tables };
