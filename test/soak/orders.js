"use strict";
// Requests: how a line makes them, takes their answers in several ways, and answers those of the other end.

const { Answer, Order, Packet } = require("./parcels.js");

const MOST_PACKETS = 12;
const LONGEST_PATIENCE = 40; // ms, of those who give up

/** How a request may fail, besides by the end of its connection, when it is made in one of these ways. */
const FAILURES = { fail: "ERR_REQUEST_FAILED", abort: "ERR_ABORTED", timeout: "ERR_RESPONSE_TIMEOUT" };

/** Makes a request and takes the answer to it, or a part of that. */
async function order(line, way) {
    const { random } = line.station;
    const n = line.nextNumber();
    const packets = way === "one" || way === "fail" ? 1 : random.between(0, MOST_PACKETS);
    const giveUp = new AbortController();
    const options = { signal: giveUp.signal };
    if (way === "timeout") options.timeout = random.between(1, LONGEST_PATIENCE);
    else if (line.mangled) options.timeout = 500; // it may never be understood
    const requested = line.peer.request(new Order(line.key, n, line.body(), { way, packets }), options);
    const failures = ["ERR_SOCKET_DESTROYED", FAILURES[way]];
    line.fly(n, requested, failures); // which it may do before the system has taken it
    if (way === "abort") setTimeout(() => giveUp.abort(), random.between(0, LONGEST_PATIENCE));
    const taken = requested.then((stream) => take(line, stream, { n, way, packets }));
    await line.attempt(way, taken, failures);
}

async function take(line, stream, { n, way, packets }) {
    const enough = way === "leave" ? line.station.random.between(0, packets) : Infinity;
    let i = 0;
    for await (const { data, type } of stream) {
        line.station.counts.received += 1;
        if (line.mangled) continue;
        i += 1;
        line.expect(data, type, [way === "one" ? "Answer" : "Packet"]);
        if (data?.n !== n) line.violate("strayed", `${n} has got the answer to ${data?.n}`);
        if (way !== "one" && data?.i !== i) line.violate("reordered", `packet ${data?.i} of ${n} as number ${i}`);
        if (i >= enough) return;
    }
    if (line.mangled) return;
    if (way === "fail") line.violate("failed", `request ${n} should have failed`);
    if (i < packets) line.violate("lost", `packets of the answer to ${n}: ${i} of ${packets}`, packets - i);
}

/** Answers a request. Exceptions are left to the library: they say that the requester has gone or has given up. */
async function serve(line, { n, way, packets }, response) {
    if (way === "fail") {
        await line.track("fail", response.fail(new Error("on purpose")));
    } else if (way === "one") {
        await line.pause();
        await line.track("write", response.send(new Answer(line.key, n, line.body())));
    } else {
        for (let i = 1; i <= packets; i += 1) {
            await line.track("write", response.write(new Packet(line.key, n, line.body(), { i })));
            if (way !== "stream") await line.pause(); // there must be something to give up
        }
        await line.track("write", response.end());
    }
}

module.exports = { order, serve };
