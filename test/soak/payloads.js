"use strict";
// Messages of the soak test: values of all sizes, each with its number and a checksum.

const { createHash } = require("node:crypto");
const Random = require("./Random.js");

const KIB = 1024;
const ALPHABETS = ["abcdefghijklmnopqrstuvwxyz 0123456789", '"\\\n\r\t\0\u2028', "éüßñ", "→日本語", "😀🧦"].map(
    (letters) => Array.from(letters),
);
/** Text for message bodies, cut at any position: a split surrogate pair must arrive as well. */
const TEXT = text(new Random("text"), 256 * KIB);

/** The first message of a client on each connection. */
class Hello {
    constructor(key) {
        this.key = key;
    }
}

/** A value with its number. `key` is its connection, if the sender knows it. */
class Payload {
    constructor(key, n, body, more) {
        Object.assign(this, { key, n, body }, more);
        this.sum = checksum(this);
    }
}

/** A message with a callback. */
class Question extends Payload {}
/** The reply to a call, or the response to a request for one value, with its number. */
class Answer extends Payload {}
/** A request. `way` is the kind of response, `packets` the number of its packets. */
class Order extends Payload {}
/** One packet of a response; `i` is its index. */
class Packet extends Payload {}
/** A broadcast. */
class Broadcast extends Payload {}
/** A message that may be queued in the client. */
class Note extends Payload {}

function checksum(parcel) {
    const json = JSON.stringify({ ...parcel, sum: undefined }); // which omits it
    return createHash("sha1").update(json).digest("base64");
}

/** True if the value is unchanged. */
function isIntact(parcel) {
    return typeof parcel === "object" && parcel !== null && parcel.sum === checksum(parcel);
}

function text(random, length) {
    let result = "";
    while (result.length < length) result += random.pick(random.pick(ALPHABETS));
    return result;
}

/** A piece of text, up to a few MB of UTF-8. */
function cut(random, length) {
    const from = random.between(0, TEXT.length - 1);
    return TEXT.repeat(Math.ceil((from + length) / TEXT.length)).slice(from, from + length);
}

/** Most are small, because most messages are; some are much larger than all buffers on the way. */
const LENGTHS = {
    tiny: [0, 40],
    small: [41, 2 * KIB],
    medium: [2 * KIB, 64 * KIB],
    large: [64 * KIB, 256 * KIB],
    huge: [256 * KIB, 1536 * KIB], // up to three times that in UTF-8
};
const ODDITIES = [
    null,
    true,
    false,
    0,
    -0.5,
    1e300,
    "",
    [],
    {},
    [[[]]],
    { "": { "": "" } },
    "\n",
    "\uD83D",
    "__proto__",
];

function body(random) {
    const size = random.weighted({ odd: 10, tiny: 50, small: 35, medium: 4, large: 0.6, huge: 0.15 });
    if (size === "odd") return random.pick(ODDITIES);
    const words = cut(random, random.between(...LENGTHS[size]));
    switch (random.between(1, 4)) {
        case 1:
            return { words, more: { at: [random.next(), random.between(-9, 9)], none: null } };
        case 2:
            return words.match(/[^]{1,100}/g) ?? [];
        default:
            return words;
    }
}

/** A value that is usually larger than the system buffers. */
function largeBody(random) {
    return cut(random, random.between(...LENGTHS[random.pick(["large", "huge"])]));
}

/** A small value, for bursts. */
function smallBody(random) {
    return cut(random, random.between(...LENGTHS.tiny));
}

module.exports = {
    Answer,
    Broadcast,
    Hello,
    Note,
    Order,
    Packet,
    Payload,
    Question,
    body,
    isIntact,
    largeBody,
    smallBody,
};
