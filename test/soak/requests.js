"use strict";
// Requests of a peer, its ways to read responses, and its responses to the other end.

const { Answer, Order, Packet } = require("./payloads.js");

const MOST_PACKETS = 12;
const LONGEST_PATIENCE = 40; // ms until an abort

/** Allowed errors of a request, in addition to a closed connection, by the way it is made. */
const FAILURES = { fail: "ERR_REQUEST_FAILED", abort: "ERR_ABORTED", timeout: "ERR_RESPONSE_TIMEOUT" };

/** Makes a request and reads the response completely or in part. */
async function sendRequest(peer, way) {
    const { random } = peer.worker;
    const n = peer.nextNumber();
    const packets = way === "one" || way === "fail" ? 1 : random.between(0, MOST_PACKETS);
    const giveUp = new AbortController();
    const options = { signal: giveUp.signal };
    if (way === "timeout") options.timeout = random.between(1, LONGEST_PATIENCE);
    else if (peer.mangled) options.timeout = 500; // it may never be understood
    const requested = peer.endpoint.request(new Order(peer.key, n, peer.body(), { way, packets }), options);
    const failures = ["ERR_SOCKET_DESTROYED", FAILURES[way]];
    peer.fly(n, requested, failures); // possible before the system has accepted the request
    if (way === "abort") setTimeout(() => giveUp.abort(), random.between(0, LONGEST_PATIENCE));
    const taken = requested.then((stream) => take(peer, stream, { n, way, packets }));
    await peer.attempt(way, taken, failures);
}

async function take(peer, stream, { n, way, packets }) {
    const enough = way === "leave" ? peer.worker.random.between(0, packets) : Infinity;
    let i = 0;
    for await (const { data, type } of stream) {
        peer.worker.counts.received += 1;
        if (peer.mangled) continue;
        i += 1;
        peer.expect(data, type, [way === "one" ? "Answer" : "Packet"]);
        if (data?.n !== n) peer.violate("strayed", `${n} has got the answer to ${data?.n}`);
        if (way !== "one" && data?.i !== i) peer.violate("reordered", `packet ${data?.i} of ${n} as number ${i}`);
        if (i >= enough) return;
    }
    if (peer.mangled) return;
    if (way === "fail") peer.violate("failed", `request ${n} should have failed`);
    if (i < packets) peer.violate("lost", `packets of the answer to ${n}: ${i} of ${packets}`, packets - i);
}

/** Responds to a request. The library handles exceptions: the requester has closed or aborted. */
async function serve(peer, { n, way, packets }, response) {
    if (way === "fail") {
        await peer.track("fail", response.fail(new Error("on purpose")));
    } else if (way === "one") {
        await peer.pause();
        await peer.track("write", response.send(new Answer(peer.key, n, peer.body())));
    } else {
        for (let i = 1; i <= packets; i += 1) {
            await peer.track("write", response.write(new Packet(peer.key, n, peer.body(), { i })));
            if (way !== "stream") await peer.pause(); // so that there is something to abort
        }
        await peer.track("write", response.end());
    }
}

module.exports = { sendRequest, serve };
