// The engine of a cluster, for a URL.
"use strict";

const Sockhop = require("sockhop");

/** @param url - such as `redis://127.0.0.1:6379` or `nats://127.0.0.1:4222`; nothing for servers of one process */
function engineOf(url) {
    if (url === undefined) return Sockhop.memory_engine("numbers");
    if (url.startsWith("redis")) return require("sockhop/redis").redis_engine({ url });
    return require("sockhop/nats").nats_engine({ servers: url });
}

/** Engine in memory that fails on command, as a broker does that is killed. */
class FragileEngine {
    name = "memory";
    #engine = Sockhop.memory_engine();
    #links = new Set();
    #isKilled = false;

    async connect(topics, heard, lost) {
        if (this.#isKilled) throw new Error("connection refused");
        const link = await this.#engine.connect(topics, heard, lost);
        const kill = () => {
            link.close();
            lost(new Error("connection closed"));
        };
        this.#links.add(kill);
        const close = () => {
            this.#links.delete(kill);
            return link.close();
        };
        return { limit: link.limit, publish: (topic, text) => link.publish(topic, text), close };
    }

    kill() {
        this.#isKilled = true;
        for (const kill of this.#links) kill();
        this.#links.clear();
    }

    restart() {
        this.#isKilled = false;
    }
}

module.exports = { FragileEngine, engineOf };
