"use strict";
// Calls and their callbacks.

const assert = require("node:assert/strict");
const {
    LAST,
    collectable,
    frame,
    frames,
    next,
    rawClient,
    rawServer,
    survivingExceptions,
    untilLast,
} = require("./tools");

const QUESTION = frame({ type: "String", data: "?", id: "q" });

function answer(callback_id, data) {
    return frame({ type: "String", data, callback_id });
}

/** A plain server that passes each connection's socket and the id of its first call to `onQuestion`. */
function interrogated(onQuestion) {
    return rawServer(async (socket) => {
        const { id } = await frames(socket)();
        onQuestion(socket, id);
    });
}

/** Makes some calls, and returns references to their pending callbacks. */
async function ask(send) {
    const callbacks = Array.from({ length: 5 }, () => () => undefined);
    await Promise.allSettled(callbacks.map(send));
    return callbacks.map((callback) => new WeakRef(callback));
}

/** The arguments of the callback if `end` replies with these arguments. */
async function answered(end, send, ...values) {
    const received = next(end, "receive");
    const answer = new Promise((resolve) => void send(resolve));
    const [, { callback }] = await received;
    callback(...values);
    return answer;
}

module.exports = {
    "second-answer-kills": {
        title: "A peer that answers a question twice kills the process that asked",
        outcome: "crashed",
        async run({ clientOf }) {
            const server = await interrogated((socket, id) => socket.write(answer(id, 1) + answer(id, 2) + LAST));
            const client = clientOf(server);
            await client.connect();
            const values = untilLast(client);
            const answers = [];
            void client.send("?", (value) => answers.push(value));
            assert.deepEqual([await values, answers], [[], [1]]);
        },
    },

    "second-answer-is-sent": {
        title: "A handler that answers twice kills the process that asked",
        outcome: "misbehaved",
        async run({ listening }) {
            const server = await listening();
            server.on("receive", (_, { callback, socket }) => {
                callback(1);
                callback(2);
                void server.send(socket, "last");
            });
            const peer = await rawClient(server);
            const nextFrame = frames(peer);
            peer.write(QUESTION);
            assert.deepEqual(await nextFrame(), { type: "Number", data: 1, callback_id: "q" });
            assert.deepEqual(await nextFrame(), { type: "String", data: "last" });
        },
    },

    "client-keeps-callbacks": {
        title: "A client holds on to callbacks that wait for an answer after it was disconnected",
        outcome: "misbehaved",
        async run({ pair }) {
            const { client } = await pair();
            const callbacks = await ask((callback) => client.send("?", callback));
            await client.disconnect();
            assert.equal(await collectable(callbacks), true);
            assert(!client.connected); // and the client is still referenced
        },
    },

    "server-keeps-callbacks": {
        title: "A server holds on to callbacks that wait for an answer after the client has left",
        outcome: "misbehaved",
        async run({ pair }) {
            const { server, client, socket } = await pair();
            const callbacks = await ask((callback) => server.send(socket, "?", callback));
            await Promise.all([next(server, "disconnect"), client.disconnect()]);
            assert.equal(await collectable(callbacks), true);
            assert.deepEqual(server.sockets, []);
        },
    },

    "refused-message-keeps-callback": {
        title: "A callback is held on to although its message was refused",
        outcome: "misbehaved",
        async run({ pair }) {
            const { client } = await pair();
            await client.disconnect();
            assert.equal(await collectable(await ask((callback) => client.send("?", callback))), true);
            assert(!client.connected);
        },
    },

    "throwing-callback-stays": {
        title: "A callback that throws is called again for a second answer",
        outcome: "misbehaved",
        async run({ clientOf }) {
            const exceptions = survivingExceptions();
            const thrown = next(process, "uncaughtException");
            const server = await interrogated(async (socket, id) => {
                socket.write(answer(id, 1));
                await thrown;
                socket.write(answer(id, 2) + LAST);
            });
            const client = clientOf(server);
            await client.connect();
            const values = untilLast(client);
            const answers = [];
            void client.send("?", (value) => {
                answers.push(value);
                if (value === 1) throw new Error("mine");
            });
            await values;
            assert.deepEqual(answers, [1]);
            assert.deepEqual(
                exceptions.map(([error]) => error.message),
                ["mine"],
            );
        },
    },

    "another-client-can-answer": {
        title: "A client can answer a question that the server has put to another client",
        outcome: "misbehaved",
        async run({ listening }) {
            const server = await listening();
            const announced = next(server, "connect");
            const asked = await rawClient(server);
            const [socket] = await announced;
            const thief = await rawClient(server);
            const question = frames(asked)();
            const answers = [];
            void server.send(socket, "?", (value) => answers.push(value));
            const { id } = await question;

            const forged = untilLast(server);
            thief.write(answer(id, "forged") + LAST);
            await forged;
            assert.deepEqual(answers, []);

            const real = untilLast(server);
            asked.write(answer(id, "real") + LAST);
            await real;
            assert.deepEqual(answers, ["real"]);
        },
    },

    "answer-after-disconnect-is-a-type-error": {
        title: "Answering after the client was disconnected throws a TypeError",
        outcome: "threw",
        async run({ pair }) {
            const { server, client, socket } = await pair();
            const received = next(client, "receive");
            void server.send(socket, "?", () => undefined);
            const [, { callback }] = await received;
            void client.disconnect();
            callback(1);
        },
    },

    "client-cannot-answer-nothing": {
        title: "A client cannot answer without a value",
        outcome: "threw",
        async run({ pair }) {
            const { server, client, socket } = await pair();
            assert.deepEqual(await answered(client, (callback) => server.send(socket, "?", callback)), {});
        },
    },

    "client-cannot-answer-null": {
        title: "A client cannot answer with null",
        outcome: "threw",
        async run({ pair }) {
            const { server, client, socket } = await pair();
            assert.equal(await answered(client, (callback) => server.send(socket, "?", callback), null), null);
        },
    },

    "server-cannot-answer-null": {
        title: "A server cannot answer with null",
        outcome: "threw",
        async run({ pair }) {
            const { server, client } = await pair();
            assert.equal(await answered(server, (callback) => client.send("?", callback), null), null);
        },
    },
};
