import { expect } from "chai";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type net from "node:net";
import {
    type ServerOptions,
    type SockhopClient,
    type SockhopError,
    type SockhopServer,
    SockhopSession,
} from "../../../src";
import { turns, until } from "../../support/eventLoop";
import { valuesOf } from "../../support/events";
import { announced, client, crowd, later, pair, placeOf, raw, rejection, server } from "../../support/pair";
import { RESUME, cut, cutOff, reasonOfEnd, resumable } from "../../support/resume";
import { odd } from "../../support/states";

/** Resolves to the values of each client when all have received `"end"`, which is sent to all. */
async function allOf(s: SockhopServer, values: unknown[][]): Promise<unknown[][]> {
    await s.sendall("end");
    await until(() => values.every((received) => received.includes("end")));
    return values.map((received) => received.filter((value) => value !== "end"));
}

/** Connects a client for each codec to a server. */
async function mixed(
    codecs: (string | undefined)[],
    options: ServerOptions,
): Promise<{ s: SockhopServer; clients: SockhopClient[] }> {
    const s = server(options);
    await s.listen();
    const clients = codecs.map((codec) => client({ ...placeOf(s), ...(codec ? { codec: odd(codec) } : {}) }));
    const accepted = announced(s, codecs.length);
    for (const c of clients) await c.connect();
    await accepted;
    return { s, clients };
}

describe("groups", () => {
    it("get what is sent to them while they have joined, in the order of the calls", async () => {
        const { s, clients } = await crowd(3);
        const values = clients.map(valuesOf);
        const [first, second] = s.sessions;
        void first!.join("a");
        void second!.join("a");
        void second!.join("b");
        expect(await s.group("a").sendall(1)).to.deep.equal([undefined, undefined]);
        void s.group("a").sendall(2);
        void s.group("b").sendall(3);
        void s.group("a").sendall(4);
        void s.sendall(5);
        void second!.send(6);
        void s.group("b").sendall(7);
        void second!.leave("a");
        void s.group("a").sendall(8);
        void s.group("b").sendall(9);
        expect(await allOf(s, values)).to.deep.equal([[1, 2, 4, 5, 8], [1, 2, 3, 4, 5, 6, 7, 9], [5]]);
    });

    it("have a name, and the sessions that have joined; may be empty", async () => {
        const { s } = await crowd(3);
        const [first, second, third] = s.sessions;
        const group = s.group("lobby");
        expect([group.name, group.sessions, await group.sendall("nobody")]).to.deep.equal(["lobby", [], []]);
        for (const session of [third, first]) await session!.join("lobby");
        expect(group.sessions).to.deep.equal([third, first]);
        expect([...third!.groups, ...second!.groups]).to.deep.equal(["lobby"]);
        await first!.kill();
        expect([group.sessions, s.group("lobby").sessions]).to.deep.equal([[third], [third]]);
    });

    it("throw or reject for an invalid name", async () => {
        const { s } = await crowd(1);
        const [session] = s.sessions;
        for (const name of ["", "x".repeat(201), undefined, null, 5, {}]) {
            expect(() => s.group(odd(name)))
                .to.throw()
                .with.property("code", "ERR_BAD_OPTION");
            expect((await rejection(session!.join(odd(name)))).code).to.equal("ERR_BAD_OPTION");
            expect((await rejection(session!.leave(odd(name)))).code).to.equal("ERR_BAD_OPTION");
        }
        expect(session!.groups.size).to.equal(0);
    });

    it("take the options of sendall()", async () => {
        const { s, clients } = await crowd(3);
        const values = clients.map(valuesOf);
        const types: unknown[] = [];
        clients[1]!.on("receive", (_value, { type }) => types.push(type));
        const [first, second] = s.sessions;
        for (const session of s.sessions.slice(0, 2)) void session.join("a");
        const group = s.group("a");
        expect(await group.sendall(1, { except: first! })).to.have.length(1);
        expect(await group.sendall(2, { except: [second!.sock] })).to.have.length(1);
        expect(await group.sendall(3, { except: s.sessions[2]! })).to.have.length(2);
        expect(await group.sendall(4, { type: "Four", local: true })).to.have.length(2);
        expect(await group.sendall(5, null)).to.have.length(2);
        for (const options of [{ type: 5 }, { except: 5 }]) {
            expect((await rejection(group.sendall(6, odd(options)))).code).to.equal("ERR_BAD_OPTION");
        }
        expect((await rejection(group.sendall(() => 1))).code).to.equal("ERR_BAD_DATA");
        expect(await allOf(s, values)).to.deep.equal([[2, 3, 4, 5], [1, 3, 4, 5], []]);
        expect(types).to.deep.equal(["Number", "Number", "Four", "Number", "String"]);
    });

    it("reject with the failures of their connections", async () => {
        const { s } = await crowd(2);
        for (const session of s.sessions) void session.join("a");
        const [socket] = s.sockets;
        const sent = s.group("a").sendall("x".repeat(100));
        socket!.destroy();
        await sent; // it was written before
        const value = {
            get cut(): number {
                s.sockets[0]!.destroy();
                return 1;
            },
        };
        const error = (await rejection(s.group("a").sendall(value))) as SockhopError;
        expect([error.code, error.failures!.length]).to.deep.equal(["ERR_SOCKET_DESTROYED", 1]);
        expect(await s.group("a").sendall("gone")).to.deep.equal([]);
    });

    it("are joined in start(), of any kind; the first message follows it", async () => {
        for (const isAsync of [false, true]) {
            let proceed: (() => void) | undefined;
            class Member extends SockhopSession {
                override start(): unknown {
                    void this.join("a");
                    return isAsync ? new Promise<void>((resolve) => (proceed = resolve)) : undefined;
                }
            }
            const s = server({ session_type: Member });
            await s.listen();
            const c = client(placeOf(s));
            const values = valuesOf(c);
            await c.connect();
            if (isAsync) {
                await until(() => proceed !== undefined);
                expect([s.group("a").sessions, await s.group("a").sendall("early")]).to.deep.equal([[], []]);
                proceed!();
            }
            await until(() => s.group("a").sessions.length === 1);
            await s.group("a").sendall("late");
            expect(await allOf(s, [values])).to.deep.equal([["late"]]);
        }
    });

    it("are joined in the constructor of a session, with and without arguments of super()", async () => {
        const codes: unknown[] = [];
        class Passing extends SockhopSession {
            constructor(socket: net.Socket, own: SockhopServer) {
                super(socket, own);
                void this.join("a");
            }
        }
        class Plain extends SockhopSession {
            constructor() {
                super();
                codes.push([...this.groups].length);
                for (const promise of [this.join("a"), this.leave("a")]) {
                    void promise.catch((error: unknown) => codes.push((error as SockhopError).code));
                }
            }

            override start(): unknown {
                return this.join("b");
            }
        }
        const { s } = await pair({ session_type: Passing });
        expect(s.group("a").sessions).to.deep.equal(s.sessions);
        const { s: other } = await pair({ session_type: Plain });
        expect(codes).to.deep.equal([0, "ERR_NO_SOCKET", "ERR_NO_SOCKET"]);
        expect(other.group("b").sessions).to.deep.equal(other.sessions);
    });

    it("work with sessions behind a Proxy, and with a server behind one", async () => {
        class Proxied extends SockhopSession {
            constructor(...args: [net.Socket, SockhopServer]) {
                super(...args);
                // eslint-disable-next-line no-constructor-return
                return new Proxy(this, {});
            }
        }
        const { s, c } = await pair({ session_type: Proxied });
        const values = valuesOf(c);
        const [session] = s.sessions;
        await session!.join("a");
        for (const front of [new Proxy(s, {}), Object.create(s) as SockhopServer]) {
            expect(front.group("a").sessions).to.deep.equal([session]);
            await front.group("a").sendall("x");
        }
        await session!.leave("a");
        expect(await allOf(s, [values])).to.deep.equal([["x", "x"]]);
    });

    it("leave a member of an earlier program alone", async () => {
        class Own extends SockhopSession {
            constructor(...args: [net.Socket, SockhopServer]) {
                super(...args);
                Object.assign(this, { groups: ["mine"] });
            }
        }
        const { s } = await pair({ session_type: Own });
        const [session] = s.sessions;
        expect(session!.groups).to.deep.equal(["mine"]);
        await session!.join("a");
        expect(s.group("a").sessions).to.deep.equal([session]);
    });

    it("do not mix with those of another server", async () => {
        const [one, two] = [await pair(), await pair()];
        await one.s.sessions[0]!.join("a");
        expect(two.s.group("a").sessions).to.deep.equal([]);
    });

    it("are kept over close() and listen() of the server, as names", async () => {
        const { s } = await pair();
        const group = s.group("a");
        await s.sessions[0]!.join("a");
        await s.close();
        expect([group.sessions, await group.sendall("x")]).to.deep.equal([[], []]);
        await s.listen();
        const c = client(placeOf(s));
        const connected = once(s, "connect");
        await c.connect();
        await connected;
        expect(group.sessions).to.deep.equal([]);
        await s.sessions[0]!.join("a");
        expect(group.sessions).to.deep.equal(s.sessions);
    });

    it("count messages once for each member, in stats and diagnostics", async () => {
        const { s } = await crowd(3);
        for (const session of s.sessions.slice(1)) void session.join("a");
        void s.sessions[1]!.join("b");
        const published: unknown[] = [];
        const onSent = (message: unknown): void => {
            const { endpoint, socket, type } = message as { endpoint: unknown; socket: net.Socket; type: string };
            if (endpoint === s) published.push([s.sockets.indexOf(socket), type]);
        };
        subscribe("sockhop:message:sent", onSent);
        later(() => unsubscribe("sockhop:message:sent", onSent));
        void s.group("a").sendall(1);
        void s.group("b").sendall("2");
        await s.group("a").sendall({});
        expect(published).to.deep.equal([
            [1, "Number"],
            [2, "Number"],
            [1, "String"],
            [1, "Object"],
            [2, "Object"],
        ]);
        expect(s.sessions.map(({ stats }) => stats.messages_sent)).to.deep.equal([0, 3, 2]);
        expect(s.stats.messages_sent).to.equal(5);
    });
});

describe("a session that ends", () => {
    it("tells its groups in end(), and in handlers of disconnect", async () => {
        class Member extends SockhopSession {
            override async end(): Promise<void> {
                for (const name of this.groups) void this.server.group(name).sendall(`end ${name}`);
                await turns(2);
                for (const name of this.groups) void this.server.group(name).sendall(`ended ${name}`);
            }
        }
        const { s, clients } = await crowd(2, server({ session_type: Member }));
        const values = clients.map(valuesOf);
        for (const session of s.sessions) for (const name of ["a", "b"]) void session.join(name);
        const [leaving, staying] = s.sessions;
        s.on("disconnect", (_socket, session) => {
            for (const name of session.groups) void s.group(name).sendall(`disconnect ${name}`);
        });
        const disconnected = once(s, "disconnect");
        void leaving!.kill();
        expect(s.group("a").sessions).to.deep.equal([staying]);
        await disconnected;
        await turns(2);
        expect([...leaving!.groups]).to.deep.equal([]);
        await until(() => values[1]!.length === 6);
        expect(values[0]).to.deep.equal([]);
        expect(values[1]).to.deep.equal(["end", "ended", "disconnect"].flatMap((word) => [`${word} a`, `${word} b`]));
        expect((await rejection(leaving!.join("a"))).code).to.equal("ERR_SOCKET_DESTROYED");
        await leaving!.leave("a");
    });

    it("leaves when its client disconnects, is cut off, or sends nonsense", async () => {
        const s = server();
        s.on("error", () => undefined);
        await s.listen();
        for (const finish of ["end", "resetAndDestroy", "nonsense"] as const) {
            const accepted = once(s, "connect");
            const socket = await raw(s);
            const [, session] = (await accepted) as [net.Socket, SockhopSession];
            void session.join("a");
            const disconnected = reasonOfEnd(s);
            if (finish === "nonsense") socket.write("x\n".repeat(2000));
            else socket[finish]();
            await disconnected;
            await turns(2);
            expect([s.group("a").sessions, [...session.groups]], finish).to.deep.equal([[], []]);
        }
    });
});

describe("groups and resume", () => {
    it("are kept over an interruption, and messages of it arrive", async () => {
        const { s, c } = await resumable();
        const values = valuesOf(c);
        const [session] = s.sessions;
        await session!.join("a");
        await cut(s, c);
        expect([s.group("a").sessions, [...session!.groups]]).to.deep.equal([[session], ["a"]]);
        const interrupted = once(s, "interrupted");
        const resumed = once(s, "resumed");
        c.socket!.destroy();
        await interrupted;
        void s.group("a").sendall("missed");
        void session!.join("b");
        void s.group("b").sendall("missed, too");
        await resumed;
        expect(await allOf(s, [values])).to.deep.equal([["missed", "missed, too"]]);
    });

    it("are left when the connection is not resumed", async () => {
        const { s } = await resumable({ ...RESUME, resume: { timeout: 50 } });
        const [session] = s.sessions;
        await session!.join("a");
        const ended = reasonOfEnd(s);
        await cutOff(s);
        expect(s.group("a").sessions).to.deep.equal([session]);
        expect((await ended).code).to.equal("NOT_RESUMED");
        await turns(2);
        expect([s.group("a").sessions, [...session!.groups]]).to.deep.equal([[], []]);
    });
});

describe("groups with several codecs", () => {
    it("get each value in the codec of the connection, in order", async () => {
        const { s, clients } = await mixed(["binary", undefined, "binary", undefined], { codec: "binary" });
        const values = clients.map(valuesOf);
        const [first, second, third, fourth] = s.sessions;
        for (const session of [first, second, third]) void session!.join("a");
        for (const session of [second, third, fourth]) void session!.join("b");
        const at = new Date(0);
        for (let n = 0; n < 3; n++) {
            void s.group("a").sendall({ n, at });
            void s.group("b").sendall([n]);
            void third!.send(n);
        }
        const [one, two, three, four] = await allOf(s, values);
        const dates = [0, 1, 2].map((n) => ({ n, at }));
        const texts = [0, 1, 2].map((n) => ({ n, at: at.toJSON() }));
        expect(one).to.deep.equal(dates);
        expect(two).to.deep.equal(texts.flatMap((value, n) => [value, [n]]));
        expect(three).to.deep.equal(dates.flatMap((value, n) => [value, [n], n]));
        expect(four).to.deep.equal([[0], [1], [2]]);
    });

    it("skip those whose codec cannot express a value", async () => {
        const { s, clients } = await mixed(["binary", undefined], { codec: "binary" });
        const values = clients.map(valuesOf);
        for (const session of s.sessions) for (const name of ["a", "b"]) void session.join(name);
        void s.group("b").sendall(1);
        const refused = s.group("a").sendall(2n);
        void s.group("b").sendall(3);
        const error = (await rejection(refused)) as SockhopError;
        expect([error.code, error.failures!.map(({ socket }) => s.sockets.indexOf(socket))]).to.deep.equal([
            "ERR_BAD_DATA",
            [1],
        ]);
        expect(await allOf(s, values)).to.deep.equal([
            [1, 2n, 3],
            [1, 3],
        ]);
    });
});

describe("groups and code of the program that calls back", () => {
    it("send to those that were members when the call began", async () => {
        const { s, clients } = await crowd(3);
        const values = clients.map(valuesOf);
        const [first, second, third] = s.sessions;
        void first!.join("a");
        void second!.join("a");
        const value = {
            toJSON(): string {
                void first!.leave("a");
                void third!.join("a");
                void s.group("a").sendall("inner");
                return "outer";
            },
        };
        await s.group("a").sendall(value, { type: "String" });
        expect(await allOf(s, values)).to.deep.equal([["outer"], ["inner", "outer"], ["inner"]]);
    });

    it("may end a member in a getter of the value", async () => {
        const { s, clients } = await crowd(2);
        const values = clients.map(valuesOf);
        for (const session of s.sessions) void session.join("a");
        const value = {
            get last(): string {
                void s.sessions[0]!.kill();
                return "x";
            },
        };
        const error = (await rejection(s.group("a").sendall(value))) as SockhopError;
        expect([error.code, error.failures!.length]).to.deep.equal(["ERR_SOCKET_DESTROYED", 1]);
        expect(s.group("a").sessions).to.deep.equal(s.sessions);
        expect(await allOf(s, values.slice(1))).to.deep.equal([[{ last: "x" }]]);
    });

    it("may join, leave and send in handlers", async () => {
        const { s, clients } = await crowd(2);
        const values = clients.map(valuesOf);
        s.on("receive", (value: string, { session }) => {
            const [word, name] = value.split(" ") as ["join" | "leave", string];
            if (word === "leave") void s.group(name).sendall(value);
            void session[word](name);
            if (word === "join") void s.group(name).sendall(value);
        });
        await clients[0]!.send("join a");
        await until(() => values[0]!.length === 1);
        await clients[1]!.send("join a");
        await until(() => values[1]!.length === 1);
        await clients[0]!.send("leave a");
        await until(() => values[1]!.length === 2);
        await clients[1]!.send("leave a");
        await until(() => s.group("a").sessions.length === 0);
        expect(await allOf(s, values)).to.deep.equal([
            ["join a", "join a", "leave a"],
            ["join a", "leave a", "leave a"],
        ]);
    });
});
