"use strict";

const assert = require("node:assert/strict");
const { setTimeout: sleep } = require("node:timers/promises");
const Sockhop = require("sockhop");
const { event, messages } = require("../Harness.js");

module.exports = {
    async "sessions start before connect, and end with their connection"(harness) {
        const life = [];
        class Visit extends Sockhop.session {
            async start() {
                await sleep(10);
                life.push("start");
            }

            end() {
                life.push("end");
            }
        }
        const { server, client, session } = await harness.pair({ session_type: Visit });
        assert(session instanceof Visit);
        assert.deepEqual(server.sessions, [session]);
        server.on("receive", (value, meta) => life.push(meta.session === session && value));
        server.on("disconnect", () => life.push("disconnect"));
        const arrived = messages(client, 1);
        await client.send("hello");
        await session.send("hello yourself");
        assert.deepEqual(await arrived, [["hello yourself", "String"]]);
        const gone = event(server, "disconnect");
        await session.kill();
        await gone;
        assert.deepEqual(life, ["start", "hello", "end", "disconnect"]);
        assert.deepEqual(server.sessions, []);
    },

    async "a session can refuse a connection"(harness) {
        class Closed extends Sockhop.session {
            start() {
                throw new Error("Nobody may come in");
            }
        }
        const server = await harness.server({ session_type: Closed });
        server.on("connect", () => assert.fail("It was refused"));
        const refused = event(server, "error");
        const client = harness.client(server);
        const gone = event(client, "disconnect");
        await client.connect();
        assert.equal((await refused)[0].message, "Nobody may come in");
        await gone;
    },

    async "a session that does not start in time is closed"(harness) {
        class Slow extends Sockhop.session {
            start() {
                return new Promise(() => undefined);
            }
        }
        const server = await harness.server({ session_type: Slow, session_timeout: 50 });
        const refused = event(server, "error");
        const client = harness.client(server);
        const gone = event(client, "disconnect");
        await client.connect();
        assert.equal((await refused)[0].code, "ERR_SESSION_TIMEOUT");
        await gone;
    },
};
