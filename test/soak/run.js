"use strict";
// Soak test (npm run soak): servers and clients in separate processes exchange messages over TCP and Unix sockets, while
// they are killed, stopped and disconnected; some of them connect through proxies. All messages have a number and a
// checksum. At the end the driver prints a table of figures; the exit code is 0 if there were no violations.
//
//     node test/soak/run.js [--minutes 10] [--seed n] [--only resume|cluster]
//
// With `--only resume` the connections are resumed: see resume.js. With `--only cluster` the servers are joined: see
// cluster.js.

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { setTimeout: sleep } = require("node:timers/promises");
const { parseArgs } = require("node:util");
const ResourceSnapshots = require("./ResourceSnapshots.js");
const Faults = require("./Faults.js");
const DeliveryLog = require("./DeliveryLog.js");
const Program = require("./Program.js");
const Random = require("./Random.js");
const topology = require("./topology.js");
const resume = require("./resume.js");
const { printProgress, printTable } = require("./report.js");

const { values } = parseArgs({
    options: { minutes: { type: "string", default: "10" }, seed: { type: "string" }, only: { type: "string" } },
});
const duration = Number(values.minutes) * 60_000;
if (!(duration > 0)) throw new Error("--minutes wants a number");
if (![undefined, "resume", "cluster"].includes(values.only)) throw new Error("--only takes resume, cluster");
const seed = values.seed ?? String(Math.floor(Math.random() * 1e9));

const PROGRESS_INTERVAL = 5000;
const LONGEST_PEACE = 400; // ms between faults
/** Milliseconds to wait for further reports after a violation. */
const AFTERMATH = 1000;
/** Number of resource snapshots during the run, besides the first and the last. */
const LOOKS = 3;

async function soak(deliveries, faults, all, random, start) {
    const snapshots = new ResourceSnapshots(all, deliveries);
    const { servers, clients, proxy } = all;
    const programs = [...servers, proxy, ...clients];
    for (const program of programs) deliveries.follow(program);
    for (const program of programs) await program.start();

    const elapsed = () => performance.now() - start;
    const looks = Array.from({ length: LOOKS + 1 }, (_, n) => (duration * (0.15 + n)) / (LOOKS + 1));
    while (elapsed() < duration && deliveries.complaints.length === 0) {
        await sleep(random.between(0, LONGEST_PEACE));
        await faults.next();
        if (elapsed() > looks[0]) {
            looks.shift();
            await faults.settle();
            await snapshots.take();
        }
    }
    if (deliveries.complaints.length > 0) {
        await sleep(AFTERMATH);
        return snapshots;
    }
    await faults.settle();
    await snapshots.take();
    for (const group of [clients, servers]) await Promise.all(group.map((program) => program.stop()));
    await proxy.kill();
    snapshots.judge();
    return snapshots;
}

function fail(complaints) {
    const only = values.only ? ` --only ${values.only}` : "";
    console.error(
        `\nThe soak has failed. To try again: npm run soak -- --minutes ${values.minutes} --seed ${seed}${only}`,
    );
    for (const complaint of complaints.slice(0, 20)) console.error(`  ${complaint}`);
    process.exit(1);
}

async function main() {
    console.log(`Soak for ${values.minutes} min, seed ${seed}, Node ${process.version}`);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
    process.on("exit", () => Program.abandonAll());
    if (values.only === "resume") {
        const complaints = await resume(duration, seed);
        if (complaints.length > 0) fail(complaints);
        console.log("\nNothing was lost, reordered, doubled or broken; every connection was resumed; memory is flat.");
        return;
    }
    if (values.only === "cluster") {
        const complaints = await require("./cluster.js")(duration, seed);
        if (complaints.length > 0) fail(complaints);
        console.log(
            "\nWhat was lost was told, exactly; nothing was doubled, reordered or broken; local clients got everything.",
        );
        return;
    }
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sockhop-soak-"));
    const random = new Random(seed);
    const deliveries = new DeliveryLog();
    const start = performance.now();
    process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));

    const all = await topology(seed, random, folder);
    const faults = new Faults(all, random);
    const progress = setInterval(() => printProgress(performance.now() - start, deliveries, faults), PROGRESS_INTERVAL);
    let snapshots;
    try {
        snapshots = await soak(deliveries, faults, all, random, start);
    } catch (error) {
        deliveries.violate("failed", error.stack);
    }
    clearInterval(progress);
    printTable(performance.now() - start, deliveries, faults, snapshots);
    if (deliveries.complaints.length > 0) fail(deliveries.complaints);
    console.log(
        "\nNothing was lost, reordered, doubled or broken; every promise has settled; memory and handles are flat.",
    );
}

main();
