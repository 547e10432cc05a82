"use strict";
// Frames of a peer that no sockhop sends.

const assert = require("node:assert/strict");
const { LAST, frame, message, next, rawClient, rawServer, recorded, untilLast } = require("./tools");

/** A reply without a call. */
function answer(callback_id) {
    return frame({ type: "String", data: "x", callback_id });
}

/**
 * Two scenarios, one for a server and one for a client: a peer sends some bytes and then a message. The user receives
 * only the message, and an error event for each bad frame.
 *
 * @param title - of the scenarios; END stands for "server" or "client"
 * @param options - `badFrames`: number of error events; `unheard`: no error listener; `pinging`: the
 * end pings, and the bytes arrive after its first ping
 */
function atBothEnds(key, title, outcome, bytes, { badFrames = 0, unheard = false, pinging = false } = {}) {
    async function send(peer) {
        if (pinging) await next(peer, "data");
        peer.write(bytes + LAST);
    }

    async function survives(end, start) {
        const errors = unheard ? [] : recorded(end, "error");
        const values = untilLast(end);
        await start();
        if (pinging) end.ping(50);
        assert.deepEqual(await values, []);
        assert.deepEqual(
            errors.map(([error]) => error.code),
            Array(badFrames).fill("ERR_OBJECTBUFFER_BAD_BUFFER_DATA"),
        );
    }

    return {
        [`${key}-server`]: {
            title: title.replace("END", "server"),
            outcome,
            async run({ listening }) {
                const server = await listening();
                await survives(server, async () => void send(await rawClient(server)));
            },
        },
        [`${key}-client`]: {
            title: title.replace("END", "client"),
            outcome,
            async run({ clientOf }) {
                const client = clientOf(await rawServer(send));
                await survives(client, () => client.connect());
            },
        },
    };
}

module.exports = {
    ...atBothEnds("null-kills", "The frame null kills a END", "crashed", "null\n", { badFrames: 1 }),
    ...atBothEnds("unasked-answer-kills", "An answer that nobody has asked for kills a END", "crashed", answer("nope")),
    ...atBothEnds(
        "inherited-name-as-id-kills",
        "An answer with the name of something that every object inherits for an id kills a END",
        "crashed",
        ["constructor", "toString", "__proto__", "__defineGetter__"].map(answer).join(""),
    ),
    ...atBothEnds("null-ping-kills", "A ping without contents kills a END", "crashed", message(null, "SockhopPing")),
    ...atBothEnds(
        "null-pong-kills",
        "A pong without contents kills a END that pings",
        "crashed",
        message(null, "SockhopPong"),
        {
            pinging: true,
        },
    ),
    ...atBothEnds(
        "garbage-kills",
        "A line that is not JSON kills a END that does not listen to errors",
        "crashed",
        "GET /\n",
        { unheard: true },
    ),
    ...atBothEnds(
        "primitive-is-received",
        "JSON that is no envelope reaches the user of a END as undefined",
        "misbehaved",
        "5\n",
        {
            badFrames: 1,
        },
    ),
};
