// Tables and the chart of the workload `cluster`. A metric has the name KIND-SERVERS-CLIENTS-SIZE.
"use strict";

const charts = require("../charts.js");
const { number } = require("../number.js");
const { middle, ratio } = require("../statistics.js");

/** The reference of all ratios: it has one server in each stage, so that both were measured at the same time. */
const ALONE = "cluster-none";

/** Kinds of figures of a turn: title and digits. */
const KINDS = {
    cpu: { title: "CPU of all servers", digits: 2 },
    busiest: { title: "of the busiest", digits: 2 },
    engine: { title: "of the engine", digits: 2 },
    rate: { title: "deliveries/s", digits: 0 },
};

function metricOf(kind, servers, clients, size) {
    return `${kind}-${servers}-${clients}-${size}`;
}

function sizeText(size) {
    return size === 1000 ? "1 kB" : `${size} B`;
}

function serversText(servers) {
    return servers === 1 ? "1 server" : `${servers} servers`;
}

/** A case, for the terminal. */
function caseOf(servers, clients, size) {
    return `${serversText(servers)}, ${clients} clients, ${sizeText(size)}`;
}

/** The metrics of all numbers of servers and clients. */
function metrics(allServers, allClients, sizes) {
    const all = {};
    for (const servers of allServers) {
        for (const clients of allClients) {
            for (const size of sizes) {
                for (const [kind, { title, digits }] of Object.entries(KINDS)) {
                    const better = kind === "rate" ? "more" : "less";
                    all[metricOf(kind, servers, clients, size)] = { title, better, digits };
                }
            }
        }
    }
    return all;
}

/** The implementations that were measured. */
function measured(results) {
    return Object.keys(results).filter((name) => results[name].rounds?.some(Boolean));
}

/** A figure of one to that of another, as the median over the turns; `undefined` without both. */
function compared(results, name, other, metric) {
    const [rounds, others] = [results[name]?.rounds, results[other]?.rounds];
    return rounds && others && ratio(rounds, others, metric);
}

/** How much more servers can do than one without a cluster, if each has a core and one of them sends everything. */
function capacityOfOne(results, name, ...where) {
    const share = compared(results, name, ALONE, metricOf("busiest", ...where));
    return share && 1 / share;
}

/** The same if each of them sends as much as the others, so that the work is the same for all. */
function capacityOfAll(results, name, servers, ...where) {
    const share = compared(results, name, ALONE, metricOf("cpu", servers, ...where));
    return share && servers / share;
}

const two = (value) => value?.toFixed(2) ?? "";

/** Ratios that have a goal, for each implementation with a cluster: "100 B · 1 kB". */
function summary(results, title, { CLIENTS, SIZES }) {
    const names = measured(results).filter((name) => name !== ALONE);
    const [few, many] = CLIENTS;
    const row = (text, value) => [
        text,
        ...names.map((name) => SIZES.map((size) => value(name, size) || "–").join(" · ")),
    ];
    const cpuTo = (other, servers, clients) => (name, size) =>
        two(compared(results, name, other, metricOf("cpu", servers, clients, size)));
    const capacity = (of, servers) => (name, size) => two(of(results, name, servers, many, size));
    return [
        [SIZES.map(sizeText).join(" · "), ...names.map(title)],
        row(`1 server in a cluster, ${few} clients: CPU, to 1 without a cluster`, cpuTo(ALONE, 1, few)),
        row(`2 servers, ${many} clients: capacity if one sends`, capacity(capacityOfOne, 2)),
        row(`2 servers, ${many} clients: capacity if all send`, capacity(capacityOfAll, 2)),
        row(`4 servers, ${many} clients: capacity if one sends`, capacity(capacityOfOne, 4)),
        row(`4 servers, ${many} clients: capacity if all send`, capacity(capacityOfAll, 4)),
        row(`4 servers, ${many} clients: CPU of all, to socket.io`, cpuTo("socket.io-redis", 4, many)),
    ];
}

/** The figures of one number of clients and one size. */
function details(results, title, { SERVERS }, clients, size) {
    const head = ["servers", "", "CPU of all servers", "to 1 alone", "of the busiest", "of the engine"];
    const rows = [[...head, "capacity: one sends", "all send", "deliveries/s"]];
    for (const servers of SERVERS) {
        for (const name of measured(results)) {
            if (name === ALONE && servers > 1) continue;
            const { rounds } = results[name];
            const [cpu, busiest, engine, rate] = Object.keys(KINDS).map((kind) =>
                metricOf(kind, servers, clients, size),
            );
            const figure = (metric, kind) => {
                const value = middle(rounds, metric);
                return value === undefined ? "" : number(value, KINDS[kind].digits);
            };
            rows.push([
                String(servers),
                title(name),
                figure(cpu, "cpu"),
                two(compared(results, name, ALONE, cpu)),
                figure(busiest, "busiest"),
                figure(engine, "engine"),
                two(capacityOfOne(results, name, servers, clients, size)),
                two(capacityOfAll(results, name, name === ALONE ? 1 : servers, clients, size)),
                figure(rate, "rate"),
            ]);
        }
    }
    return rows;
}

/** Tables with a title each: the ratios, then the figures. */
function tables(results, title, all) {
    const { CLIENTS, SIZES } = all;
    const figures = CLIENTS.flatMap((clients) =>
        SIZES.map((size) => ({
            title: `${sizeText(size)} to ${clients} clients`,
            rows: details(results, title, all, clients, size),
            text: 2,
        })),
    );
    return [{ title: "Ratios", rows: summary(results, title, all), text: 1 }, ...figures];
}

/** Processor time of all servers, for the largest numbers. */
function chart(results, name, { SERVERS, CLIENTS, SIZES }) {
    const [clients, size] = [CLIENTS.at(-1), SIZES.at(-1)];
    const names = measured(results);
    const groups = SERVERS.map((servers) => ({
        title: serversText(servers),
        bars: names
            .filter((each) => each !== ALONE || servers === 1)
            .map((each) => ({
                kind: each,
                value: middle(results[each].rounds, metricOf("cpu", servers, clients, size)),
            })),
    }));
    const legend = names.map((each) => ({ label: name(each), kind: each }));
    const subtitle = `${sizeText(size)} to ${clients} clients: µs of CPU per delivery; less is better`;
    return charts.groupedBars("Broadcast by several servers", subtitle, legend, groups);
}

module.exports = { caseOf, metricOf, metrics, tables, chart };
