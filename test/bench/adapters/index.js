// All implementations. Each is one file with the same two functions, so that a workload is written once:
//
// serve(place, pattern, { message, answer })
//     Listens at `place.path`, or elsewhere, and then resolves with that `place`. Calls `message(value)` for each
//     message, and replies to each call with the result of `answer(value)`. Resolves to an object with
//       connections()     number of clients
//       sendall(value)    broadcasts a value
//       ping(ms)          if it has pings
//       serial            true if each `sendall` must be awaited before the next
//       members()         number of servers that share their broadcasts, or its promise: those in cluster.js
//       onMissed(handler) calls it with the number of lost messages, if the implementation reports them
//
// connect(place, pattern, { message })
//     Resolves to an object with
//       send(value)             sends a message
//       deliver(value)          the same, resolves when the system has it; if send returns something else
//       call(value, callback)   calls with a callback for the reply
//       request(value)          calls, and resolves to the reply
//       serial                  true if each `send` must be awaited before the next
//     If only one of call and request exists, the other is made from it.
//
// Both may have pace(), which resolves when more can be sent. By default it returns the result of the last send.
//
// `pattern` is the kind of traffic, for implementations with a socket type for each: "messages", "questions" or "broadcast".
// `packages` are its packages in package.json; `byHand` is true for a program that uses them and is not a library for
// messages itself; `folder` is that of this package, for the adapters of this version; `entries` the modules that a user requires (`module`: imports); `lacks`
// is the reason why it is excluded from a workload that needs a missing feature; `only` has the names of its workloads, if
// others would show nothing new. Those in cluster.js have the `family`
// "cluster", as the workloads in which they take part; `engine` is what joins their servers, and `serve` gets its `url`.
"use strict";

const adapters = [
    ...require("./sockhop.js"),
    require("./limit.js"),
    require("./naive.js"),
    ...require("./frames.js"),
    require("./node-ipc.js"),
    require("./socket.io.js"),
    require("./zeromq.js"),
    require("./vscode-jsonrpc.js"),
    require("./axon.js"),
    require("./bare.js"),
];

const clusterAdapters = require("./cluster.js");

const byName = new Map([...adapters, ...clusterAdapters].map((adapter) => [adapter.name, adapter]));

/** Called for unexpected values. */
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

/** A client with both kinds of calls. */
async function connect(adapter, place, pattern, handlers) {
    const client = await adapter.connect(place, pattern, { ...unexpected, ...handlers });
    const { call, request } = client;
    client.deliver ??= client.send;
    client.request ??= (value) => new Promise((resolve) => call(value, resolve));
    client.call ??= (value, callback) => void request(value).then(callback);
    return client;
}

module.exports = { adapters, clusterAdapters, byName, serve, connect };
