"use strict";

/** With a space between thousands. */
function number(value, digits) {
    const [whole, fraction] = value.toFixed(digits).split(".");
    const spaced = whole.replace(/\B(?=(\d{3})+$)/g, " ");
    return fraction === undefined ? spaced : `${spaced}.${fraction}`;
}

module.exports = { number };
