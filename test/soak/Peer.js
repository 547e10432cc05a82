"use strict";
// One end of one connection, the same for clients and servers: sends numbered values with all methods of the library,
// and checks the values of the other end.

const { setTimeout: sleep } = require("node:timers/promises");
const Sockhop = require("sockhop");
const Inbox = require("./Inbox.js");
const { sendRequest, serve } = require("./requests.js");
const { Answer, Payload, Question, body, isIntact, largeBody, smallBody } = require("./payloads.js");

/** Allowed rejections after the loss of a connection. */
const GONE = ["ERR_SOCKET_DESTROYED"];
/** Actions of a peer, and their frequencies. */
const ACTS = { say: 50, burst: 12, question: 14, stream: 8, one: 5, fail: 2, leave: 3, abort: 3, timeout: 2 };
const TELLS_FAILURE = "buffered" in Sockhop.client.prototype; // which came at the same time
const LONGEST_REST = 40; // ms

/**
 * True for the error of a connection that a fault has cut in the middle of a frame. A connection that was closed in good
 * order has lost nothing: its account tells.
 */
function isCut({ code, message }) {
    return code === "ERR_OBJECTBUFFER_BAD_BUFFER_DATA" && message.includes("ended in the middle of a frame");
}

class Peer {
    open = true;
    /** Bytes are changed on the way: received values are not checked, but the processes must not crash. */
    mangled;
    /** Number of the connection; a server learns it from the client. */
    key;
    broadcasts;
    notes;
    /** Only replies. */
    #mute;
    endpoint;
    worker;
    #inbox;
    /** The way this end has closed the connection, and the highest number sent before. */
    #how = "peer";
    #due;
    /** The highest number sent, and the highest one whose promise has resolved. */
    #sent = 0;
    #resolved = 0;
    #inFlight = new Set();
    #count;
    #counted = 0;
    /** Time of the call that closes the connection, and a promise for the close of its socket. */
    #endedAt = NaN;
    #gone;
    /** Functions for pending calls when the connection closes. */
    #unanswered = new Set();

    /** `endpoint` has the send() and request() for the other end: a client or a session. */
    constructor(worker, endpoint, socket, { key = null, mangled = false, mute = false } = {}) {
        this.worker = worker;
        this.endpoint = endpoint;
        this.#count = () => {
            worker.counts.bytes += socket.bytesRead - this.#counted;
            this.#counted = socket.bytesRead;
        };
        worker.counters.add(this.#count);
        this.#gone = new Promise((resolve) => socket.once("close", resolve));
        this.key = key;
        this.mangled = mangled;
        this.#mute = mute;
        const violate = (...what) => this.violate(...what);
        this.#inbox = new Inbox("values", violate, 1);
        this.broadcasts = new Inbox("broadcasts", violate);
        this.notes = new Inbox("notes", violate);
    }

    violate(kind, text, count) {
        if (!this.mangled) this.worker.violate(kind, `${this.key ?? "a new connection"}: ${text}`, count);
    }

    /** Sends messages until the connection closes. */
    async talk() {
        const { random, latch } = this.worker;
        while (this.open && !this.#mute) {
            await latch.pass(() => this.open && this.#act(random.weighted(ACTS)));
            await sleep(random.between(0, LONGEST_REST));
        }
    }

    /** Called before a graceful close: messages sent now, without a wait, must still arrive. */
    farewell(how) {
        const { random } = this.worker;
        for (let n = this.#mute ? 0 : random.between(0, 3); n > 0; n -= 1)
            this.#say(random.chance(0.5) ? largeBody(random) : this.body());
        this.ends(how);
    }

    /** Called before this end closes the connection. The first call counts: after a half-close nothing more can be sent. */
    ends(how) {
        if (this.#how !== "peer") return;
        this.#how = how;
        this.#due = this.#sent;
        this.#endedAt = performance.now();
    }

    /** Called after the close. Resolves to the report when no sent message is in flight any more. */
    async ended() {
        this.open = false;
        this.#count();
        this.worker.counters.delete(this.#count);
        const received = this.#inbox.last;
        for (const giveUp of this.#unanswered) giveUp();
        await Promise.allSettled([this.#gone, ...this.#inFlight]);
        const notes = this.notes.first === undefined ? undefined : [this.notes.first, this.notes.last];
        return {
            key: this.key,
            mangled: this.mangled,
            how: this.#how,
            sent: this.#sent,
            due: this.#due ?? this.#sent,
            resolved: this.#resolved,
            received,
            notes,
            took: performance.now() - this.#endedAt,
        };
    }

    /** Sends values without a number. */
    mention(value) {
        return this.attempt("send", this.endpoint.send(value), GONE);
    }

    /** Receives a message without a number. */
    receive(value, { type, callback }) {
        if (this.mangled) {
            callback?.(value ?? null); // its data may have been changed
            return;
        }
        this.#take(this.#inbox, value, type, callback ? ["Question"] : ["Payload"]);
        if (callback) this.#answer(callback, value.n);
    }

    /** Receives a request. */
    serve({ data, type }, response) {
        this.worker.counts.received += 1;
        if (this.mangled) return response.send(data);
        this.#take(this.#inbox, data, type, ["Order"]);
        return serve(this, data, response);
    }

    /** Receives a numbered value if it is intact. */
    #take(inbox, value, type, types) {
        if (!this.open) this.violate("events", `a ${type} has come after disconnect`);
        if (this.expect(value, type, types)) inbox.take(value.n);
    }

    expect(value, type, types) {
        if (!types.includes(type)) this.violate("broken", `a ${type} has come where ${types} was expected`);
        else if (!isIntact(value)) this.violate("broken", `the checksum of ${type} ${value?.n} is wrong`);
        else if (this.key && value.key && value.key !== this.key)
            this.violate("strayed", `${type} ${value.n} of ${value.key} has come here`);
        else return true;
        return false;
    }

    /** The same for broadcasts and notes, whose numbers span several connections. */
    takeShared(inbox, value, type) {
        if (!this.mangled) this.#take(inbox, value, type, [type]);
    }

    async #act(act) {
        const { random } = this.worker;
        // Before the other end has identified itself, its replies might be damaged and never arrive.
        if (act === "say" || (this.key === null && !this.mangled)) {
            await this.#say(this.body());
        } else if (act === "burst") {
            await Promise.all(Array.from({ length: random.between(2, 40) }, () => this.#say(smallBody(random))));
        } else if (act === "question") {
            await this.#ask();
        } else {
            await sendRequest(this, act);
        }
    }

    /** Number of the next value. */
    nextNumber() {
        return (this.#sent += 1);
    }

    #say(content) {
        const n = this.nextNumber();
        return this.fly(n, this.endpoint.send(new Payload(this.key, n, content)));
    }

    /** A remote callback: called exactly once, unless the connection closes before. */
    async #ask() {
        const n = this.nextNumber();
        const question = new Question(this.key, n, this.body());
        if (this.mangled) {
            await this.fly(
                n,
                this.endpoint.send(question, () => undefined),
            );
            return;
        }
        let outcomes = 0;
        const settled = new Promise((resolve) => {
            const settle = () => {
                outcomes += 1;
                if (outcomes > 1) this.violate("twice", `the outcome of question ${n}`);
                this.#unanswered.delete(resolve);
                resolve();
            };
            const answered = (answer, { type }) => {
                this.worker.counts.received += 1;
                this.expect(answer, type, ["Answer"]);
                if (answer?.n !== n) this.violate("strayed", `${n} has got the answer to ${answer?.n}`);
                settle();
            };
            const failed = (error) => {
                this.#excuse(error, GONE);
                settle();
            };
            this.fly(n, this.endpoint.send(question, answered, { failed }));
            // Releases without failed() have no other notification.
            if (!TELLS_FAILURE) this.#unanswered.add(resolve);
        });
        await this.track("callback", settled);
    }

    #answer(callback, n) {
        const reply = async () => {
            await this.pause();
            try {
                callback(new Answer(this.key, n, this.body()));
            } catch (error) {
                this.#excuse(error, GONE);
            }
        };
        reply();
    }

    body() {
        return body(this.worker.random);
    }

    pause() {
        const { random } = this.worker;
        return random.chance(0.5) ? sleep(random.between(0, 20)) : undefined;
    }

    track(what, promise) {
        return this.worker.pending.track(`${this.key ?? "a new connection"}: ${what}`, promise);
    }

    /** Waits for a promise of the library, which may reject for these reasons only. */
    async attempt(what, promise, codes) {
        try {
            await this.track(what, promise);
            return true;
        } catch (error) {
            this.#excuse(error, codes);
            return false;
        }
    }

    /** The same for the message with number `n`. */
    async fly(n, promise, codes = GONE) {
        const settled = this.attempt("send", promise, codes).then((taken) => {
            if (taken) this.#resolved = Math.max(this.#resolved, n);
        });
        this.#inFlight.add(settled);
        await settled;
        this.#inFlight.delete(settled);
    }

    #excuse(error, codes) {
        if (this.mangled || codes.includes(error.code)) return;
        this.violate("failed", error.stack);
    }
}

module.exports = Object.assign(Peer, { isCut });
