"use strict";
// Faults that are injected into the processes while they communicate.

const { setTimeout: sleep } = require("node:timers/promises");

const LONGEST_PAUSE = 450; // ms; after its FIN an end waits half a second for the other end
const LONGEST_ABSENCE = 500; // ms
/** Time after a fault until all processes have noticed it, so that it does not disturb a graceful close. */
const SETTLING = 400; // ms

const WEIGHTS = {
    "client killed": 3,
    "server killed": 2,
    "process stopped": 3,
    "client reset": 4,
    "server reset": 4,
    "proxy reset": 3,
    "client half-closed": 3,
    "server half-closed": 3,
    "client reading paused": 3,
    "server reading paused": 3,
    "proxy stalled": 3,
    "client.disconnect()": 6,
    "session.kill()": 4,
    "server.disconnect()": 2,
    "server.close()": 3,
};

class Faults {
    counts = Object.fromEntries(Object.keys(WEIGHTS).map((name) => [name, 0]));
    #topology;
    #random;
    #underWay = new Set();

    constructor(topology, random) {
        this.#topology = topology;
        this.#random = random;
    }

    /** Injects a fault, or nothing if its target is not available. */
    async next() {
        const name = this.#random.weighted(WEIGHTS);
        const orderly = name.endsWith("()");
        if (orderly) await this.settle();
        const done = this.#happening(name);
        if (!done) return;
        this.counts[name] += 1;
        if (orderly) await done;
        else this.#await(done);
    }

    /** Waits until the normal state is restored. */
    async settle() {
        await Promise.all(this.#underWay);
        await sleep(SETTLING);
    }

    #await(promise) {
        this.#underWay.add(promise);
        promise.finally(() => this.#underWay.delete(promise));
    }

    #happening(name) {
        const { servers, clients, proxy } = this.#topology;
        const server = this.#one(servers);
        const client = this.#one(clients);
        const caller = client && this.#random.pick(client.callers).name;
        const route = this.#random.pick(proxy.routes).name;
        const pause = this.#random.between(50, LONGEST_PAUSE);
        switch (name) {
            case "client killed":
                return this.#kill(this.#one(clients.filter(({ mortal }) => mortal)));
            case "server killed":
                return this.#kill(this.#one(servers.filter(({ mortal }) => mortal)));
            case "process stopped":
                return this.#stop(this.#one([...servers, ...clients, proxy]), pause);
            case "client reset":
                return client?.order("reset", caller);
            case "server reset":
                return server?.order("reset");
            case "proxy reset":
                return proxy.ready && proxy.order("reset", route);
            case "client half-closed":
                return client?.order("halfClose", caller);
            case "server half-closed":
                return server?.order("halfClose");
            case "client reading paused":
                return client?.order("pause", caller, pause);
            case "server reading paused":
                return server?.order("pause", pause);
            case "proxy stalled":
                return proxy.ready && proxy.order("stall", route, pause).then(() => sleep(pause));
            case "client.disconnect()":
                return client?.order("leave", caller, this.#random.pick([0, 0, this.#absence()]));
            case "session.kill()":
                return server?.order("kick");
            case "server.disconnect()":
                return server?.order("dismiss");
            default:
                return server?.order("restart", this.#random.pick([0, 0, this.#absence()]));
        }
    }

    /** A program without a current fault. */
    #one(programs) {
        const ready = programs.filter((program) => program.ready);
        return ready.length > 0 ? this.#random.pick(ready) : undefined;
    }

    #absence() {
        return this.#random.between(1, LONGEST_ABSENCE);
    }

    async #kill(program) {
        if (!program) return;
        const absence = this.#absence();
        await program.kill();
        await sleep(absence);
        await program.start();
    }

    async #stop(program, time) {
        if (!program) return;
        program.ready = false; // no other fault now
        program.signal("SIGSTOP");
        await sleep(time);
        program.signal("SIGCONT");
        program.ready = true;
    }
}

module.exports = Faults;
