import { expect } from "chai";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
    chmodSync,
    chownSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { SockhopClient, SockhopServer, listen_or_connect, path_of } from "../../src";
import { client, later, rawServer, rejection, server } from "../support/pair";
import { warnings } from "../support/rejections";
import { selfConnecting } from "../support/selfConnecting";

const POSIX = process.platform !== "win32";

/** Creates a runtime folder for this test. */
function runtimeFolder(): void {
    const folder = mkdtempSync(join(tmpdir(), "sockhop-"));
    later(() => rmSync(folder, { recursive: true }));
    replaceEnvironment("XDG_RUNTIME_DIR", folder);
}

/** Sets an environment variable until the end of the test. */
function replaceEnvironment(name: string, value: string): void {
    const before = process.env[name];
    process.env[name] = value;
    later(() => {
        if (before === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = before;
    });
}

/** Creates something at a path until the end of the test. */
function file(make: (path: string) => unknown): string {
    const folder = mkdtempSync(join(tmpdir(), "sockhop-"));
    later(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "it");
    make(path);
    return path;
}

/** Creates a folder of another user. Only root can change the owner of a file. */
function ownedByAnother(path: string): void {
    mkdirSync(path, { mode: 0o700 });
    if (process.getuid?.() === 0) {
        chownSync(path, 65534, 65534);
        return;
    }
    const getuid = Object.getOwnPropertyDescriptor(process, "getuid") as PropertyDescriptor;
    const uid = process.getuid?.() ?? 0;
    Object.defineProperty(process, "getuid", { ...getuid, value: () => uid + 1 });
    later(() => Object.defineProperty(process, "getuid", getuid));
}

describe("name option", () => {
    beforeEach(() => {
        runtimeFolder();
    });

    it("is a path in the runtime folder of the user", () => {
        if (POSIX)
            expect(path_of("my-daemon")).to.equal(join(process.env["XDG_RUNTIME_DIR"] ?? "", "sockhop/my-daemon.sock"));
        else expect(path_of("my-daemon")).to.match(/^\\\\\.\\pipe\\sockhop-.+-my-daemon$/);
    });

    for (const [what, value] of [
        ["is none", () => undefined],
        ["is not absolute", () => "relative"],
        ["does not exist", () => "/nowhere/at/all"],
        ["is a file", () => file((path) => writeFileSync(path, ""))],
        ["can be entered by others", () => file((path) => mkdirSync(path, { mode: 0o711 }))],
        ["can be read by a group", () => file((path) => mkdirSync(path, { mode: 0o740 }))],
        ["cannot be written to", () => file((path) => mkdirSync(path, { mode: 0o500 }))],
        ["belongs to another user", () => file((path) => ownedByAnother(path))],
    ] as const) {
        it(`is a path in a private folder among the temporary files if the runtime folder ${what}`, function () {
            if (!POSIX) this.skip(); // pipes of Windows are in no folder
            const runtime = value();
            if (runtime === undefined) delete process.env["XDG_RUNTIME_DIR"];
            else process.env["XDG_RUNTIME_DIR"] = runtime;
            expect(path_of("d")).to.equal(join(tmpdir(), `sockhop-${process.getuid?.()}`, "d.sock"));
        });
    }

    it("creates no folder in the runtime folder of another user", async function () {
        if (!POSIX) this.skip(); // pipes of Windows are in no folder
        const temporary = mkdtempSync(join(tmpdir(), "sockhop-"));
        replaceEnvironment("TMPDIR", temporary);
        later(() => rmSync(temporary, { recursive: true }));
        const folder = file((path) => ownedByAnother(path));
        replaceEnvironment("XDG_RUNTIME_DIR", folder);
        const s = server({ name: "d" });
        await s.listen();
        await client({ name: "d" }).connect();
        expect(readdirSync(folder)).to.deep.equal([]);
        expect(s.path).to.equal(path_of("d"));
    });

    for (const umask of [0, 0o177, 0o777]) {
        it(`creates a folder that its user can enter with the umask 0${umask.toString(8)}`, async function () {
            if (!POSIX) this.skip(); // pipes of Windows are in no folder
            const usual = process.umask(umask);
            later(() => process.umask(usual));
            await server({ name: "d" }).listen();
            expect(statSync(dirname(path_of("d"))).mode & 0o777).to.equal(0o700);
            expect(process.umask(usual)).to.equal(umask);
        });
    }

    it("works if node does not know the user", async () => {
        const getuid = Object.getOwnPropertyDescriptor(process, "getuid");
        if (!getuid) return;
        Object.defineProperty(process, "getuid", { ...getuid, value: undefined });
        later(() => Object.defineProperty(process, "getuid", getuid));
        const s = server({ name: "d" });
        await s.listen();
        await client({ name: "d" }).connect();
        expect(s.path).to.equal(join(process.env["XDG_RUNTIME_DIR"] ?? "", "sockhop/d.sock"));
    });

    it("works with paths under node's permission model without read access", async function () {
        if (!POSIX) this.skip();
        const outside = server({ name: "outside" });
        outside.on("request", (_, response) => void response.send("here"));
        await outside.listen();
        const library = join(__dirname, "../../dist");
        const path = join(dirname(path_of("d")), "plain");
        const program = `
            const { server, client, listen_or_connect } = require(${JSON.stringify(library)});
            (async () => {
                for (const where of [{ name: "d" }, { path: ${JSON.stringify(path)} }]) {
                    const s = new server(where);
                    await s.listen();
                    const c = new client(where);
                    await c.connect();
                    await c.disconnect();
                    await s.close();
                }
                const { client: other } = await listen_or_connect({ name: "outside" });
                process.stdout.write(await other.ask("who?"));
                await other.disconnect();
            })();`;
        const script = file((at) => writeFileSync(at, program));
        const flag = process.allowedNodeEnvironmentFlags.has("--permission")
            ? "--permission"
            : "--experimental-permission";
        const network = process.allowedNodeEnvironmentFlags.has("--allow-net") ? ["--allow-net"] : [];
        const child = spawn(
            process.execPath,
            ["--no-warnings", flag, ...network, `--allow-fs-read=${script}`, `--allow-fs-read=${library}/*`, script],
            { stdio: ["ignore", "pipe", "inherit"] },
        );
        later(() => child.kill("SIGKILL"));
        expect(await text(child.stdout)).to.equal("here");
    });

    it("rejects names that could lead to another folder", () => {
        for (const name of [
            "",
            ".",
            "..",
            ".hidden",
            "a/b",
            "a\\b",
            "a b",
            "é",
            "a\0",
            "x".repeat(65),
            7 as unknown as string,
        ]) {
            expect(() => path_of(name), name)
                .to.throw()
                .with.property("code", "ERR_BAD_OPTION");
            if (name === "") continue; // an empty option is no option
            expect(() => new SockhopClient({ name }), name)
                .to.throw()
                .with.property("code", "ERR_BAD_OPTION");
            expect(() => new SockhopServer({ name }), name)
                .to.throw()
                .with.property("code", "ERR_BAD_OPTION");
        }
        for (const name of ["a", "a.b", "A_1-2", "x".repeat(64)]) expect(path_of(name)).to.include(name);
    });

    it("connects a server and a client, in a private folder of the user", async () => {
        const s = server({ name: "d" });
        const c = client({ name: "d" });
        expect(await rejection(c.connect())).to.have.property("code", "ENOENT");
        await s.listen();
        await c.connect();
        if (POSIX) expect(statSync(dirname(path_of("d"))).mode & 0o777).to.equal(0o700);
        s.on("receive", (value, { callback }) => callback?.({ got: value as unknown }));
        const answer = await new Promise((resolve) => void c.send("hello", resolve));
        expect(answer).to.deep.equal({ got: "hello" });
        await s.close();
        expect(existsSync(path_of("d"))).to.equal(false);
    });

    it("is ignored if there is a path", () => {
        expect(client({ name: "d", path: "/p" }).path).to.equal("/p");
        expect(client({ name: null }).path).to.equal(null);
    });

    describe("in a folder that is open to other users", () => {
        const open: [string, (folder: string) => void][] = [
            ["which others may enter", (folder) => mkdirSync(folder) ?? chmodSync(folder, 0o755)],
            ["which others may write to", (folder) => mkdirSync(folder) ?? chmodSync(folder, 0o720)],
            ["which is a link", (folder) => symlinkSync(tmpdir(), folder)],
        ];
        for (const [how, make] of open) {
            it(`is rejected at both ends: ${how}`, async function () {
                if (!POSIX) this.skip(); // pipes of Windows are in no folder
                make(dirname(path_of("d")));
                expect(await rejection(server({ name: "d" }).listen())).to.have.property("code", "ERR_BAD_OPTION");
                expect(await rejection(client({ name: "d" }).connect())).to.have.property("code", "ERR_BAD_OPTION");
                expect(existsSync(path_of("d"))).to.equal(false);
            });
        }
    });
});

describe("listen_or_connect()", () => {
    beforeEach(() => {
        runtimeFolder();
    });

    it("rejects for several servers", async () => {
        const error = await rejection(listen_or_connect({ servers: [{ name: "d" }] }));
        expect(error).to.have.property("code", "ERR_BAD_OPTION");
        expect(error.message).to.include("servers");
    });

    it("makes the first call a listening server, and the others connected clients", async () => {
        const { server: s, client: none } = await listen_or_connect({ name: "d" });
        if (!s) throw new Error("the first got no server");
        later(() => s.close());
        expect(none).to.equal(undefined);
        s.on("receive", (value: number, { callback }) => callback?.(value + 1));
        let connections = 0;
        s.on("connect", () => (connections += 1));
        for (const n of [1, 2]) {
            const { server: second, client: c } = await listen_or_connect({ name: "d", auto_reconnect: n === 2 });
            if (!c) throw new Error("the second got no client");
            later(() => c.disconnect());
            expect([second, c.connected, await new Promise((resolve) => void c.send(n, resolve))]).to.deep.equal([
                undefined,
                true,
                n + 1,
            ]);
        }
        expect(connections).to.equal(2); // no other connection
    });

    it("creates one server for many simultaneous calls, also with ports, and with a stale socket", async () => {
        const free = server();
        await free.listen();
        const port = free.get_bound_port();
        await free.close();
        for (const place of [{ name: "many" }, { port }]) {
            const all = await Promise.all(Array.from({ length: 10 }, () => listen_or_connect(place)));
            for (const { server: s, client: c } of all) later(() => (s ? s.close() : c.disconnect()));
            expect(all.filter(({ server: s }) => s)).to.have.length(1);
            expect(all.filter(({ client: c }) => c?.connected)).to.have.length(9);
        }
    });

    it("creates one server for many processes, also after that server was killed", async () => {
        const program = `
            require("sockhop").listen_or_connect({ name: "once" }).then(({ server }) => {
                process.send(server ? "server" : "client");
            });
            process.on("disconnect", () => process.exit());`;
        const start = (): { role: Promise<unknown>; child: ChildProcess } => {
            const child = spawn(process.execPath, ["-e", program], {
                cwd: join(__dirname, "../.."),
                stdio: ["ignore", "inherit", "inherit", "ipc"],
            });
            later(() => child.kill("SIGKILL"));
            return { child, role: once(child, "message").then(([role]) => role as unknown) };
        };
        const first = Array.from({ length: 3 }, start);
        const roles = await Promise.all(first.map(({ role }) => role));
        expect([...roles].sort()).to.deep.equal(["client", "client", "server"]);
        const killed = first[roles.indexOf("server")]?.child as ChildProcess;
        killed.kill("SIGKILL");
        await once(killed, "exit");
        expect(await start().role).to.equal("server");
    });

    it("creates a server where its client would connect to itself", async () => {
        const port = await selfConnecting();
        const { server: s } = await listen_or_connect({ port });
        if (!s) throw new Error("the port was free");
        later(() => s.close());
        expect(s.get_bound_port()).to.equal(port);
    });

    it("rejects with the error of listen() for another cause", async () => {
        expect(await rejection(listen_or_connect({ path: "x".repeat(200) }))).to.have.property(
            "code",
            POSIX ? "ERR_PATH_TOO_LONG" : "EACCES",
        );
    });

    it("rejects with the error of connect() if the listening process does not respond", async () => {
        const { port } = await rawServer(); // no TLS server
        const options = { port, ssl: true, connect_timeout: 50, auto_reconnect: true };
        expect(await rejection(listen_or_connect(options))).to.have.property("code", "ERR_CONNECT_TIMEOUT");
    });

    it("rejects with the error of connect() if the listening process closes each connection", async () => {
        const { server: s } = await listen_or_connect({ name: "d" });
        later(() => s?.close());
        s?.on("error", () => undefined); // a TLS client
        warnings(); // no certificate
        const error = await rejection(listen_or_connect({ name: "d", ssl: true }));
        expect(error).to.have.property("code", "ECONNRESET");
        expect(error.message).to.include("does it use TLS?");
    });
});
