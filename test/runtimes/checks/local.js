"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const Sockhop = require("sockhop");
const { carriesBothWays, codeOf, event, messages } = require("../Harness.js");

/** Maps names to a folder of this check. */
function runtimeFolder(harness) {
    const before = process.env.XDG_RUNTIME_DIR;
    const folder = harness.folder();
    process.env.XDG_RUNTIME_DIR = folder;
    harness.later(() => {
        if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
        else process.env.XDG_RUNTIME_DIR = before;
    });
    return folder;
}

/** Expected properties of socket files. Pipes of Windows are not files. */
const onPosix = {
    async "close() removes the file of a Unix domain socket"(harness) {
        const server = await harness.server({ path: harness.path() });
        assert(fs.lstatSync(server.path).isSocket());
        await server.close();
        assert.equal(fs.existsSync(server.path), false);
    },

    async "a Unix domain socket can be private to its user"(harness) {
        const server = await harness.server({ path: harness.path(), mode: 0o600 });
        assert.equal(fs.statSync(server.path).mode & 0o777, 0o600);
        await harness.client(server).connect();
    },

    async "the stale Unix domain socket of a killed server is replaced"(harness) {
        const file = harness.path();
        const killed = harness.program("answers.js", [file]);
        await event(killed.child.stdout, "data");
        killed.child.kill("SIGKILL");
        await killed.ended;
        assert(fs.lstatSync(file).isSocket());
        const { client } = await harness.pair({ path: file });
        assert.equal(client.connected, true);
    },

    async "a regular file is not removed"(harness) {
        const file = path.join(harness.folder(), "file");
        fs.writeFileSync(file, "precious");
        assert.equal(await codeOf(harness.server({ path: file })), "EADDRINUSE");
        assert.equal(fs.readFileSync(file, "utf8"), "precious");
    },

    async "a path that is too long for a socket is rejected"(harness) {
        const long = path.join(harness.folder(), "x".repeat(120));
        assert.equal(await codeOf(harness.server({ path: long })), "ERR_PATH_TOO_LONG");
        assert.equal(await codeOf(harness.client({ path: long }).connect()), "ERR_PATH_TOO_LONG");
    },

    async "a name is a socket in a private folder of the user"(harness) {
        const folder = runtimeFolder(harness);
        const server = new Sockhop.server({ name: "a-daemon" });
        harness.later(() => server.close());
        await server.listen();
        const file = path.join(folder, "sockhop", "a-daemon.sock");
        assert.equal(Sockhop.path_of("a-daemon"), file);
        assert(fs.lstatSync(file).isSocket());
        assert.equal(fs.statSync(path.dirname(file)).mode & 0o777, 0o700);
    },
};

module.exports = {
    async "messages arrive over Unix domain sockets, in both directions"(harness) {
        const { server, client, socket } = await harness.pair({ path: harness.path() });
        await carriesBothWays(server, client, socket);
    },

    async "a live Unix domain socket is not removed"(harness) {
        const { server, client } = await harness.pair({ path: harness.path() });
        assert.equal(await codeOf(harness.server({ path: server.path })), "EADDRINUSE");
        const arrived = messages(server, 1);
        await client.send("still there");
        assert.deepEqual(await arrived, [["still there", "String"]]);
    },

    ...(process.platform === "win32" ? {} : onPosix),

    async "a client connects to its server by name"(harness) {
        runtimeFolder(harness);
        const name = `sockhop.test_${process.pid}`;
        const server = new Sockhop.server({ name });
        harness.later(() => server.close());
        await server.listen();
        const client = new Sockhop.client({ name });
        harness.later(() => client.disconnect());
        await client.connect();
        assert.equal(client.path, server.path);
        for (const bad of ["", ".hidden", "a/b", "x".repeat(65)]) {
            assert.throws(() => Sockhop.path_of(bad), { code: "ERR_BAD_OPTION" });
        }
    },

    async "one call of listen_or_connect() listens, and the others connect"(harness) {
        runtimeFolder(harness);
        const name = `sockhop.test_${process.pid}`;
        const ends = await Promise.all(Array.from({ length: 5 }, () => Sockhop.listen_or_connect({ name })));
        const servers = ends.flatMap(({ server }) => server ?? []);
        const clients = ends.flatMap(({ client }) => client ?? []);
        for (const server of servers) harness.later(() => server.close());
        for (const client of clients) harness.later(() => client.disconnect());
        assert.equal(servers.length, 1);
        assert.equal(clients.length, 4);
        servers[0].on("request", ({ data }, response) => response.send(-data));
        assert.deepEqual(await Promise.all(clients.map((client, n) => client.ask(n + 1))), [-1, -2, -3, -4]);
    },

    async "one process that calls listen_or_connect() listens, and the others connect"(harness) {
        runtimeFolder(harness);
        const name = `sockhop.test_${process.pid}`;
        const programs = Array.from({ length: 4 }, () => harness.program("once.js", [name, 4]));
        const ends = await Promise.all(programs.map(({ ended }) => ended));
        for (const { code, stderr } of ends) assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
        const said = ends.map(({ stdout }) => stdout).sort();
        assert.deepEqual(said, ["client\n", "client\n", "client\n", "server\n"]);
    },
};
