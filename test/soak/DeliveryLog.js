"use strict";
// Totals of all processes, and checks that need the reports of both ends of a connection.

const SLOWEST = 60; // seconds until a promise must settle
/** Milliseconds that an end waits for the other after its FIN, before it destroys the connection. */
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
    /** As text. */
    complaints = [];
    #accounts = { client: new Map(), server: new Map() };
    /** The last note received of each client, and the number of its connection. */
    #notes = new Map();

    /** Listens to the reports of a process. */
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

    /** Messages of one end before its graceful close must have arrived. */
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
                this.counts.cut += 1; // see protocol.md: this one was disturbed
                continue;
            }
            const said = `${key}: before ${how} by the ${who} ${due} were sent, ${resolved} resolved, ${receiver.received} came`;
            if (lost > 0) this.violate("lost", said, lost);
        }
    }

    /** Notes arrive at most once and in order, over any number of connections. */
    #compareNotes(key, [first, last]) {
        const [, client, connection] = /^(.*)\.(\d+)$/.exec(key);
        const before = this.#notes.get(client);
        // The reports of two servers, or of a slow one, may arrive in any order.
        if (before && before.connection < Number(connection) && first <= before.last)
            this.violate("twice", `${key}: note ${first}, after ${before.last} on connection ${before.connection}`);
        if (!before || before.connection < Number(connection))
            this.#notes.set(client, { connection: Number(connection), last });
    }
}

module.exports = DeliveryLog;
