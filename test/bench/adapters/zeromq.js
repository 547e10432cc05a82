// zeromq: push and pull, dealer and router, publisher and subscriber. A C++ thread does the work of its sockets.
// It transports bytes, so this file adds JSON; a reply has the number of its call.
"use strict";

const SERVERS = { messages: puller, questions: router, broadcast: publisher };
const CLIENTS = { messages: pusher, questions: dealer, broadcast: subscriber };

module.exports = {
    name: "zeromq",
    title: "zeromq",
    transport: "Unix socket",
    packages: ["zeromq"],
    entries: ["zeromq"],
    lacks: { idle: "does not support thousands of sockets in one process", ping: "has none that can be measured" },

    serve(place, pattern, handlers) {
        return SERVERS[pattern](require("zeromq"), `ipc://${place.path}`, handlers);
    },

    async connect(place, pattern, handlers) {
        return CLIENTS[pattern](require("zeromq"), `ipc://${place.path}`, handlers);
    },
};

/** Reads a socket until it is closed. */
async function read(socket, take) {
    for await (const parts of socket) await take(...parts);
}

function parse(bytes) {
    return JSON.parse(bytes.toString());
}

async function puller(zmq, address, { message }) {
    const socket = new zmq.Pull();
    await socket.bind(address);
    void read(socket, (bytes) => message(parse(bytes)));
    return { connections: () => 1 };
}

function pusher(zmq, address) {
    const socket = new zmq.Push();
    socket.connect(address);
    return {
        serial: true, // a second send before the first has been accepted is an error
        send: (value) => socket.send(JSON.stringify(value)),
    };
}

async function router(zmq, address, { answer }) {
    const socket = new zmq.Router();
    await socket.bind(address);
    void read(socket, (peer, id, bytes) => socket.send([peer, id, JSON.stringify(answer(parse(bytes)))]));
    return {};
}

function dealer(zmq, address) {
    const socket = new zmq.Dealer();
    socket.connect(address);
    const waiting = new Map();
    let last = 0;
    let sent = Promise.resolve();
    void read(socket, (id, bytes) => {
        const key = id.toString();
        const resolve = waiting.get(key);
        waiting.delete(key);
        resolve(parse(bytes));
    });
    return {
        request: (value) =>
            new Promise((resolve, reject) => {
                const id = String(++last);
                waiting.set(id, resolve);
                sent = sent.then(() => socket.send([id, JSON.stringify(value)])).catch(reject);
            }),
    };
}

/** An XPublisher, which unlike a Publisher reports its subscribers. Without limits, because it drops messages above them. */
async function publisher(zmq, address) {
    const socket = new zmq.XPublisher({ sendHighWaterMark: 0, verbosity: "allSubs" });
    await socket.bind(address);
    let subscribers = 0;
    void read(socket, (subscription) => (subscribers += subscription[0] === 1 ? 1 : -1));
    return { serial: true, connections: () => subscribers, sendall: (value) => socket.send(JSON.stringify(value)) };
}

function subscriber(zmq, address, { message }) {
    const socket = new zmq.Subscriber({ receiveHighWaterMark: 0 });
    socket.connect(address);
    socket.subscribe();
    void read(socket, (bytes) => message(parse(bytes)));
    return {};
}
