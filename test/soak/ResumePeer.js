"use strict";
// One end of a connection that is resumed: sends numbered messages, calls and requests as fast as the other end reads, and
// checks those of the other end. Their text follows from their number.

const BURST = 100; // messages between two calls and requests
const LETTERS = "abcdefghijklmnopqrstuvwxyz→é😀\n".repeat(8000);
const LARGE_EVERY = 20_000;

function textOf(n) {
    return n % LARGE_EVERY === 0 ? LETTERS : LETTERS.slice(n % 50, (n % 50) + (n % 150));
}

class ResumePeer {
    sent = 0;
    received = 0;
    settled = { calls: 0, requests: 0 };
    #worker;
    #name;
    #endpoint;
    #stopped = false;
    #running;

    /** `endpoint` is a client or a session. */
    constructor(worker, name, endpoint) {
        this.#worker = worker;
        this.#name = name;
        this.#endpoint = endpoint;
    }

    start() {
        this.#running = this.#run();
    }

    /** A value of the other end. */
    take({ n, text }) {
        this.#worker.counts.received += 1;
        if (n !== this.received + 1) {
            const [kind, count] = n <= this.received ? ["twice", 1] : ["lost", n - this.received - 1];
            this.#worker.violate(kind, `${this.#name}: ${n} has come after ${this.received}`, count);
        }
        if (text !== textOf(n)) this.#worker.violate("broken", `${this.#name}: the text of ${n} is wrong`);
        this.received = n;
    }

    #next() {
        this.sent += 1;
        return { n: this.sent, text: textOf(this.sent) };
    }

    /** Sends no more. Resolves when the other end has received and answered everything. */
    async stop() {
        this.#stopped = true;
        await this.#running;
        await this.#worker.pending.track("flush", this.#endpoint.flush());
    }

    get account() {
        const { sent, received, settled } = this;
        return { sent, received, ...settled };
    }

    async #run() {
        while (!this.#stopped) {
            try {
                await this.#exchange();
            } catch (error) {
                this.#worker.violate("failed", `${this.#name}: ${error.stack}`);
                return;
            }
        }
    }

    async #exchange() {
        const { pending } = this.#worker;
        const endpoint = this.#endpoint;
        let sent;
        for (let n = 0; n < BURST; n += 1) sent = endpoint.send(this.#next());
        await pending.track("send", sent);
        const call = this.#next();
        const replied = new Promise((resolve, reject) => {
            endpoint.send(call, resolve, { failed: reject }).catch(reject);
        });
        const request = this.#next();
        const asked = endpoint.ask(request);
        await pending.track("a call and a request", Promise.all([replied, asked])).then(([reply, response]) => {
            if (reply !== call.n || response !== request.n)
                this.#worker.violate(
                    "strayed",
                    `${this.#name}: ${call.n} and ${request.n} got ${reply} and ${response}`,
                );
            this.settled.calls += 1;
            this.settled.requests += 1;
        });
    }
}

module.exports = ResumePeer;
