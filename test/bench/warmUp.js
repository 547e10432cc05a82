"use strict";

const { now } = require("./Inbox.js");

/**
 * Default duration of the warm-up of both ends in milliseconds. Node compiles hot code during about this time, with
 * pauses on few cores; an earlier measurement would include the compiler.
 */
const WARM_TIME = 2500;

/**
 * Runs both ends until they are warm.
 *
 * @param run - runs a number of operations, and resolves to the time in milliseconds
 * @param count - number of operations at a time
 * @param time - milliseconds
 * @param warmTime - milliseconds of the warm-up
 * @returns the number of operations that take about `time` milliseconds afterwards
 */
async function warmUp(run, count, time, warmTime = WARM_TIME) {
    const end = now() + warmTime;
    let taken;
    do taken = await run(count);
    while (now() < end);
    return Math.ceil((count / taken) * time);
}

module.exports = warmUp;
