"use strict";
// Soak test of connections that are resumed (npm run soak -- --only resume): a server and two clients, one with JSON lines
// and one with the binary codec, connect through proxies, which cut and stall the connections all the time. Nothing may be
// lost, come twice or in another order.

const { setTimeout: sleep } = require("node:timers/promises");
const Program = require("./Program.js");
const Random = require("./Random.js");
const { judgeGrowth, number, printEnd, printRow } = require("./report.js");
const { freePort } = require("./topology.js");

const PROGRESS_INTERVAL = 5000;
const LONGEST_PEACE = 300; // ms between faults
const LONGEST_STALL = 700; // ms
const LONGEST_PAUSE = 450; // ms
/** Milliseconds in which everything that was sent must have arrived in the end. */
const FINISH_LIMIT = 60_000;
const MIB = 2 ** 20;
/** Allowed growth from the second to the last sample. */
const GROWTH = { heap: 8 * MIB, rss: 64 * MIB };
const SAMPLES = 4;

const WEIGHTS = {
    "proxy reset": 8,
    "proxy stalled": 3,
    "client destroyed": 3,
    "server destroyed": 3,
    "process stopped": 1,
};

async function start(seed, random) {
    const port = async () => ({ port: await freePort(random), host: "127.0.0.1" });
    const place = await port();
    const names = ["json", "binary"];
    const routes = [];
    for (const name of names) routes.push({ name, to: place, place: await port(), mangles: false });
    const server = new Program("server", "resumeServer.js", { seed, place });
    const proxy = new Program("proxy", "proxy.js", { seed, routes });
    const clients = routes.map((route) => {
        const codec = route.name === "binary" ? "binary" : undefined;
        return new Program(`client ${route.name}`, "resumeClient.js", { seed, place: route.place, codec });
    });
    return { server, proxy, clients, names };
}

/** Injects one fault. */
async function disturb({ server, proxy, clients, names }, random, counts) {
    const what = random.weighted(WEIGHTS);
    counts[what] = (counts[what] ?? 0) + 1;
    if (what === "proxy reset") await proxy.order("reset", random.pick(names));
    else if (what === "proxy stalled")
        await proxy.order("stall", random.pick(names), random.between(50, LONGEST_STALL));
    else if (what === "client destroyed") await random.pick(clients).order("destroy");
    else if (what === "server destroyed") await server.order("destroy");
    else {
        const program = random.pick([server, proxy, ...clients]);
        program.signal("SIGSTOP");
        await sleep(random.between(50, LONGEST_PAUSE));
        program.signal("SIGCONT");
    }
}

class Tally {
    counts = { received: 0, bytes: 0, begun: 0, settled: 0, refused: 0 };
    violations = { lost: 0, twice: 0, broken: 0, strayed: 0, unsettled: 0, events: 0, failed: 0, died: 0 };
    complaints = [];

    follow(program) {
        program.on("violation", (kind, text, count) => this.violate(kind, `${program.name}: ${text}`, count));
        program.on("tally", ({ oldest, ...counts }) => {
            for (const [name, count] of Object.entries(counts)) this.counts[name] += count;
            if (oldest?.seconds > 30) this.violate("unsettled", `${program.name}: ${oldest.what} for 30 s`);
        });
    }

    violate(kind, text, count = 1) {
        this.violations[kind] += count;
        this.complaints.push(`${kind}: ${text}`);
    }
}

/** Compares what each end has sent with what the other has received. */
function compare(tally, clients, sessions) {
    for (const client of clients) {
        // The texts of both directions are equal in number, so the pair is found by them.
        const session = sessions.find((each) => each.received === client.sent && each.sent === client.received);
        if (!session)
            tally.violate("lost", `no session matches ${JSON.stringify(client)}: ${JSON.stringify(sessions)}`);
    }
}

function printTable(time, tally, counts, accounts, stats, samples) {
    console.log();
    printRow("duration", `${(time / 1000).toFixed()} s`);
    printRow("values arrived", number(tally.counts.received));
    printRow("sessions that were started in vain", number(tally.counts.refused));
    for (const what of ["calls", "requests"])
        printRow(what, number(accounts.reduce((sum, each) => sum + each[what], 0)));
    for (const [name, { interruptions, replayed, unacknowledged }] of stats) {
        printRow(`${name}: interruptions, all resumed`, number(interruptions));
        printRow(`${name}: frames sent again`, number(replayed));
        printRow(`${name}: unacknowledged at the end`, number(unacknowledged));
    }
    for (const [what, count] of Object.entries(counts)) printRow(what, number(count));
    printEnd(tally, samples);
}

async function resume(duration, seed) {
    const random = new Random(seed);
    const tally = new Tally();
    const all = await start(seed, random);
    const { server, proxy, clients } = all;
    const programs = [server, proxy, ...clients];
    for (const program of programs) tally.follow(program);
    for (const program of programs) await program.start();

    const begin = performance.now();
    const elapsed = () => performance.now() - begin;
    const counts = {};
    const samples = new Map([server, ...clients].map(({ name }) => [name, []]));
    const times = Array.from({ length: SAMPLES }, (_, n) => (duration * (n + 0.3)) / SAMPLES);
    const progress = setInterval(() => {
        const faults = Object.values(counts).reduce((sum, count) => sum + count, 0);
        const bad = tally.complaints.length;
        console.log(
            `  ${(elapsed() / 1000).toFixed().padStart(5)} s  ${number(tally.counts.received).padStart(11)} values` +
                `${number(faults).padStart(7)} faults   ${bad === 0 ? "all well" : `${bad} violations`}`,
        );
    }, PROGRESS_INTERVAL);
    while (elapsed() < duration && tally.complaints.length === 0) {
        await sleep(random.between(0, LONGEST_PEACE));
        await disturb(all, random, counts);
        if (!(elapsed() > times[0])) continue;
        times.shift();
        for (const program of [server, ...clients]) samples.get(program.name).push(await program.order("sample"));
    }
    const ends = [server, ...clients];
    const finished = Promise.all(ends.map((program) => program.order("finish"))).then(() => true);
    if (!(await Promise.race([finished, sleep(FINISH_LIMIT, false, { ref: false })])))
        tally.violate("unsettled", "not all has arrived in a minute");
    const [sessions, ...others] = await Promise.all(ends.map((program) => program.order("accounts")));
    const accounts = [...sessions, ...others.flat()];
    compare(tally, others.flat(), sessions);
    const stats = await Promise.all(ends.map(async (program) => [program.name, await program.order("stats")]));
    for (const program of clients) await program.stop();
    await server.stop();
    await proxy.kill();
    clearInterval(progress);
    judgeGrowth(tally, samples, GROWTH);
    printTable(elapsed(), tally, counts, accounts, stats, samples);
    return tally.complaints;
}

module.exports = resume;
