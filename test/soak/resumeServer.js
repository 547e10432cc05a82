"use strict";
// A process with a server whose connections are resumed: { name, seed, place }.

const Sockhop = require("sockhop");
const ResumePeer = require("./ResumePeer.js");
const Worker = require("./Worker.js");

const peers = new Map();

const worker = new Worker({
    destroy() {
        const { sockets } = server;
        if (sockets.length > 0) worker.random.pick(sockets).destroy();
    },
    finish: () => Promise.all(Array.from(peers.values(), (peer) => peer.stop())),
    accounts: () => Array.from(peers.values(), ({ account }) => account),
    stats: () => server.stats,
    stop() {
        worker.stopping = true;
        return server.close();
    },
});

const server = new Sockhop.server({ ...worker.config.place, codec: "binary", resume: true });
// Begins when its client does: the greeting of a client that resumes can be so late that the server starts a session in vain.
function peerOf(session) {
    let peer = peers.get(session);
    if (!peer) {
        peer = new ResumePeer(worker, `session ${peers.size + 1}`, session);
        peers.set(session, peer);
        peer.start();
    }
    return peer;
}

server.on("disconnect", (_socket, session, { code, error }) => {
    if (!peers.has(session)) worker.counts.refused += 1;
    else if (!worker.stopping && code !== "PEER_ENDED") worker.violate("events", `disconnect: ${code} ${error?.stack}`);
});
server.on("receive", (value, { session, callback }) => {
    peerOf(session).take(value);
    callback?.(value.n);
});
server.on("request", ({ data }, response, { session }) => {
    peerOf(session).take(data);
    return response.send(data.n);
});
server.on("error", (error) => worker.violate("failed", error.stack));
server.listen().then(() => worker.tell("ready"));
