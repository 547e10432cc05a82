// Messages of the workloads, and the check of received ones.
"use strict";

/** The number of the first message. All numbers have the same number of digits, so that all messages have the same length. */
const FIRST = 1_000_000;

/** One of this number of messages is compared in full; of the others only the number. */
const IN_FULL = 256;

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789 ";

/** A constant text of this length. */
function text(length) {
    let written = "";
    while (written.length < length) written += LETTERS[(written.length * 7 + (written.length >> 5)) % LETTERS.length];
    return written;
}

/** Text that makes the JSON of a message `size` bytes long. */
function filling(size, shape) {
    return text(size - JSON.stringify(shape(FIRST, "")).length);
}

function smallShape(n, filler) {
    return { n, name: "Widget", color: "red", size: [12, 34.5], ok: true, text: filler };
}

function largeShape(n, filler) {
    return {
        n,
        name: "Widget",
        tags: ["red", "round", "rare"],
        parts: [part(1), part(2), part(3), part(4), part(5), part(6)],
        shipped: null,
        ok: true,
        text: filler,
    };
}

function part(id) {
    return { id, name: "the part with that number", price: 12.75, count: 100 + id, at: [id, -0.5, 1e6] };
}

const SMALL_TEXT = filling(100, smallShape);
const LARGE_TEXT = filling(1000, largeShape);

/** Message number `n`, 100 bytes as JSON. */
function small(n) {
    return smallShape(FIRST + n, SMALL_TEXT);
}

/** Message number `n`, 1000 bytes as JSON: nested values of several types. */
function large(n) {
    return largeShape(FIRST + n, LARGE_TEXT);
}

/** Throws unless `value` is message number `n` of `make`. */
function check(make, n, value) {
    if (value?.n !== FIRST + n) throw new Error(`message ${value?.n} came instead of ${FIRST + n}`);
    if (n % IN_FULL === 0 && JSON.stringify(value) !== JSON.stringify(make(n))) {
        throw new Error(`message ${n} was changed on its way`);
    }
}

/** The number of a message, for the reply to it. */
function numberOf(value) {
    return value.n - FIRST;
}

module.exports = { small, large, text, check, numberOf };
