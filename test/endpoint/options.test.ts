import { milliseconds } from "../../src/validators";
import { expect } from "chai";
import { once } from "node:events";
import vm from "node:vm";
import { type ServerOptions, SockhopClient, SockhopError, SockhopServer, SockhopSession } from "../../src";
import { client, rejection, server } from "../support/pair";
import { warnings } from "../support/rejections";
import { turns } from "../support/eventLoop";

describe("options", () => {
    it("have the defaults of sockhop 1.x", () => {
        const client = new SockhopClient();
        expect([client.path, client.address, client.port]).to.deep.equal([null, "127.0.0.1", 50000]);
        const server = new SockhopServer();
        expect([server.path, server.address, server.port]).to.deep.equal([null, "127.0.0.1", 50000]);
    });

    it("use the default for falsy values", () => {
        const client = new SockhopClient({ path: "", address: null, port: 0 });
        expect([client.path, client.address, client.port]).to.deep.equal([null, "127.0.0.1", 50000]);
        expect(new SockhopServer({ port: null }).port).to.equal(50000);
    });

    it("allow port 0 on a server", () => {
        expect(new SockhopServer({ port: 0 }).port).to.equal(0);
    });

    describe("that are times", () => {
        it("keep their value, or use the default", () => {
            expect([20, 0, undefined, null].map((time) => milliseconds("t", time, 5))).to.deep.equal([20, 5, 5, 5]);
        });

        it("never overflow the timer, which would then use 1 ms", () => {
            expect([Infinity, 2 ** 40].map((time) => milliseconds("t", time, 5))).to.deep.equal(
                Array(2).fill(2 ** 31 - 1),
            );
        });

        it("are rejected if they are negative or not a number", () => {
            for (const wrong of [-1, NaN, "soon", {}]) {
                expect(() => new SockhopClient({ connect_timeout: wrong as number }))
                    .to.throw(SockhopError, "connect_timeout")
                    .with.property("code", "ERR_BAD_OPTION");
                expect(() => new SockhopClient({ auto_reconnect_interval: wrong as number }))
                    .to.throw(SockhopError, "auto_reconnect_interval")
                    .with.property("code", "ERR_BAD_OPTION");
            }
        });
    });

    describe("that are ports", () => {
        const wrong: [string, unknown][] = [
            ["NaN", NaN],
            ["an empty string", ""],
            ["blanks", " "],
            ["a word", "abc"],
            ["negative", -1],
            ["negative text", "-1"],
            ["too large", 65_536],
            ["too large text", "65536"],
            ["a fraction", 1.5],
            ["Infinity", Infinity],
            ["true", true],
            ["an object", {}],
            ["an array", [50_000]],
            ["a BigInt", 50_000n],
            ["a symbol", Symbol("port")],
        ];
        for (const [what, value] of wrong) {
            const port = value as number;
            it(`are rejected if they are invalid: ${what}`, async () => {
                for (const End of [SockhopClient, SockhopServer]) {
                    expect(() => new End({ port }))
                        .to.throw(SockhopError, "port")
                        .with.property("code", "ERR_BAD_OPTION");
                }
                const c = client();
                const s = server();
                c.port = s.port = port;
                for (const error of await Promise.all([rejection(c.connect()), rejection(s.listen())])) {
                    expect(error).to.be.instanceOf(SockhopError).with.property("code", "ERR_BAD_OPTION");
                }
                expect([c.connected, s.server.listening]).to.deep.equal([false, false]);
                s.port = 0;
                await s.listen();
                c.port = s.get_bound_port()!;
                await c.connect();
            });
        }

        it("accept strings of digits, like node's net", async () => {
            const s = server({ port: "0" as unknown as number });
            await s.listen();
            const port = String(s.get_bound_port()) as unknown as number;
            const c = client({ port });
            await c.connect();
            await c.disconnect();
            c.port = port;
            await c.connect();
        });

        it("are ignored if there is a path", () => {
            const port = "abc" as unknown as number;
            expect(new SockhopClient({ path: "/p", port }).path).to.equal("/p");
        });
    });

    describe("that are addresses", () => {
        const wrong: [string, object][] = [
            ["a path that is a number", { path: 5 }],
            ["a path that is an object", { path: {} }],
            ["a path with a zero in it", { path: "/tmp/a\0b" }],
            ["an address that is an object", { address: {} }],
            ["an address that is a number", { address: 127 }],
            ["a name that is a number", { name: 5 }],
            ["an empty name", { name: "" }],
        ];
        for (const [what, options] of wrong) {
            it(`are rejected: ${what}`, async () => {
                for (const End of [SockhopClient, SockhopServer]) {
                    expect(() => new End(options))
                        .to.throw(SockhopError)
                        .with.property("code", "ERR_BAD_OPTION");
                }
                if ("name" in options) return; // validated once
                const c = Object.assign(client(), options);
                const s = Object.assign(server(), options);
                for (const error of await Promise.all([rejection(c.connect()), rejection(s.listen())])) {
                    expect(error).to.be.instanceOf(SockhopError).with.property("code", "ERR_BAD_OPTION");
                }
                expect([c.connected, s.server.listening]).to.deep.equal([false, false]);
            });
        }
    });

    describe("with an invalid type", () => {
        const wrong: [string, object][] = [
            ["session_type", { session_type: {} }],
            ["session_type", { session_type: () => undefined }],
            ["session_type", { session_type: "Session" }],
            ["session_type", { session_type: class NoSession {} }],
            ["ssl_options", { ssl_options: "cert" }],
            ["session_timeout", { session_timeout: Symbol("soon") }],
            ["session_timeout", { session_timeout: true }],
            ["session_timeout", { session_timeout: [5] }],
            ["max_connections", { max_connections: Symbol("many") }],
            ["mode", { mode: Symbol("mode") }],
        ];
        for (const [name, options] of wrong) {
            it(`are rejected at once: ${name} that is ${String(Object.values(options)[0])}`, () => {
                expect(() => new SockhopServer(options))
                    .to.throw(SockhopError, name)
                    .with.property("code", "ERR_BAD_OPTION");
            });
        }

        it("are rejected at once: a queue that is not an object", () => {
            expect(() => new SockhopClient({ queue: "yes" as unknown as true }))
                .to.throw(SockhopError, "queue")
                .with.property("code", "ERR_BAD_OPTION");
        });

        it("use the default where sockhop 1.x does", () => {
            const options = {
                peer_type: 5,
                terminator: 5,
                session_type: null,
                ssl_options: null,
                path: false,
                address: 0,
            };
            const s = new SockhopServer(options as unknown as ServerOptions);
            expect([s.path, s.address, s.port]).to.deep.equal([null, "127.0.0.1", 50000]);
        });

        it("report an error of the connection if session_type creates no session", async () => {
            const NoSession = Object.assign(
                function () {
                    return {};
                },
                { prototype: SockhopSession.prototype },
            );
            const s = server({ session_type: NoSession as unknown as typeof SockhopSession });
            await s.listen();
            const failed = once(s, "error");
            const c = client({ port: s.get_bound_port()! });
            await c.connect();
            const disconnected = once(c, "disconnect");
            expect((await failed)[0])
                .to.be.instanceOf(SockhopError)
                .with.property("code", "ERR_BAD_OPTION");
            await disconnected;
        });
    });

    describe("of a TLS server", () => {
        it("cause one warning if there is no certificate", async () => {
            const heard = warnings();
            for (const options of [
                { ssl: true },
                { ssl: true, ssl_options: {} },
                { ssl_options: { rejectUnauthorized: false } },
            ]) {
                new SockhopServer(options);
            }
            await turns(2);
            expect(heard.map(({ message }) => message)).to.deep.equal(
                Array(3).fill("A TLS server needs a certificate: set ssl_options.key and cert, or pfx"),
            );
        });

        it("cause no warning if the identity of the server comes from elsewhere, or for a client", async () => {
            const heard = warnings();
            new SockhopServer({ ssl_options: { SNICallback: () => undefined } });
            new SockhopServer({ ssl_options: { pskCallback: () => null } });
            new SockhopServer({ ssl: false });
            new SockhopClient({ ssl: true });
            await turns(2);
            expect(heard).to.deep.equal([]);
        });
    });

    it("accept null", () => {
        expect(new SockhopClient(null).port).to.equal(50000);
        expect(new SockhopServer(null).port).to.equal(50000);
    });

    it("accept objects of another realm", async () => {
        const options = vm.runInNewContext(
            `({ port: 0, terminator: ["\\r\\n", "\\n"], ssl_options: {} })`,
        ) as ServerOptions;
        const s = server(options);
        await s.listen();
        const c = client({ port: s.get_bound_port()!, terminator: ["\n", "\r\n"] });
        await c.connect();
        const arrived = once(s, "receive");
        await c.send(5);
        expect((await arrived)[0]).to.equal(5);
    });

    describe("with unknown names", () => {
        // The process warns once for each name, so every test uses its own names.
        const cases: [string, string | undefined][] = [
            ["prot", "port"],
            ["pot", "port"],
            ["adress", "address"],
            ["autoReconnect", "auto_reconnect"],
            ["auto-reconnect", "auto_reconnect"],
            ["conect_timeout", "connect_timeout"],
            ["terminater", "terminator"],
            ["max_message", undefined],
            ["colour", undefined],
            ["__proto__x", undefined],
        ];
        for (const [name, meant] of cases) {
            it(`cause one warning: ${name}`, async () => {
                const heard = warnings();
                for (let n = 0; n < 2; n++) {
                    new SockhopClient({ [name]: 1 });
                    new SockhopServer({ [name]: 1 });
                }
                await turns(1);
                const hint = meant === undefined ? "" : `: did you mean "${meant}"?`;
                expect(heard.map(({ message }) => message)).to.deep.equal([`Unknown option "${name}"${hint}`]);
            });
        }

        it("include no name of an option or a documented member", async () => {
            const heard = warnings();
            const known = {
                auto_reconnect_interval: 5,
                mode: 0o600,
                queue: true,
                session_timeout: 5,
                connect_timeout: 5,
            };
            const others = { allow_binary_mode: false, compatibility_mode: true, handshake_timeout: 5 };
            new SockhopServer({ ...known, ...others });
            new SockhopClient({ ...known, ...others });
            await turns(1);
            expect(heard).to.deep.equal([]);
        });
    });

    it("reject an empty terminator at once", () => {
        expect(() => new SockhopServer({ terminator: "" }))
            .to.throw(SockhopError)
            .with.property("code", "ERR_BAD_OPTION");
    });
});
