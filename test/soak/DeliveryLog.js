"use strict";
// What all processes have said, added up; and what only the accounts of both ends of a connection can show.

const SLOWEST = 60; // seconds that a promise may take
/** So many milliseconds an end that has closed its side waits for the other, and then cuts the connection. */
const LINGER = 500;

class DeliveryLog {
    counts = { received: 0, bytes: 0, begun: 0, settled: 0, refused: 0, connections: 0, compared: 0, cut: 0 };
    violations = {
        lost: 0,
        reordered: 0,
        twice: 0,
        broken: 0,
        strayed: 0,
        unsettled: 0,
        events: 0,
        failed: 0,
        died: 0,
    };
    /** In words. */
    complaints = [];
    #accounts = { client: new Map(), server: new Map() };
    /** The last note of each client that has arrived, and the number of the connection by which it has. */
    #notes = new Map();

    /** Listens to a process. */
    follow(program) {
        program.on("violation", (kind, text, count) => this.violate(kind, `${program.name}: ${text}`, count));
        program.on("tally", ({ oldest, ...counts }) => {
            for (const [name, count] of Object.entries(counts)) this.counts[name] += count;
            if (oldest?.seconds > SLOWEST) this.violate("unsettled", `${program.name}: ${oldest.what} for a minute`);
        });
        program.on("connected", () => (this.counts.connections += 1));
        program.on("account", (side, account) => this.#settle(side, account));
    }

    violate(kind, text, count = 1) {
        this.violations[kind] += count;
        this.complaints.push(`${kind}: ${text}`);
    }

    #settle(side, account) {
        const { key, mangled, notes } = account;
        if (key === null || mangled) return;
        if (side === "server" && notes) this.#compareNotes(key, notes);
        const { [side]: mine, [side === "client" ? "server" : "client"]: others } = this.#accounts;
        const other = others.get(key);
        if (!other) {
            mine.set(key, account);
            if (mine.size > 1000) mine.delete(mine.keys().next().value); // the other end was killed
            return;
        }
        others.delete(key);
        if (side === "client") this.#compare(key, account, other);
        else this.#compare(key, other, account);
    }

    /** What one end has sent before it ended the connection in good order must have arrived. */
    #compare(key, client, server) {
        const orderly = ["disconnect", "close", "kill"];
        for (const [who, sender, receiver] of [
            ["client", client, server],
            ["server", server, client],
        ]) {
            if (receiver.received > sender.sent)
                this.violate("strayed", `${key}: ${receiver.received} have arrived of ${sender.sent}`);
            if (!orderly.includes(sender.how) || receiver.how !== "peer") continue;
            this.counts.compared += 1;
            const { due, resolved, how, took } = sender;
            const lost = due - receiver.received;
            if (lost > 0 && took >= LINGER) {
                this.counts.cut += 1; // as protocol.md has it: this one was not undisturbed
                continue;
            }
            const said = `${key}: before ${how} by the ${who} ${due} were sent, ${resolved} resolved, ${receiver.received} came`;
            if (lost > 0) this.violate("lost", said, lost);
        }
    }

    /** Notes arrive at most once and in order, over however many connections. */
    #compareNotes(key, [first, last]) {
        const [, client, connection] = /^(.*)\.(\d+)$/.exec(key);
        const before = this.#notes.get(client);
        // The accounts of two servers, or of one that takes its time, may come in any order.
        if (before && before.connection < Number(connection) && first <= before.last)
            this.violate("twice", `${key}: note ${first}, after ${before.last} on connection ${before.connection}`);
        if (!before || before.connection < Number(connection))
            this.#notes.set(client, { connection: Number(connection), last });
    }
}

module.exports = DeliveryLog;
