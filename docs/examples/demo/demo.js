// The demo (npm run demo): a server and two clients, each a process of its own, exchange the packages that the lock file of
// this project lists, first over TCP, then over a Unix socket. In between the server is killed and another takes its place.
// Every sender and every receiver adds up for itself what it has sent or received, and here it is seen whether all agree.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { isDeepStrictEqual } = require("node:util");
const Package = require("./Package.js");
const Program = require("./Program.js");
const Tally = require("./Tally.js");
const { printHeading, printTransfer } = require("./table.js");

const ROUNDS = 10; // how often the server sends all packages to all clients
const TIME_LIMIT = 60; // seconds
const alarm = new AbortController(); // ends all waiting when something goes wrong

/** What everybody should come to who has seen all packages so many times. */
function expected(rounds) {
    const tally = new Tally();
    for (let round = 0; round < rounds; round++) {
        for (const each of Package.all()) tally.add(each, "Package");
    }
    return tally.summary();
}

/** What is wrong with a transfer: a line for the sender, a line for the receiver, or nothing. */
function faults({ from, to, sent, arrived }, rounds) {
    const right = expected(rounds);
    return Object.entries({ sent, arrived }).flatMap(([what, tally]) => {
        const wrong = Object.keys(right).filter((key) => !isDeepStrictEqual(tally[key], right[key]));
        if (wrong.length === 0) return [];
        const details = wrong.map((key) => `${key} ${JSON.stringify(tally[key])}, not ${JSON.stringify(right[key])}`);
        return [`${from} → ${to}, what ${what}: ${details.join("; ")}`];
    });
}

/** Each client sends all packages to the server; then the server sends them back to both, `rounds` times. */
async function exchange(server, clients, rounds) {
    const uploads = (await Promise.all(clients.map((client) => client.transfer(1)))).flat();
    const downloads = await server.transfer(rounds);
    for (const transfer of [...uploads, ...downloads]) printTransfer(transfer);

    const wrong = [
        ...uploads.flatMap((transfer) => faults(transfer, 1)),
        ...downloads.flatMap((transfer) => faults(transfer, rounds)),
    ];
    if (downloads.length !== clients.length) wrong.push(`The server has sent to ${downloads.length} clients`);
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
}

/** Kills the server and starts another in its place. The clients have to come back by themselves. */
async function replace(server, clients, place) {
    const reports = (event) => Promise.all(clients.map((client) => client.report(event)));

    const start = performance.now();
    const [noticed] = await Promise.all([reports("disconnect").then(() => performance.now() - start), server.kill()]);
    console.log(`  The server is killed: after ${noticed.toFixed()} ms both clients have noticed`);

    const successor = new Program(alarm, "The second server", "server.js", JSON.stringify(place));
    const [outages] = await Promise.all([reports("connect"), successor.report("listening")]);
    const times = outages.map((time) => `${time.toFixed()} ms`).join(" and ");
    console.log(`  Another takes its place: the clients have reconnected, after ${times} without a server`);
    return successor;
}

async function show(title, wanted) {
    printHeading(title);
    let server = new Program(alarm, "The server", "server.js", JSON.stringify(wanted));
    const place = await server.report("listening");
    const clients = ["client 1", "client 2"].map((name) => {
        return new Program(alarm, name, "client.js", JSON.stringify(place), name);
    });
    await Promise.all(clients.map((client) => client.report("connect")));

    await exchange(server, clients, ROUNDS);
    server = await replace(server, clients, place);
    await exchange(server, clients, 1);

    await Promise.all(clients.map((client) => client.stop()));
    await server.stop();
    if (place.path && fs.existsSync(place.path)) throw new Error("The server has left its socket file behind");
}

async function main() {
    const late = () => alarm.abort(new Error(`This takes more than ${TIME_LIMIT} s`));
    setTimeout(late, TIME_LIMIT * 1000).unref();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
        process.once(signal, () => alarm.abort(new Error(`Interrupted by ${signal}`)));
    }
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "sockhop-demo-"));
    try {
        console.log(`${Package.all().length} packages, one server, two clients, Node ${process.version}`);
        await show("TCP", { port: 0 });
        await show("Unix socket", { path: path.join(directory, "demo.sock") });
        alarm.signal.throwIfAborted();
        console.log("\nAll counts, types and checksums agree.");
        process.exitCode = 0;
    } catch (error) {
        // What fails because a child has ended may be known before that is.
        await new Promise((resolve) => setTimeout(resolve, 100));
        console.error(`\nThe demo has failed.\n${(alarm.signal.reason ?? error).message}`);
    } finally {
        await Program.killAll();
        fs.rmSync(directory, { recursive: true });
    }
}

process.exitCode = 1; // unless all is well
main();
