// The processes in which mocha runs the files write their coverage when they exit, which can take longer than the second
// after which they would be killed.
"use strict";

const workerpool = require("workerpool"); // that of mocha

const { pool } = workerpool;
workerpool.pool = (script, options) => pool(script, { ...options, workerTerminateTimeout: 120_000 });
