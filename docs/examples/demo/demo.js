// The demo (npm run demo): a server and two clients, each in its own process, exchange the packages of the lock file of this
// project, first over TCP, then over a Unix domain socket. In between the server is killed and replaced. Each process counts
// the messages that it sends and receives, and this program compares the counts.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { isDeepStrictEqual } = require("node:util");
const Package = require("./Package.js");
const Program = require("./Program.js");
const Tally = require("./Tally.js");
const { printHeading, printTransfer } = require("./table.js");

const ROUNDS = 10; // number of times that the server sends all packages
const TIME_LIMIT = 60; // seconds
const alarm = new AbortController(); // aborts all waits after a failure

/** Returns the expected tally for all packages, `rounds` times. */
function expected(rounds) {
    const tally = new Tally();
    for (let round = 0; round < rounds; round++) {
        for (const each of Package.all()) tally.add(each, "Package");
    }
    return tally.summary();
}

/** Returns the differences of a transfer: a line for the sender, a line for the receiver, or none. */
function faults({ from, to, sent, arrived }, rounds) {
    const right = expected(rounds);
    return Object.entries({ sent, arrived }).flatMap(([what, tally]) => {
        const wrong = Object.keys(right).filter((key) => !isDeepStrictEqual(tally[key], right[key]));
        if (wrong.length === 0) return [];
        const details = wrong.map((key) => `${key} ${JSON.stringify(tally[key])}, not ${JSON.stringify(right[key])}`);
        return [`${from} → ${to}, ${what}: ${details.join("; ")}`];
    });
}

/** Each client sends all packages to the server. Then the server sends them to both clients, `rounds` times. */
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

/** Kills the server and starts another one at the same address. The clients reconnect automatically. */
async function replace(server, clients, address) {
    const reports = (event) => Promise.all(clients.map((client) => client.report(event)));

    const start = performance.now();
    const [noticed] = await Promise.all([reports("disconnect").then(() => performance.now() - start), server.kill()]);
    console.log(`  The server is killed: both clients are disconnected after ${noticed.toFixed()} ms`);

    const successor = new Program(alarm, "The second server", "server.js", JSON.stringify(address));
    const [outages] = await Promise.all([reports("connect"), successor.report("listening")]);
    const times = outages.map((time) => `${time.toFixed()} ms`).join(" and ");
    console.log(`  A second server listens: the clients have reconnected after ${times}`);
    return successor;
}

async function show(title, wanted) {
    printHeading(title);
    let server = new Program(alarm, "The server", "server.js", JSON.stringify(wanted));
    const address = await server.report("listening");
    const clients = ["client 1", "client 2"].map((name) => {
        return new Program(alarm, name, "client.js", JSON.stringify(address), name);
    });
    await Promise.all(clients.map((client) => client.report("connect")));

    await exchange(server, clients, ROUNDS);
    server = await replace(server, clients, address);
    await exchange(server, clients, 1);

    await Promise.all(clients.map((client) => client.stop()));
    await server.stop();
    if (address.path && fs.existsSync(address.path)) throw new Error("The server has left its socket file behind");
}

async function main() {
    const late = () => alarm.abort(new Error(`The demo needs more than ${TIME_LIMIT} s`));
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
        // A failure that follows from the exit of a child can arrive before the exit itself.
        await new Promise((resolve) => setTimeout(resolve, 100));
        console.error(`\nThe demo has failed.\n${(alarm.signal.reason ?? error).message}`);
    } finally {
        await Program.killAll();
        fs.rmSync(directory, { recursive: true });
    }
}

process.exitCode = 1; // until all counts agree
main();
