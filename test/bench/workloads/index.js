// Workloads. A workload has two halves, `server` and `client`, each of which runs in its own process and resolves
// to its steps, and `measure`, which runs them and returns one figure for each of `metrics`. A workload that can be measured
// repeatedly after a warm-up has `begin` instead, which resolves to the measuring function. `cores` is the
// assignment of the processes (cores.js), `needs` a required feature of implementations (adapters/index.js), `rounds` the number
// of rounds for a requested number, `chart` the metric of the chart (`overview`: false
// to exclude it from the overview; `growth`: true for a chart of the time by size). `finish` may add figures that need several implementations.
//
// A workload with a `family` is for the implementations of that family only. One with `run` measures a round of all
// implementations itself; `tables` and `draw` make its part of the report.
"use strict";

const workloads = [
    ...require("./oneWay.js"),
    ...require("./calls.js"),
    ...require("./sendall.js"),
    ...require("./megabyte.js"),
    ...require("./big.js"),
    ...require("./bytes.js"),
    ...require("./idle.js"),
    ...require("./footprint.js"),
    ...require("./cluster.js"),
    ...require("./clusterFaults.js"),
];

const byName = new Map(workloads.map((workload) => [workload.name, workload]));

module.exports = { workloads, byName };
