// All that takes part. Each is one file with the same two doors, so that a workload is written once:
//
// serve(place, pattern, { message, answer })
//     Listens at `place.path`, or elsewhere and says so by `place` in what it resolves to. Calls `message(value)` for each
//     message, and sends back what `answer(value)` returns to each question. Resolves to an object with
//       connections()     how many clients there are
//       sendall(value)    to all of them
//       ping(ms)          where it has pings
//       serial            true when each `sendall` must be awaited before the next
//
// connect(place, pattern, { message })
//     Resolves to an object with
//       send(value)             a message
//       deliver(value)          the same, and a promise of when the system has it; where that is not what send returns
//       call(value, callback)   a question, and what is called with the answer
//       request(value)          a question; a promise of the answer
//       serial                  true when each `send` must be awaited before the next
//     With only one of call and request, the other is made from it.
//
// Either may have pace(), which resolves when more had better be sent. Without it that is what the last send has returned.
//
// `pattern` is what will happen, for those that have a kind of socket for each: "messages", "questions" or "broadcast".
// `packages` are those of package.json that it is made of; `entries` what a user requires (`module`: imports); `lacks`
// says why it is left out of a workload that needs a thing it does not have.
"use strict";

const adapters = [
    ...require("./sockhop.js"),
    require("./limit.js"),
    require("./naive.js"),
    require("./node-ipc.js"),
    require("./socket.io.js"),
    require("./zeromq.js"),
    require("./vscode-jsonrpc.js"),
    require("./axon.js"),
    require("./bare.js"),
];

const byName = new Map(adapters.map((adapter) => [adapter.name, adapter]));

/** What is called for what should not have come. */
const unexpected = {
    message(value) {
        throw new Error(`a message came that nobody has sent: ${JSON.stringify(value)}`);
    },
    answer(value) {
        throw new Error(`a question came that nobody has asked: ${JSON.stringify(value)}`);
    },
};

function serve(adapter, place, pattern, handlers, options) {
    return adapter.serve(place, pattern, { ...unexpected, ...handlers }, options);
}

/** A client of which both ways to ask can be used. */
async function connect(adapter, place, pattern, handlers) {
    const client = await adapter.connect(place, pattern, { ...unexpected, ...handlers });
    const { call, request } = client;
    client.deliver ??= client.send;
    client.request ??= (value) => new Promise((resolve) => call(value, resolve));
    client.call ??= (value, callback) => void request(value).then(callback);
    return client;
}

module.exports = { adapters, byName, serve, connect };
