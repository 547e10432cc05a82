// How implementations take turns.
"use strict";

/** A hanging implementation loses the round, but does not end the run: `null` then. A wrong result ends the run. */
async function patiently(work) {
    try {
        return await work();
    } catch (error) {
        if (error.code !== "STALLED") throw error;
        console.error(error.message);
        return null;
    }
}

/** Number of measurements per round, if all can run at the same time. */
const TURNS = 3;

/** The same order, starting with another one each time, so that none always follows the same. */
function rotated(list, by) {
    const at = by % list.length;
    return [...list.slice(at), ...list.slice(0, at)];
}

module.exports = { TURNS, patiently, rotated };
