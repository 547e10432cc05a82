import { expect } from "chai";
import { once } from "node:events";
import type net from "node:net";
import { SockhopClient, SockhopServer, SockhopSession, memory_engine } from "../../src";
import { until } from "../support/eventLoop";
import { valuesOf } from "../support/events";
import { client, crowd, later, pair, placeOf, server, socketPath } from "../support/pair";

/** Members that are newer than 1.8, and getters. */
const NEWER = {
    client: ["buffered", "codec", "resumable", "stats"],
    server: ["cluster", "stats"],
    session: ["buffered", "codec", "groups", "resumable", "stats"],
};

describe("a program for 1.x", () => {
    it("may have members of its own whose names are newer", async () => {
        const own = (value: object, names: string[]): unknown =>
            Object.assign(value, Object.fromEntries(names.map((name) => [name, `my ${name}`])));
        class Session extends SockhopSession {
            constructor(...args: [net.Socket, SockhopServer]) {
                super(...args);
                own(this, NEWER.session);
            }
        }
        const { s, c } = await pair({ session_type: Session });
        own(s, NEWER.server);
        own(c, NEWER.client);
        const [session] = s.sessions;
        const values = valuesOf(c);
        s.handle("Number", (value: number) => value + 1);
        expect(await c.ask(1)).to.equal(2);
        await session!.join("a");
        await s.group("a").sendall(3);
        await session!.flush();
        expect(values).to.deep.equal([3]);
        for (const [value, names] of [
            [c, NEWER.client],
            [s, NEWER.server],
            [session!, NEWER.session],
        ] as [object, string[]][]) {
            for (const name of names) expect(value).to.have.property(name, `my ${name}`);
        }
        expect([client().buffered, server().stats.connections, new SockhopSession().codec]).to.deep.equal([
            0,
            0,
            "json",
        ]);
    });

    it("has a send() of the server that sees each message of sendall()", async () => {
        class Stamping extends SockhopServer {
            override send(socket: net.Socket, value: unknown): Promise<void> {
                return super.send(socket, { stamped: value });
            }
        }
        const s = new Stamping({ path: socketPath() });
        later(() => s.close());
        const { clients } = await crowd(2, s);
        const values = clients.map(valuesOf);
        expect(await s.sendall(1)).to.deep.equal([undefined, undefined]);
        await s.sendall(2, { except: s.sessions[0]! });
        await until(() => values[1]!.length === 2);
        expect(values).to.deep.equal([[{ stamped: 1 }], [{ stamped: 1 }, 2]]);
    });

    it("has a send() of the server that keeps no broadcast from the other servers of a cluster", async () => {
        const engine = memory_engine(socketPath());
        const servers = [0, 1].map(() => server({ cluster: engine, path: socketPath() }));
        for (const s of servers) await s.listen();
        const [own, other] = servers as [SockhopServer, SockhopServer];
        own.send = () => Promise.reject(new Error("not for broadcasts"));
        const c = client(placeOf(other));
        await c.connect();
        const received = once(c, "receive");
        await own.sendall("to all");
        expect((await received)[0]).to.equal("to all");
    });

    it("has a connect() of the client that is called for each connection of auto_reconnect", async () => {
        class Named extends SockhopClient {
            override async connect(): Promise<void> {
                await super.connect();
                await this.send("login");
            }
        }
        const path = socketPath();
        const s = server({ path });
        const values = valuesOf(s);
        const c = new Named({ path, auto_reconnect_interval: 1 });
        later(() => c.disconnect());
        const failed = once(c, "reconnecting");
        c.auto_reconnect = true;
        await failed;
        await s.listen();
        await until(() => values.length === 1);
        await s.sessions[0]!.kill();
        await until(() => values.length === 2);
        expect(values).to.deep.equal(["login", "login"]);
    });

    it("has a connect() that turns auto_reconnect on, and is called once for each connection", async () => {
        let calls = 0;
        class Lasting extends SockhopClient {
            override connect(): Promise<void> {
                calls += 1;
                this.auto_reconnect = true;
                return super.connect();
            }
        }
        const s = server();
        await s.listen();
        const c = new Lasting({ ...placeOf(s), auto_reconnect_interval: 1 });
        later(() => c.disconnect());
        await c.connect();
        expect(calls).to.equal(1);
        const connected = once(c, "connect");
        await until(() => s.sessions.length === 1);
        await s.sessions[0]!.kill();
        await connected;
        expect(calls).to.equal(2);
    });

    it("has a connect() that may fail when auto_reconnect calls it", async () => {
        class Failing extends SockhopClient {
            override connect(): Promise<void> {
                throw new Error("not today");
            }
        }
        const s = server();
        await s.listen();
        const c = new Failing(placeOf(s));
        later(() => c.disconnect());
        const connected = once(c, "connect");
        c.auto_reconnect = true;
        await connected;
        expect(() => c.connect()).to.throw("not today");
    });
});
