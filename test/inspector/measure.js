"use strict";

// What the inspector costs, with the built files:
//
//     node test/inspector/measure.js [seconds]
//
// Messages per second of `sockhop bench`, directly, through `tap` and through `inspect`, and inside of a program that has called
// `inspect()`. All of them are measured in turns, so that a change of the machine affects all, and the best turn of each counts. The
// processor time is that of the process in question (Linux only): it depends less on what else runs on the machine.

const { spawn } = require("node:child_process");
const { once } = require("node:events");
const { readFileSync } = require("node:fs");
const http = require("node:http");
const path = require("node:path");

const ROOT = path.join(__dirname, "../..");
const MAIN = path.join(ROOT, "dist/cli/main.js");
const SECONDS = process.argv[2] ?? "2";
const TURNS = 3;
const children = [];

/** Starts a command, and waits for a line of its output. */
async function start(pattern, ...args) {
    const child = spawn(process.execPath, args.map(String), { cwd: ROOT, stdio: ["pipe", "pipe", "pipe"] });
    children.push(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8");
    const found = new Promise((resolve, reject) => {
        const add = (text) => {
            if (output.length < 10_000) output += text;
            const match = pattern.exec(output);
            if (match) resolve(match);
        };
        child.stdout.on("data", add);
        child.stderr.on("data", add);
        child.on("close", () => reject(new Error(output)));
    });
    return { match: await found, child };
}

/** Opens the event stream of a page, and reads it. */
async function openPage(url) {
    const request = http.get(`${url}events`);
    const [response] = await once(request, "response");
    response.resume();
    response.on("error", () => undefined);
    return request;
}

/** Processor time that a process has used, in microseconds. */
function cpuOf({ pid }) {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10_000; // 100 ticks a second
}

/** Messages per second, and microseconds of processor time that the process needs for a message. */
async function bench({ port, child: inspected }, mode) {
    const before = cpuOf(inspected);
    const args = [MAIN, "bench", port, "-m", mode, "-p", 100, "-s", SECONDS, "--json-output"];
    const child = spawn(process.execPath, args.map(String), { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part) => (text += part));
    await once(child, "close");
    const { per_second: rate, messages } = JSON.parse(text);
    if (typeof rate !== "number") throw new Error(text);
    return { rate, cpu: (cpuOf(inspected) - before) / messages };
}

async function main() {
    const listening = /listening on .*?:(\d+)/;
    const server = await start(listening, MAIN, "listen", 0, "--echo", "--quiet");
    const target = server.match[1];
    const tap = await start(listening, MAIN, "tap", 0, target);
    const quiet = await start(listening, MAIN, "inspect", 0, target);
    const watched = await start(
        /listening on .*?:(\d+)[^]*(http:\S+\/)\s|(http:\S+\/)\s[^]*listening on .*?:(\d+)/,
        MAIN,
        "inspect",
        0,
        target,
    );
    const [, port, url, otherUrl, otherPort] = watched.match;
    await openPage(url ?? otherUrl);
    const program = `
        const Sockhop = require(${JSON.stringify(ROOT)});
        const { inspect } = require(${JSON.stringify(path.join(ROOT, "dist/inspect.js"))});
        const server = new Sockhop.server({ port: 0 });
        server.on("receive", (value, { callback }) => callback?.(value));
        server.listen().then(async () => {
            const url = process.argv[1] === "plain" ? "" : (await inspect()).url;
            console.log("ready", server.get_bound_port(), url);
        });`;
    const ready = /ready (\d+) (\S*)\n/;
    const plain = await start(ready, "-e", program, "plain");
    const unseen = await start(ready, "-e", program, "inspected");
    const seen = await start(ready, "-e", program, "inspected");
    await openPage(seen.match[2]);

    const ways = {
        "direct connection": { port: target, child: server.child },
        "through tap, output into a pipe": { port: tap.match[1], child: tap.child },
        "through inspect, no page": { port: quiet.match[1], child: quiet.child },
        "through inspect, one page": { port: port ?? otherPort, child: watched.child },
        "a program": { port: plain.match[1], child: plain.child },
        "a program with inspect(), no page": { port: unseen.match[1], child: unseen.child },
        "a program with inspect(), one page": { port: seen.match[1], child: seen.child },
    };
    for (const mode of ["callbacks", "messages"]) {
        const best = new Map();
        for (let turn = 0; turn < TURNS; turn++) {
            for (const [name, way] of Object.entries(ways)) {
                const { rate, cpu } = await bench(way, mode);
                const { rate: most = 0, cpu: least = Infinity } = best.get(name) ?? {};
                best.set(name, { rate: Math.max(most, rate), cpu: Math.min(least, cpu) });
            }
        }
        console.log(`\n${mode}`.padEnd(37), "per second   share   µs of its process");
        for (const [name, { rate, cpu }] of best) {
            const base = best.get(name.startsWith("a program") ? "a program" : "direct connection").rate;
            const [count, share] = [Math.round(rate).toLocaleString("en"), (rate / base).toFixed(2)];
            console.log(`${name.padEnd(36)}${count.padStart(11)}${share.padStart(8)}${cpu.toFixed(1).padStart(8)}`);
        }
    }
}

main()
    .catch((error) => {
        console.error(error);
        process.exitCode = 1;
    })
    .finally(() => {
        for (const child of children) child.kill();
        process.exit();
    });
