"use strict";

const assert = require("node:assert/strict");
const { codeOf, event, messages, until } = require("../Harness.js");

const [major, minor] = process.versions.node.split(".").map(Number);

/** True if servers can share a port on this system. */
const canShare = process.platform === "linux" && major + minor / 100 >= 22.12 && major + minor / 100 !== 23;

/** True if processes can be stopped. */
const onPosix = {
    async "pings detect a frozen process"(harness) {
        const server = await harness.server();
        const connected = event(server, "connect");
        const gone = event(server, "disconnect");
        const { child } = harness.program("stays.js", [server.get_bound_port()]);
        await connected;
        child.kill("SIGSTOP");
        server.ping(30);
        await gone;
    },
};

module.exports = {
    ...(process.platform === "win32" ? {} : onPosix),

    async "connect() rejects with a code if no server listens"(harness) {
        const server = await harness.server();
        const client = harness.client(server);
        await server.close();
        assert.equal(await codeOf(client.connect()), "ECONNREFUSED");
        const nowhere = harness.client({ path: harness.path() });
        assert.equal(await codeOf(nowhere.connect()), "ENOENT");
        assert.equal(await codeOf(client.send("x")), "ERR_SOCKET_DESTROYED");
    },

    async "two servers share a port with reuse_port, or the constructor says what is needed"(harness) {
        let first;
        try {
            first = await harness.server({ reuse_port: true });
        } catch (error) {
            assert.equal(error.code, "ERR_BAD_OPTION");
            assert.match(error.message, /^reuse_port needs (Linux|Node\.js 22\.12)/);
            assert(!canShare, error.message);
            return;
        }
        const second = await harness.server({ port: first.get_bound_port(), reuse_port: true });
        for (let count = 1; count <= 64; count++) await harness.client(first).connect();
        await until(() => first.sockets.length + second.sockets.length === 64);
        assert(first.sockets.length > 0 && second.sockets.length > 0); // at random: fails once in 2 ** 63 runs
        await first.close();
        const last = harness.client(second);
        await last.connect();
        const alone = harness.server({ port: second.get_bound_port() });
        assert.equal(await codeOf(alone), "EADDRINUSE");
    },

    async "listen() rejects with EADDRINUSE if another server listens"(harness) {
        const server = await harness.server();
        const second = harness.server({ port: server.get_bound_port() });
        assert.equal(await codeOf(second), "EADDRINUSE");
    },

    async "connect() ends after its timeout, and when disconnect() is called"(harness) {
        const place = await harness.plain(); // without a TLS handshake
        const client = harness.client(place, { ssl: true, connect_timeout: 50 });
        assert.equal(await codeOf(client.connect()), "ERR_CONNECT_TIMEOUT");
        const attempt = codeOf(client.connect());
        assert.equal(await codeOf(client.connect()), "ERR_MULTICONNECT");
        await client.disconnect();
        assert.equal(await attempt, "ERR_ABORTED");
    },

    async "both ends emit connect and disconnect once"(harness) {
        const server = await harness.server();
        const client = harness.client(server);
        const heard = [];
        for (const [name, end] of Object.entries({ server, client })) {
            for (const what of ["connect", "disconnect"]) end.on(what, () => heard.push(`${name} ${what}`));
        }
        const gone = event(server, "disconnect");
        await client.connect();
        await until(() => server.sockets.length === 1);
        await client.disconnect();
        await gone;
        assert.deepEqual(heard.sort(), ["client connect", "client disconnect", "server connect", "server disconnect"]);
        assert.deepEqual([server.sockets, client.socket, client.connected], [[], null, false]);
    },

    async "a reset connection emits disconnect and no error"(harness) {
        const server = await harness.server();
        server.on("error", (error) => assert.fail(error));
        const gone = event(server, "disconnect");
        const connected = event(server, "connect");
        const stranger = await harness.stranger(server);
        await connected;
        stranger.resetAndDestroy();
        await gone;
        assert.deepEqual(server.sockets, []);
    },

    async "a peer that half-closes its socket still receives its responses"(harness) {
        const server = await harness.server();
        server.on("receive", (value, { callback }) => callback(`${value}!`));
        const stranger = await harness.stranger(server);
        let said = "";
        stranger.setEncoding("utf8").on("data", (text) => (said += text));
        stranger.end('{"type":"String","data":"q","id":"1"}\n');
        await event(stranger, "end");
        assert.equal(said, '{"type":"String","data":"q!","callback_id":"1"}\n');
    },

    async "auto_reconnect connects to a server that starts late, and to one that restarts"(harness) {
        const server = await harness.server();
        const port = server.get_bound_port();
        await server.close();
        const client = harness.client({ port }, { auto_reconnect_interval: 20 });
        const refused = event(client, "reconnecting");
        client.auto_reconnect = true;
        assert.equal((await refused)[2].code, "ECONNREFUSED");

        server.port = port;
        for (const word of ["late", "back"]) {
            const connected = event(client, "connect");
            await server.listen();
            await connected;
            const arrived = messages(server, 1);
            await client.send(word);
            assert.deepEqual(await arrived, [[word, "String"]]);
            const lost = event(client, "disconnect");
            await server.close();
            await lost;
        }
        assert.equal(client.stats.reconnects, 1); // the first connection is not counted
    },

    async "auto_reconnect connects to a server that was killed and restarted"(harness) {
        const file = harness.path();
        const client = harness.client({ path: file }, { auto_reconnect: true, auto_reconnect_interval: 20 });
        for (let life = 1; life <= 3; life++) {
            const connected = event(client, "connect");
            const { child, ended } = harness.program("answers.js", [file]);
            await connected;
            assert.equal(await client.ask(life), life);
            const lost = event(client, "disconnect");
            child.kill("SIGKILL");
            await Promise.all([lost, ended]);
        }
    },

    async "a queue keeps messages while disconnected, in order and within its limits"(harness) {
        const server = await harness.server();
        const client = harness.client(server, { queue: { max_messages: 3 } });
        const arrived = messages(server, 4);
        const sent = [1, 2, 3].map((n) => client.send(n));
        assert.equal(await codeOf(client.send(4)), "ERR_QUEUE_FULL");
        await client.connect();
        await Promise.all(sent);
        await client.send(5);
        assert.deepEqual(
            (await arrived).map(([value]) => value),
            [1, 2, 3, 5],
        );
    },

    async "pings drop a silent peer, and keep a live one"(harness) {
        const { server, client } = await harness.pair();
        const mute = harness.client(await harness.plain());
        await mute.connect();
        const dropped = event(mute, "disconnect");
        for (const end of [server, client, mute]) {
            end.ping(60);
            if (end !== mute) end.on("disconnect", () => assert.fail("It lives"));
        }
        await dropped;
        await until(() => client.pings.some((ping) => !ping.unanswered()));
        assert.equal(client.connected, true);
        server.removeAllListeners("disconnect");
        client.removeAllListeners("disconnect");
    },

    async "pings drop no peer because the event loop was blocked"(harness) {
        const file = harness.path();
        const { child } = harness.program("answers.js", [file]);
        await event(child.stdout, "data");
        const client = harness.client({ path: file });
        await client.connect();
        client.on("disconnect", () => assert.fail("It lives"));
        client.ping(20);
        for (let n = 0; n < 3; n++) {
            for (const end = performance.now() + 120; performance.now() < end;);
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
        assert.equal(await client.ask("still there"), "still there");
        client.removeAllListeners("disconnect");
    },
};
