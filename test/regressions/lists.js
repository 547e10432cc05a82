"use strict";
// The connection lists of servers and clients, and operations on all of them.

const assert = require("node:assert/strict");
const { next, rawClient, recorded, untilLast } = require("./tools");

/** Destroys a socket without a FIN of the peer, and without ECONNRESET. */
function brokenPipe() {
    return Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
}

/** A server's socket is destroyed, with or without an error: the server must remove the connection. */
async function noticesDestroyed({ pair }, error) {
    const { server, socket } = await pair();
    server.on("error", () => undefined);
    const gone = next(server, "disconnect");
    socket.destroy(error);
    const [which] = await gone;
    assert.equal(which, socket);
    assert.deepEqual(server.sockets, []);
}

module.exports = {
    "client-misses-destroyed-socket": {
        title: "A client whose socket is closed by something else than the peer's end believes that it is connected",
        outcome: "hung",
        async run({ pair }) {
            const { client } = await pair();
            const gone = next(client, "disconnect");
            client.socket.destroy();
            await gone;
            assert.equal(client.connected, false);
        },
    },

    "server-misses-destroyed-socket": {
        title: "A server keeps a socket that was closed by something else than the peer's end",
        outcome: "hung",
        run: (tools) => noticesDestroyed(tools),
    },

    "server-misses-broken-pipe": {
        title: "A server keeps a socket that has failed with EPIPE",
        outcome: "hung",
        run: (tools) => noticesDestroyed(tools, brokenPipe()),
    },

    "sending-to-dead-removes-live": {
        title: "Sending to a socket that is gone takes another one out of the server's list",
        original: "sockhop-1.4.0",
        outcome: "misbehaved",
        async run({ crowd }) {
            const { server, clients, sockets } = await crowd(2);
            const gone = next(server, "disconnect");
            await clients[0].disconnect();
            await gone;
            await assert.rejects(server.send(sockets[0], "x"));
            assert.deepEqual([...server.sockets], [sockets[1]]);
        },
    },

    "sending-to-dead-repeats-disconnect": {
        title: "Sending to a socket that is gone emits its disconnect again",
        outcome: "misbehaved",
        async run({ crowd }) {
            const { server, clients, sockets } = await crowd(2);
            const disconnects = recorded(server, "disconnect");
            for (const client of clients) {
                const gone = next(server, "disconnect");
                await client.disconnect();
                await gone;
                await assert.rejects(server.send(sockets[0], "x"), { code: "ERR_SOCKET_DESTROYED" });
            }
            assert.deepEqual(
                disconnects.map(([socket]) => sockets.indexOf(socket)),
                [0, 1],
            );
        },
    },

    "sendall-skips": {
        title: "sendall() leaves out the client behind one that is gone",
        outcome: "misbehaved",
        async run({ crowd }) {
            const { server, clients, sockets } = await crowd(3);
            const values = clients.slice(1).map(untilLast);
            sockets[0].destroy();
            await server.sendall("x");
            for (const socket of sockets.slice(1)) void server.send(socket, "last");
            assert.deepEqual(await Promise.all(values), [["x"], ["x"]]);
        },
    },

    "disconnect-skips": {
        title: "disconnect() of a server leaves every second client connected",
        outcome: "misbehaved",
        async run({ crowd }) {
            const { server, clients } = await crowd(4);
            const gone = Promise.all(clients.map((client) => next(client, "disconnect")));
            void server.disconnect();
            assert.deepEqual(server.sockets, []);
            await gone;
        },
    },

    "ping-skips": {
        title: "A round of pings that drops a client leaves out the one behind it",
        outcome: "misbehaved",
        async run({ listening }) {
            const server = await listening();
            for (let mute = 0; mute < 4; mute += 1) await rawClient(server);
            server.ping(20);
            await next(server, "disconnect");
            assert.deepEqual(server.sockets, []);
        },
    },

    "ping-of-destroyed-socket-kills": {
        title: "A server that pings is killed when one of its sockets is destroyed",
        original: "sockhop-1.4.0",
        outcome: "crashed",
        async run({ crowd }) {
            const { server, sockets, clients } = await crowd(2);
            sockets[0].destroy();
            server.ping(20);
            for (let round = 0; round < 2; round += 1) await next(clients[1].socket, "data");
            assert.deepEqual(server.sockets, [sockets[1]]);
        },
    },
};
