// The frames of sockhop (docs/protocol.md), written without envelope objects, and read without parsing if they look as
// sockhop writes them. A part that parses as JSON proves the guess; otherwise the whole line is parsed.
"use strict";

const { randomUUID } = require("node:crypto");

const UUID = 36;
const QUOTE = 0x22;
const heads = new Map();

/** An id that looks like a UUID, and differs from previous ones in the first digits. */
const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));
const TAIL = Buffer.from(randomUUID().slice(4)).toString("latin1"); // a flat string
let ids = 0;
const id = () => HEX[ids++ & 0xff] + HEX[(ids >> 8) & 0xff] + TAIL;

/** Start of the envelope of a value; one for each class. */
function head(value) {
    const { name } = value.constructor;
    let text = heads.get(name);
    if (text === undefined) heads.set(name, (text = `{"type":${JSON.stringify(name)},"data":`));
    return text;
}

const HEAD = head({});
const ID = `,"id":"`;
const CALLBACK_ID = `,"callback_id":"`;

/** Text of a request and its response around the UUID and the value. */
const REQUEST = inner(`{"type":"SockhopRequest","data":{"uuid":"`, `","data":`, `,"type":"Object","errors":true}}`);
const PACKET = inner(`{"type":"SockhopResponsePacket","data":{"uuid":"`, `","type":"Object","data":`, `,"last":true}}`);

/** Regular expressions find long texts faster than startsWith(), and short ones slower. */
function inner(head, middle, tail) {
    return { head, middle, tail, atHead: sticky(head), atTail: sticky(tail) };
}

function sticky(text) {
    return new RegExp(text.replace(/[{}]/g, "\\$&"), "y");
}

function isAt(pattern, text, at) {
    pattern.lastIndex = at;
    return pattern.test(text);
}

const message = (value) => head(value) + JSON.stringify(value) + "}\n";
const question = (value, id) => head(value) + JSON.stringify(value) + ID + id + `"}\n`;
const answer = (value, id) => head(value) + JSON.stringify(value) + CALLBACK_ID + id + `"}\n`;
const request = (value, id) => around(value, id, REQUEST);
const packet = (value, id) => around(value, id, PACKET);
const around = (value, id, { head, middle, tail }) => head + id + middle + JSON.stringify(value) + tail + "\n";

/**
 * Reads the line from `start` to `end`.
 *
 * @param handlers - `message`, `question`, `answer`, `request` and `packet`, by the kind of line
 * @param peer - their last argument
 */
function read(text, start, end, handlers, peer) {
    const known = readKnown(text, start, end, handlers, peer);
    if (!known) readSlowly(JSON.parse(text.slice(start, end)), handlers, peer);
}

/** @returns true if the guess was right */
function readKnown(text, start, end, handlers, peer) {
    // After {"type":" follows Object","data": or SockhopRequest or SockhopResponsePacket.
    switch (text[start + 18]) {
        case "d":
            return text.startsWith(HEAD, start) && readMessage(text, start, end, handlers, peer);
        case "q":
            return isAt(REQUEST.atHead, text, start) && readInner(text, start, end, REQUEST, handlers.request, peer);
        case "s":
            return isAt(PACKET.atHead, text, start) && readInner(text, start, end, PACKET, handlers.packet, peer);
        default:
            return false;
    }
}

/** Result of {@link parse} for invalid JSON. */
const NONE = Symbol("none");

function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return NONE;
    }
}

function readMessage(text, start, end, { message, question, answer }, peer) {
    const from = start + HEAD.length;
    const idAt = end - 2 - UUID;
    let to = end - 1;
    let handler = message;
    if (text.charCodeAt(end - 2) === QUOTE) {
        if (text.startsWith(CALLBACK_ID, idAt - CALLBACK_ID.length)) {
            to = idAt - CALLBACK_ID.length;
            handler = answer;
        } else if (text.startsWith(ID, idAt - ID.length)) {
            to = idAt - ID.length;
            handler = question;
        }
    }
    const value = parse(text.slice(from, to));
    if (value === NONE) return false;
    if (handler === message) message(value);
    else handler(value, text.slice(idAt, end - 2), peer);
    return true;
}

function readInner(text, start, end, { head, middle, tail, atTail }, handler, peer) {
    const idAt = start + head.length;
    const to = end - tail.length;
    if (!isAt(atTail, text, to)) return false;
    const value = parse(text.slice(idAt + UUID + middle.length, to));
    if (value === NONE) return false;
    handler(value, text.slice(idAt, idAt + UUID), peer);
    return true;
}

function readSlowly({ type, data, id, callback_id }, handlers, peer) {
    if (type === "SockhopRequest") handlers.request(data.data, data.uuid, peer);
    else if (type === "SockhopResponsePacket") handlers.packet(data.data, data.uuid, peer);
    else if (callback_id) handlers.answer(data, callback_id, peer);
    else if (id) handlers.question(data, id, peer);
    else handlers.message(data);
}

module.exports = { id, message, question, answer, request, packet, read };
