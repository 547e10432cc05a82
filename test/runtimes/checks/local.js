"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const Sockhop = require("sockhop");
const { carriesBothWays, codeOf, event, messages } = require("../Scene.js");

/** Has names lead to a folder of this check. */
function runtimeFolder(scene) {
    const before = process.env.XDG_RUNTIME_DIR;
    const folder = scene.folder();
    process.env.XDG_RUNTIME_DIR = folder;
    scene.later(() => {
        if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
        else process.env.XDG_RUNTIME_DIR = before;
    });
    return folder;
}

/** What there is to say of sockets that are files. Pipes of Windows are none. */
const onPosix = {
    async "close() removes the file of a Unix domain socket"(scene) {
        const server = await scene.server({ path: scene.path() });
        assert(fs.lstatSync(server.path).isSocket());
        await server.close();
        assert.equal(fs.existsSync(server.path), false);
    },

    async "a Unix domain socket can be private to its user"(scene) {
        const server = await scene.server({ path: scene.path(), mode: 0o600 });
        assert.equal(fs.statSync(server.path).mode & 0o777, 0o600);
        await scene.client(server).connect();
    },

    async "the stale Unix domain socket of a killed server is replaced"(scene) {
        const file = scene.path();
        const killed = scene.program("answers.js", [file]);
        await event(killed.child.stdout, "data");
        killed.child.kill("SIGKILL");
        await killed.ended;
        assert(fs.lstatSync(file).isSocket());
        const { client } = await scene.pair({ path: file });
        assert.equal(client.connected, true);
    },

    async "a regular file is not removed"(scene) {
        const file = path.join(scene.folder(), "file");
        fs.writeFileSync(file, "precious");
        assert.equal(await codeOf(scene.server({ path: file })), "EADDRINUSE");
        assert.equal(fs.readFileSync(file, "utf8"), "precious");
    },

    async "a path that is too long for a socket is rejected"(scene) {
        const long = path.join(scene.folder(), "x".repeat(120));
        assert.equal(await codeOf(scene.server({ path: long })), "ERR_PATH_TOO_LONG");
        assert.equal(await codeOf(scene.client({ path: long }).connect()), "ERR_PATH_TOO_LONG");
    },

    async "a name is a socket in a private folder of the user"(scene) {
        const folder = runtimeFolder(scene);
        const server = new Sockhop.server({ name: "a-daemon" });
        scene.later(() => server.close());
        await server.listen();
        const file = path.join(folder, "sockhop", "a-daemon.sock");
        assert.equal(Sockhop.path_of("a-daemon"), file);
        assert(fs.lstatSync(file).isSocket());
        assert.equal(fs.statSync(path.dirname(file)).mode & 0o777, 0o700);
    },
};

module.exports = {
    async "messages arrive over Unix domain sockets, in both directions"(scene) {
        const { server, client, socket } = await scene.pair({ path: scene.path() });
        await carriesBothWays(server, client, socket);
    },

    async "a live Unix domain socket is not removed"(scene) {
        const { server, client } = await scene.pair({ path: scene.path() });
        assert.equal(await codeOf(scene.server({ path: server.path })), "EADDRINUSE");
        const arrived = messages(server, 1);
        await client.send("still there");
        assert.deepEqual(await arrived, [["still there", "String"]]);
    },

    ...(process.platform === "win32" ? {} : onPosix),

    async "a client connects to its server by name"(scene) {
        runtimeFolder(scene);
        const name = `sockhop.test_${process.pid}`;
        const server = new Sockhop.server({ name });
        scene.later(() => server.close());
        await server.listen();
        const client = new Sockhop.client({ name });
        scene.later(() => client.disconnect());
        await client.connect();
        assert.equal(client.path, server.path);
        for (const bad of ["", ".hidden", "a/b", "x".repeat(65)]) {
            assert.throws(() => Sockhop.path_of(bad), { code: "ERR_BAD_OPTION" });
        }
    },

    async "one call of listen_or_connect() listens, and the others connect"(scene) {
        runtimeFolder(scene);
        const name = `sockhop.test_${process.pid}`;
        const ends = await Promise.all(Array.from({ length: 5 }, () => Sockhop.listen_or_connect({ name })));
        const servers = ends.flatMap(({ server }) => server ?? []);
        const clients = ends.flatMap(({ client }) => client ?? []);
        for (const server of servers) scene.later(() => server.close());
        for (const client of clients) scene.later(() => client.disconnect());
        assert.equal(servers.length, 1);
        assert.equal(clients.length, 4);
        servers[0].on("request", ({ data }, response) => response.send(-data));
        assert.deepEqual(await Promise.all(clients.map((client, n) => client.ask(n + 1))), [-1, -2, -3, -4]);
    },

    async "one process that calls listen_or_connect() listens, and the others connect"(scene) {
        runtimeFolder(scene);
        const name = `sockhop.test_${process.pid}`;
        const programs = Array.from({ length: 4 }, () => scene.program("once.js", [name, 4]));
        const ends = await Promise.all(programs.map(({ ended }) => ended));
        for (const { code, stderr } of ends) assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
        const said = ends.map(({ stdout }) => stdout).sort();
        assert.deepEqual(said, ["client\n", "client\n", "client\n", "server\n"]);
    },
};
