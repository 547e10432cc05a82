"use strict";
// Sessions, and kill_socket() to end one connection of a server.

const assert = require("node:assert/strict");
const { setImmediate: turn, setTimeout: sleep } = require("node:timers/promises");
const { MIB, message, next, rawClient, recorded, untilLast } = require("./tools");

/** A connection refused by a session is closed. A server that continues accepts the next one. */
async function refusesTwice(server) {
    for (let attempt = 0; attempt < 2; attempt += 1) {
        const peer = await rawClient(server);
        const closed = next(peer, "close");
        peer.resume();
        await closed;
    }
    assert.deepEqual(server.sockets, []);
}

module.exports = {
    "kill-before-pong-kills": {
        title: "kill_socket() in a handler kills the process when a pong is in the same chunk",
        outcome: "crashed",
        async run({ listening }) {
            const server = await listening();
            server.once("receive", (_, { socket }) => void server.kill_socket(socket));
            const peer = await rawClient(server);
            const other = await rawClient(server);
            peer.write(message("kill") + message({ _id: "p" }, "SockhopPong"));
            await next(server, "receive");
            const values = untilLast(server);
            other.write(message("other") + message("last"));
            assert.deepEqual(await values, ["other"]);
        },
    },

    "kill-goes-on-receiving": {
        title: "What arrived together with the message for which a server killed the connection is still received",
        outcome: "misbehaved",
        async run({ listening }) {
            const server = await listening();
            const received = recorded(server, "receive");
            server.once("receive", (_, { socket }) => void server.kill_socket(socket));
            const peer = await rawClient(server);
            peer.write(message("kill") + message("after"));
            await next(server, "disconnect");
            assert.deepEqual(
                received.map(([value]) => value),
                ["kill"],
            );
        },
    },

    "kill-loses-data": {
        title: "kill_socket() loses what was sent just before",
        outcome: "misbehaved",
        async run({ pair }) {
            const { server, client, socket } = await pair();
            const received = recorded(client, "receive");
            const gone = next(client, "disconnect");
            const large = "x".repeat(4 * MIB);
            void server.send(socket, large);
            void server.kill_socket(socket);
            await gone;
            assert.deepEqual(
                received.map(([value]) => value),
                [large],
            );
        },
    },

    "reset-during-start-kills": {
        title: "A connection that is reset while its session starts kills the server",
        outcome: "crashed",
        async run({ Sockhop }) {
            let starting;
            const started = new Promise((resolve) => (starting = resolve));
            class Slow extends Sockhop.session {
                start() {
                    starting(this.sock);
                    return new Promise(() => undefined);
                }
            }
            // Over TCP, because only TCP connections can be reset.
            const server = new Sockhop.server({ session_type: Slow });
            server.port = 0; // 1.x replaces 0 in the constructor
            const peer = await rawClient((await server.listen()).address());
            const socket = await started;
            const closed = next(socket, "close");
            peer.resetAndDestroy();
            await closed;
            await turn();
            assert.deepEqual(server.sockets, []);
        },
    },

    "start-that-rejects-kills": {
        title: "A session that rejects its connection kills the server",
        outcome: "crashed",
        async run({ Sockhop, listening }) {
            class Refusing extends Sockhop.session {
                async start() {
                    throw new Error("mine");
                }
            }
            const server = await listening({ session_type: Refusing });
            const connects = recorded(server, "connect");
            const errors = recorded(server, "error");
            await refusesTwice(server);
            assert.deepEqual(connects, []);
            assert.deepEqual(
                errors.map(([error]) => error.message),
                ["mine", "mine"],
            );
        },
    },

    "start-that-rejects-unheard-kills": {
        title: "A session that rejects its connection kills a server that does not listen to errors",
        outcome: "crashed",
        async run({ Sockhop, listening }) {
            class Refusing extends Sockhop.session {
                async start() {
                    throw new Error("mine");
                }
            }
            await refusesTwice(await listening({ session_type: Refusing }));
        },
    },

    "synchronous-start-kills": {
        title: "A session whose start() returns no promise kills the server",
        outcome: "crashed",
        async run({ Sockhop, pair }) {
            class Quick extends Sockhop.session {
                start() {
                    this.ok = true;
                }
            }
            const { server } = await pair({ session_type: Quick });
            assert.deepEqual(
                server.sessions.map(({ ok }) => ok),
                [true],
            );
        },
    },

    "end-that-rejects-kills": {
        title: "A session whose end() rejects kills the server",
        outcome: "crashed",
        async run({ Sockhop, pair }) {
            class Faulty extends Sockhop.session {
                async end() {
                    throw new Error("mine");
                }
            }
            const { server, client, socket } = await pair({ session_type: Faulty });
            const errors = recorded(server, "error");
            const gone = next(server, "disconnect");
            await client.disconnect();
            assert.equal((await gone)[0], socket);
            assert.deepEqual(
                errors.map(([error]) => error.message),
                ["mine"],
            );
        },
    },

    "session-without-arguments-cannot-answer": {
        title: "A session that does not pass its constructor's arguments on cannot answer requests",
        outcome: "crashed",
        async run({ Sockhop, pair }) {
            class Careless extends Sockhop.session {
                constructor(socket) {
                    super();
                    this.socket = socket;
                }
            }
            const { server, client } = await pair({ session_type: Careless });
            server.on("request", (_, response) => void response.send("x"));
            const stream = await client.request("x");
            assert.deepEqual(await stream.next(), { data: "x", type: "String" });
        },
    },

    "receive-before-started": {
        title: "A server emits receive before connect while a session starts",
        outcome: "misbehaved",
        async run({ Sockhop, listening }) {
            class Slow extends Sockhop.session {
                start() {
                    return sleep(50);
                }
            }
            const server = await listening({ session_type: Slow });
            const order = [];
            for (const event of ["connect", "receive"]) server.on(event, () => order.push(event));
            const both = Promise.all([next(server, "connect"), next(server, "receive")]);
            const peer = await rawClient(server);
            peer.write(message("x"));
            await both;
            assert.deepEqual(order, ["connect", "receive"]);
        },
    },

    "left-during-start-stays": {
        title: "A client that leaves while its session starts is listed for ever",
        outcome: "misbehaved",
        async run({ Sockhop, listening }) {
            const started = [];
            class Slow extends Sockhop.session {
                start() {
                    started.push(this.sock);
                    return sleep(50);
                }
            }
            const server = await listening({ session_type: Slow });
            const connects = recorded(server, "connect");
            const disconnects = recorded(server, "disconnect");
            (await rawClient(server)).end();
            await rawClient(server);
            while (!connects.some(([socket]) => socket === started[1])) await next(server, "connect");
            await turn();
            // The second connection has emitted connect, and the first one could have before.
            assert.deepEqual([...server.sockets], [started[1]]);
            assert.equal(connects.length - disconnects.length, 1);
        },
    },

    "close-waits-for-start": {
        title: "close() never resolves while a session starts",
        outcome: "hung",
        async run({ Sockhop, listening }) {
            let starting;
            const started = new Promise((resolve) => (starting = resolve));
            class Endless extends Sockhop.session {
                start() {
                    starting();
                    return new Promise(() => undefined);
                }
            }
            const server = await listening({ session_type: Endless });
            await rawClient(server);
            await started;
            await server.close();
        },
    },

    "session-drops-callback": {
        title: "A session cannot ask: send() ignores the callback",
        outcome: "misbehaved",
        async run({ pair }) {
            const { server, client } = await pair();
            const received = next(client, "receive");
            const answer = new Promise((resolve) => void server.sessions[0].send("?", resolve));
            const [, { callback }] = await received;
            assert.equal(typeof callback, "function");
            callback("!");
            assert.equal(await answer, "!");
        },
    },

    "sending-to-dead-repeats-end": {
        title: "Sending to a socket that is gone ends its session again",
        outcome: "misbehaved",
        async run({ Sockhop, pair }) {
            let ends = 0;
            class Counting extends Sockhop.session {
                async end() {
                    ends += 1;
                }
            }
            const { server, client, socket } = await pair({ session_type: Counting });
            const gone = next(server, "disconnect");
            await client.disconnect();
            await gone;
            await assert.rejects(server.send(socket, "x"), { code: "ERR_SOCKET_DESTROYED" });
            assert.equal(ends, 1);
        },
    },

    "second-kill-repeats-disconnect": {
        title: "Killing a session twice emits its disconnect twice",
        outcome: "misbehaved",
        async run({ crowd }) {
            const { server, sockets } = await crowd(2);
            const disconnects = recorded(server, "disconnect");
            for (const session of [...server.sessions]) {
                const gone = next(server, "disconnect");
                void session.kill();
                void session.kill();
                await gone;
            }
            assert.deepEqual(
                disconnects.map(([socket]) => sockets.indexOf(socket)),
                [0, 1],
            );
        },
    },
};
