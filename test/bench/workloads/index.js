// What is measured. A workload has two halves, `server` and `client`, each of which runs in a process of its own and resolves
// to the steps that it can do, and `measure`, which has them done and returns one figure for each of `metrics`. Where it can be measured
// again and again once both are warm, `begin` takes its place, which resolves to the function that does so. `cores` says
// where the processes run (cores.js), `needs` which thing an implementation may lack (adapters/index.js), `rounds` how many
// rounds there are when so many are asked for, `chart` which metric is drawn (`overview`: false
// where not together with others). `finish` may add figures that need those of several implementations.
"use strict";

const workloads = [
    ...require("./oneWay.js"),
    ...require("./questions.js"),
    ...require("./sendall.js"),
    ...require("./big.js"),
    ...require("./idle.js"),
    ...require("./footprint.js"),
];

const byName = new Map(workloads.map((workload) => [workload.name, workload]));

module.exports = { workloads, byName };
