// Counts of the numbers that a client receives: what has arrived, what is missing, and what its server has reported as missing.
"use strict";

/** Numbers of one server, as they arrive at one connection. */
class Series {
    received = 0;
    twice = 0;
    outOfOrder = 0;
    /** Reported by the server of this client. */
    reported = 0;
    missing = new Set();
    last;
    /** Longest time between two numbers, in milliseconds. */
    pause = 0;

    receive(number) {
        const now = performance.now();
        if (this.at !== undefined) this.pause = Math.max(this.pause, now - this.at);
        this.at = now;
        this.last ??= number - 1; // this connection gets what is sent from now on
        this.received += 1;
        if (number <= this.last) {
            if (this.missing.delete(number)) this.outOfOrder += 1;
            else this.twice += 1;
            return;
        }
        for (let n = this.last + 1; n < number; n++) this.missing.add(n);
        this.last = number;
    }

    get lost() {
        return this.missing.size;
    }
}

const NONE = { received: 0, lost: 0, reported: 0, twice: 0, outOfOrder: 0 };

/** Adds up series, or sums of them. */
function sum(all) {
    const total = { ...NONE, pause: 0 };
    for (const each of all) {
        for (const name of Object.keys(NONE)) total[name] += each[name];
        total.pause = Math.max(total.pause, each.pause);
    }
    return total;
}

class Counts {
    /** One for each connection: the id of its server, and a series for each server. */
    connections = [];
    /** Numbers between two connections. */
    between = 0;
    /** Ids of the servers whose last number has arrived. */
    ended = new Set();
    onEnd = () => undefined;

    connect() {
        this.before = this.connections.at(-1)?.series;
        this.connections.push({ id: undefined, series: new Map() });
    }

    /** @param id - of the server of this connection */
    welcome(id) {
        this.connections.at(-1).id = id;
    }

    receive({ from, number, last }) {
        const series = this.seriesOf(from);
        const before = this.before?.get(from)?.last;
        if (before !== undefined && series.last === undefined) this.between += Math.max(number - before - 1, 0);
        series.receive(number);
        if (!last) return;
        this.ended.add(from);
        this.onEnd();
    }

    report(from, count) {
        this.seriesOf(from).reported += count;
    }

    /** Returns the numbers of one server at this connection. */
    seriesOf(id) {
        const { series } = this.connections.at(-1);
        if (!series.has(id)) series.set(id, new Series());
        return series.get(id);
    }

    /** Sums: numbers of the server of this client, numbers of others, and series in which a number is missing silently. */
    result() {
        const all = this.connections.flatMap(({ id, series }) => {
            return Array.from(series, ([from, numbers]) => ({ isOwn: from === id, numbers }));
        });
        const own = all.filter(({ isOwn }) => isOwn).map(({ numbers }) => numbers);
        const others = all.filter(({ isOwn }) => !isOwn).map(({ numbers }) => numbers);
        const unequal = all.filter(({ numbers }) => numbers.lost !== numbers.reported).length;
        return { own: sum(own), others: sum(others), unequal, between: this.between };
    }
}

module.exports = { Counts, sum };
