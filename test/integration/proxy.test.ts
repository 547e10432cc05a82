import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { Duplex, type DuplexOptions } from "node:stream";
import vm from "node:vm";
import { SockhopClient, SockhopServer, SockhopSession } from "../../src";
import { hookSocket } from "../../src/connection/socketHooks";
import type { Connection } from "../../src/connection/Connection";
import { client, later, pair, received, rejection, server } from "../support/pair";
import { until } from "../support/eventLoop";

/** A method and its object. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- of any class
function bound(method: Function, object: object): unknown {
    return method.bind(object);
}

/** Wrappers that programs put around an object. */
const wrappings: Record<string, <T extends object>(target: T) => T> = {
    "a Proxy": (target) => new Proxy(target, {}),
    "a Proxy of a Proxy": (target) => new Proxy(new Proxy(target, {}), {}),
    "a Proxy that binds methods to itself": <T extends object>(target: T) => {
        const proxy: T = new Proxy(target, {
            get(object, name, receiver) {
                const value: unknown = Reflect.get(object, name, receiver);
                return typeof value === "function" ? bound(value, proxy) : value;
            },
        });
        return proxy;
    },
    "a Proxy that binds methods to its target": (target) =>
        new Proxy(target, {
            get(object, name) {
                const value: unknown = Reflect.get(object, name);
                return typeof value === "function" ? bound(value, object) : value;
            },
        }),
    "an object that inherits from it": (target) => Object.create(target) as typeof target,
};

/** Getters of a class and its base classes, including those of node. */
function getters(prototype: object): string[] {
    const names: string[] = [];
    for (let at = prototype; "on" in at && !Object.hasOwn(at, "on"); at = Object.getPrototypeOf(at) as object) {
        for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
            if (descriptor.get && !name.startsWith("_")) names.push(name);
        }
    }
    return names;
}

function read(object: object, name: string): void {
    expect(() => void Reflect.get(object, name), name).not.to.throw();
}

for (const [how, wrap] of Object.entries(wrappings)) {
    describe(`behind ${how}`, () => {
        it("has the same members on a client", async () => {
            const s = server();
            await s.listen();
            s.on("receive", (value, { callback }) => callback?.(value));
            s.on("request", (request, response) => void response.send(request.data));
            const c = wrap(client({ port: s.get_bound_port()!, auto_reconnect_interval: 1 }));
            const seen: string[] = [];
            c.on("connect", () => seen.push("connect")).on("disconnect", () => seen.push("disconnect"));
            await c.connect();
            await c.connect();
            expect([c.connected, c.socket?.destroyed, c.get_bound_address()]).to.deep.equal([true, false, "127.0.0.1"]);
            await c.send("plain");
            expect(await new Promise((resolve) => void c.send("asked", resolve))).to.equal("asked");
            expect(await c.ask("asked")).to.equal("asked");
            expect((await (await c.request("requested")).next()).data).to.equal("requested");
            c.ping(1);
            await until(() => c.stats.round_trip !== undefined);
            for (const name of getters(SockhopClient.prototype)) read(c, name);
            c.auto_reconnect = true;
            expect(c.auto_reconnect).to.equal(true);
            for (const socket of s.sockets) await s.kill_socket(socket);
            await once(c, "connect");
            await c.disconnect();
            expect([c.connected, c.auto_reconnect, c.socket]).to.deep.equal([false, false, null]);
            expect(seen).to.deep.equal(["connect", "disconnect", "connect", "disconnect"]);
            await c.connect();
            await c[Symbol.asyncDispose]();
        });

        it("has the same members on a server and its sessions", async () => {
            const s = wrap(server());
            await Promise.all([s.listen(), s.listen()]);
            s.on("receive", (value, { callback }) => callback?.(value));
            const c = client({ port: s.get_bound_port()! });
            c.on("request", (request, response) => void response.send(request.data));
            const connected = once(s, "connect");
            await c.connect();
            const [socket, plain] = (await connected) as [net.Socket, SockhopSession];
            const session = wrap(plain);
            expect([s.sockets, s.sessions]).to.deep.equal([[socket], [plain]]);
            expect([session.sock, session.server.sockets]).to.deep.equal([socket, [socket]]);
            const values = received(c, 3);
            await s.send(socket, 1);
            await s.sendall(2);
            await session.send(3);
            expect(await values).to.deep.equal([1, 2, 3]);
            expect([await s.ask(socket, 4), await session.ask(5)]).to.deep.equal([4, 5]);
            expect((await (await s.request(socket, 6)).next()).data).to.equal(6);
            expect((await (await session.request(7)).next()).data).to.equal(7);
            s.ping(1);
            await until(() => session.stats.round_trip !== undefined);
            for (const name of getters(SockhopServer.prototype)) read(s, name);
            for (const name of getters(SockhopSession.prototype)) read(session, name);
            expect(s.get_bound_address()).to.equal("127.0.0.1");
            const later = once(s, "later");
            s.emit_async("later");
            await later;
            await session.kill();
            await s.kill_socket(socket);
            expect(await s.disconnect()).to.deep.equal([]);
            await s.close();
            await s.listen();
            await s[Symbol.asyncDispose]();
        });
    });
}

it("works for a session whose constructor returns a Proxy", async () => {
    class Wrapped extends SockhopSession {
        constructor(sock?: net.Socket, owner?: SockhopServer) {
            super(sock, owner);
            return new Proxy(this, {});
        }
    }
    const { s, c, socket } = await pair({ session_type: Wrapped }, {});
    const values = received(c, 1);
    await s.sessions[0]!.send("hello");
    expect([await values, s.sessions[0]!.sock]).to.deep.equal([["hello"], socket]);
});

it("has no connection for a session that the program has created", async () => {
    const session = new SockhopSession();
    for (const call of [session.send(1), session.request(1), session.ask(1), session.kill()]) {
        expect(await rejection(call)).to.have.property("code", "ERR_NO_SOCKET");
    }
    expect([session.buffered, session.stats.connections]).to.deep.equal([0, 0]);
});

describe("socket assigned to a client", () => {
    it("is rejected if it is not a socket, and nothing changes", async () => {
        const { c } = await pair();
        const { socket } = c;
        for (const value of [5, "socket", {}, [], true, () => undefined, new AbortController()]) {
            expect(() => (c.socket = value as unknown as net.Socket))
                .to.throw()
                .with.property("code", "ERR_NO_SOCKET");
        }
        expect([c.connected, c.socket]).to.deep.equal([true, socket]);
    });

    it("may be a Duplex, which has no address", async () => {
        const sent: string[] = [];
        const options: DuplexOptions = {
            read() {
                // Reads pushed data.
            },
            write(chunk: Buffer, _encoding, done) {
                sent.push(String(chunk));
                done();
            },
        };
        const duplex = new Duplex(options);
        const c = client();
        c.socket = duplex as net.Socket;
        const values = received(c, 1);
        duplex.push('{"type":"Number","data":5}\n');
        expect(await values).to.deep.equal([5]);
        await c.send(6);
        expect([sent, c.get_bound_address()]).to.deep.equal([['{"type":"Number","data":6}\n'], undefined]);
        await c.disconnect({ timeout: 0 });
        expect(duplex.destroyed).to.equal(true);
    });

    it("may be closed already", async () => {
        const closed = new net.Socket().destroy();
        await once(closed, "close");
        for (const socket of [new net.Socket().destroy(), closed]) {
            const c = client();
            c.socket = socket;
            expect(await rejection(c.send(1))).to.have.property("code", "ERR_SOCKET_DESTROYED");
            await until(() => c.socket === null);
        }
    });

    it("is removed from its previous client", async () => {
        const { c, socket, s } = await pair();
        const other = client();
        const events: string[] = [];
        c.on("disconnect", () => events.push("disconnect")).on("receive", () => events.push("receive"));
        other.socket = c.socket;
        expect([c.connected, c.socket, events]).to.deep.equal([false, null, ["disconnect"]]);
        const values = received(other, 1);
        await s.send(socket, "hello");
        expect(await values).to.deep.equal(["hello"]);
        const arrived = once(s, "receive");
        await other.send("hello, too");
        expect((await arrived)[0]).to.equal("hello, too");
        expect(await rejection(c.send(1))).to.have.property("code", "ERR_SOCKET_DESTROYED");
        await c.disconnect();
        expect(other.socket?.destroyed).to.equal(false);
        expect(events).to.deep.equal(["disconnect"]);
    });

    it("keeps the methods that a program or another copy of the library has put on it", () => {
        const file = require.resolve("../../src/connection/socketHooks");
        const first = require.cache[file];
        Reflect.deleteProperty(require.cache, file);
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- import() would give the same module
        const second = require(file) as { hookSocket: typeof hookSocket };
        require.cache[file] = first;
        expect(second.hookSocket).not.to.equal(hookSocket);

        const calls: string[] = [];
        const connection = (name: string): Connection =>
            ({ flush: () => calls.push(name), endpoint: {} }) as unknown as Connection;
        const socket = new net.Socket();
        const { end } = net.Socket.prototype as { end: (this: net.Socket) => net.Socket };
        Object.assign(socket, {
            end(this: net.Socket) {
                calls.push("program");
                return end.call(this);
            },
        });
        hookSocket(socket, connection("first"));
        second.hookSocket(socket, connection("second"));
        hookSocket(socket, connection("first again"));
        second.hookSocket(socket, connection("second again"));
        socket.end();
        expect(calls.splice(0)).to.deep.equal(["second again", "first again", "program"]);
        socket.destroy();
        expect(calls).to.deep.equal(["second again", "first again"]);
        expect(socket.destroyed).to.equal(true);
    });
});

describe("socket passed to a server", () => {
    it("may be of another class or realm: the error distinguishes sockets from other values", async () => {
        const { s, socket } = await pair();
        const foreign = vm.runInNewContext("({ on() {}, write() {}, end() {}, destroy() {} })") as net.Socket;
        expect(await rejection(s.send(foreign, 1))).to.have.property("code", "ERR_SOCKET_DESTROYED");
        await s.kill_socket(foreign);
        for (const value of [undefined, null, 5, "socket", {}]) {
            const none = value as net.Socket;
            for (const call of [s.send(none, 1), s.request(none, 1), s.ask(none, 1), s.kill_socket(none)]) {
                expect(await rejection(call)).to.have.property("code", "ERR_NO_SOCKET");
            }
        }
        await s.send(new Proxy(socket, {}), 1);
    });

    it("is ignored if it belongs to another server", async () => {
        const { s, c } = await pair();
        const { socket } = await pair();
        expect(await rejection(s.send(socket, 1))).to.have.property("code", "ERR_SOCKET_DESTROYED");
        await s.kill_socket(socket);
        expect(socket.destroyed).to.equal(false);
        expect(c.connected).to.equal(true);
        later(() => s.close());
    });
});
