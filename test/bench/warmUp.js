"use strict";

const { now } = require("./Inbox.js");

/**
 * How long both ends work before they are measured, in milliseconds. Node compiles what works for about so long, with
 * pauses on these few cores; who measures before that measures the compiler.
 */
const WARM_TIME = 2500;

/**
 * Has both ends work until they are warm.
 *
 * @param run - does so many of what is measured, and resolves to the time it took, in milliseconds
 * @param count - how many at a time
 * @returns how many take about `time` milliseconds then
 */
async function warmUp(run, count, time) {
    const end = now() + WARM_TIME;
    let taken;
    do taken = await run(count);
    while (now() < end);
    return Math.ceil((count / taken) * time);
}

module.exports = warmUp;
