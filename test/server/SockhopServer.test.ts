import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import net from "node:net";
import { SockhopError, SockhopServer } from "../../src";
import {
    announced,
    client,
    crowd,
    later,
    pair,
    placeOf,
    raw,
    received,
    rejection,
    server,
    socketPath,
} from "../support/pair";
import { turns, until } from "../support/eventLoop";
import { errorsOf } from "../support/events";
import { unhandled, warnings } from "../support/rejections";

describe("SockhopServer", () => {
    describe("listen()", () => {
        it("resolves to Node's server, on a free port", async () => {
            const s = server();
            const listener = await s.listen();
            expect(listener).to.equal(s.server);
            expect(listener.listening).to.equal(true);
            expect(s.get_bound_address()).to.equal("127.0.0.1");
            expect(s.get_bound_port()).to.equal((listener.address() as net.AddressInfo).port);
        });

        it("listens on a path", async () => {
            const path = socketPath();
            const s = server({ path });
            await s.listen();
            expect(existsSync(path)).to.equal(true);
            expect([s.get_bound_address(), s.get_bound_port()]).to.deep.equal([undefined, undefined]);
            await s.close();
            expect(existsSync(path)).to.equal(false);
        });

        it("returns the pending promise when called again", async () => {
            const s = server();
            expect(await Promise.all([s.listen(), s.listen()])).to.deep.equal([s.server, s.server]);
        });

        it("rejects when it listens already, and continues to listen", async () => {
            const s = server();
            await s.listen();
            expect(await rejection(s.listen())).to.have.property("code", "ERR_SERVER_ALREADY_LISTEN");
            await client(placeOf(s)).connect();
        });

        it("rejects for a port, path or callback, which are options of the constructor", async () => {
            const s = server();
            const listen = (argument: unknown): Promise<unknown> =>
                (s.listen as (argument: unknown) => Promise<unknown>).call(s, argument);
            for (const argument of [5000, 0, "/x.sock", "", () => undefined, true]) {
                const error = await rejection(listen(argument));
                expect(error).to.be.instanceOf(SockhopError).with.property("code", "ERR_BAD_OPTION");
                expect(error.message).to.include("constructor");
            }
            expect(s.server.listening).to.equal(false);
            await listen(null);
        });

        it("warns of options, which belong to the constructor, and listens", async () => {
            const heard = warnings();
            const s = server();
            await (s.listen as (options: object) => Promise<unknown>).call(s, { port: 5000 });
            await turns(2);
            expect(heard.map(({ message }) => message)).to.have.length(1);
            expect(heard[0]!.message).to.include("constructor");
            expect(s.server.listening).to.equal(true);
        });

        it("is an unhandled rejection if it fails, and neither its promise nor `error` is handled", async () => {
            const first = server();
            await first.listen();
            const port = first.get_bound_port()!;
            const reasons = unhandled();
            void server({ port }).listen();
            await until(() => reasons.length > 0);
            const quiet = server({ port });
            const failed = errorsOf(quiet);
            void quiet.listen();
            await until(() => failed.length > 0);
            await turns(3);
            expect(reasons.map((reason) => (reason as { code: string }).code)).to.deep.equal(["EADDRINUSE"]);
        });

        it("rejects with the system error, and emits it as an error event if there is a listener", async () => {
            const path = socketPath();
            await server({ path }).listen();
            const [deaf, listening] = [server({ path }), server({ path })];
            const errors: unknown[] = [];
            listening.on("error", (...args) => errors.push(args));
            expect(await rejection(deaf.listen())).to.have.property("code", "EADDRINUSE");
            const error = await rejection(listening.listen());
            expect(error).to.have.property("code", "EADDRINUSE");
            expect(errors).to.deep.equal([[error, null, null]]);
        });

        it("rejects for a file that is not a socket", async () => {
            const path = socketPath();
            writeFileSync(path, "precious");
            expect(await rejection(server({ path }).listen())).to.have.property("code", "EADDRINUSE");
            expect(existsSync(path)).to.equal(true);
        });

        it("can be called again after a failure", async () => {
            const first = server();
            await first.listen();
            const port = first.get_bound_port()!;
            const second = server({ port });
            await rejection(second.listen());
            await first.close();
            await second.listen();
            await client({ port }).connect();
        });
    });

    describe("close()", () => {
        it("closes every connection and resolves when they have closed", async () => {
            const s = server();
            await s.listen();
            const clients = Array.from({ length: 4 }, () => client(placeOf(s)));
            await Promise.all(clients.map((c) => c.connect()));
            const gone = clients.map((c) => once(c, "disconnect"));
            expect(await s.close()).to.equal(undefined);
            await Promise.all(gone);
            expect(s.sockets).to.deep.equal([]);
        });

        it("resolves on a server that does not listen, and when called again", async () => {
            const s = server();
            await s.close();
            await s.listen();
            await Promise.all([s.close(), s.close()]);
            await s.close();
        });

        it("lets the server listen again, in the same tick too", async () => {
            for (const options of [{}, { path: socketPath() }]) {
                const s = server(options);
                await s.listen();
                const before = s.server;
                const closing = s.close();
                await s.listen();
                await closing;
                expect(s.server).to.not.equal(before);
                const c = client(placeOf(s));
                const arrived = once(s, "receive");
                await c.connect();
                await c.send("works");
                expect((await arrived)[0]).to.equal("works");
                const place = placeOf(s);
                await s.close();
                expect(await rejection(client(place).connect()))
                    .to.have.property("code")
                    .that.matches(/ECONNREFUSED|ENOENT/);
            }
        });

        it("aborts listen() in the same tick", async () => {
            for (const options of [{}, { path: socketPath() }, { address: "localhost" }]) {
                const s = server(options);
                const listening = s.listen();
                const listener = s.server;
                await s.close();
                expect(listener.listening).to.equal(false);
                expect(await rejection(listening)).to.have.property("code", "ERR_ABORTED");
                await s.listen();
            }
        });

        it("waits a short time only for a peer that does not close", async () => {
            const s = server();
            await s.listen();
            const stubborn = net.connect({ port: s.get_bound_port()!, host: "127.0.0.1", allowHalfOpen: true });
            await once(stubborn, "connect");
            stubborn.on("error", () => undefined).resume();
            later(() => stubborn.destroy());
            await until(() => s.sockets.length === 1);
            const [socket] = s.sockets as [net.Socket];
            const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
            later(() => clock.uninstall());
            const closing = s.close();
            clock.tick(4999);
            expect(socket.destroyed).to.equal(false);
            clock.tick(1);
            await closing;
            expect(socket.destroyed).to.equal(true);
        });
    });

    describe("disconnect()", () => {
        it("destroys every connection, and continues to listen", async () => {
            const { s, clients } = await crowd(5);
            const gone = clients.map((c) => once(c, "disconnect"));
            let events = 0;
            const five = new Promise<void>((resolve) => {
                s.on("disconnect", () => {
                    events += 1;
                    if (events === 5) resolve();
                });
            });
            s.ping(1000);
            const all = s.disconnect();
            expect([s.sockets, events, s.interval_timer]).to.deep.equal([[], 0, null]);
            expect(await all).to.deep.equal(Array(5).fill(undefined));
            await Promise.all([...gone, five]);
            await clients[0]!.connect();
        });

        it("sends pending messages first", async () => {
            const { s, c, socket } = await pair();
            const large = "x".repeat(4 * 2 ** 20);
            const arrived = once(c, "receive");
            const sent = s.send(socket, large);
            await s.disconnect();
            await sent;
            expect((await arrived)[0]).to.equal(large);
        });

        it("emits no further messages, even of the current chunk", async () => {
            const s = server();
            await s.listen();
            const values: unknown[] = [];
            s.on("receive", (value) => {
                values.push(value);
                void s.disconnect();
            });
            const socket = await raw(s);
            const gone = once(s, "disconnect");
            socket.write('{"type":"Number","data":1}\n{"type":"Number","data":2}\n{"type":"SockhopPong","data":{}}\n');
            await gone;
            expect(values).to.deep.equal([1]);
        });
    });

    describe("send()", () => {
        it("rejects without a socket", async () => {
            const s = server();
            for (const none of [undefined, null, {}, "socket"]) {
                expect(await rejection(s.send(none as net.Socket, "x"))).to.have.property("code", "ERR_NO_SOCKET");
            }
        });

        it("rejects for a closed or unknown socket, and touches no other", async () => {
            const s = server();
            await s.listen();
            const [a, b] = [client(placeOf(s)), client(placeOf(s))];
            const first = once(s, "connect");
            await a.connect();
            const [socket] = (await first) as [net.Socket];
            const second = once(s, "connect");
            await b.connect();
            await second;
            const gone = once(s, "disconnect");
            await a.disconnect();
            await gone;
            let events = 0;
            s.on("disconnect", () => (events += 1));
            for (const stranger of [socket, new net.Socket()]) {
                expect(await rejection(s.send(stranger, "x"))).to.have.property("code", "ERR_SOCKET_DESTROYED");
            }
            expect([s.sockets.length, events]).to.deep.equal([1, 0]);
        });
    });

    describe("sendall()", () => {
        it("sends to every client", async () => {
            const { s, clients } = await crowd(3);
            const arrived = Promise.all(clients.map((c) => received(c, 2)));
            expect(await s.sendall({ a: 1 })).to.deep.equal(Array(3).fill(undefined));
            await s.sendall(null);
            expect(await arrived).to.deep.equal(Array(3).fill([{ a: 1 }, null]));
        });

        it("resolves to an empty array without clients, for any value", async () => {
            expect(await server().sendall(undefined)).to.deep.equal([]);
        });

        it("rejects for a value that cannot be sent", async () => {
            const { s } = await pair();
            expect(await rejection(s.sendall(undefined))).to.have.property("code", "ERR_BAD_DATA");
        });

        it("removes a destroyed socket, and skips no other", async () => {
            const { s, clients } = await crowd(3);
            const arrived = clients.slice(1).map((c) => once(c, "receive"));
            s.sockets[0]!.destroy();
            await s.sendall("hello");
            expect(s.sockets).to.have.length(2);
            expect((await Promise.all(arrived)).map(([value]) => value as unknown)).to.deep.equal(["hello", "hello"]);
        });

        it("rejects when a connection breaks during the call, and delivers to the others", async () => {
            const { s, socket } = await pair();
            const other = client(placeOf(s));
            const accepted = once(s, "connect");
            await other.connect();
            await accepted;
            const arrived = once(other, "receive");
            const large = "x".repeat(8 * 2 ** 20);
            const sent = rejection(s.sendall(large));
            socket.destroy();
            expect(await sent).to.have.property("code", "ERR_SOCKET_DESTROYED");
            expect((await arrived)[0]).to.equal(large);
        });
    });

    describe("ping()", () => {
        it("drops all silent peers in the same interval, and keeps those that reply", async () => {
            const s = server();
            await s.listen();
            const accepted = announced(s, 4);
            for (let n = 0; n < 3; n++) await raw(s);
            const alive = client(placeOf(s));
            await alive.connect();
            await accepted;
            const gone: unknown[] = [];
            const three = new Promise<void>((resolve) => {
                s.on("disconnect", (socket) => {
                    if (gone.push(socket) === 3) resolve();
                });
            });
            s.ping(20);
            await three;
            expect(s.sockets).to.have.length(1);
            expect(alive.connected).to.equal(true);
            expect([...s.pings.values()][0]!.some((ping) => !ping.unanswered())).to.equal(true);
            s.pings = new Map();
            expect([...s.pings.values()]).to.deep.equal([[]]);
        });
    });

    it("has no bound address before it listens", () => {
        for (const ask of [() => server().get_bound_address(), () => server().get_bound_port()]) {
            expect(ask).to.throw().with.property("code", "ERR_NO_SOCKET");
        }
    });

    it("emits in a later tick by emit_async()", async () => {
        const s = new SockhopServer();
        const emitted = once(s, "mine");
        s.emit_async("mine", 1, 2);
        expect(await emitted).to.deep.equal([1, 2]);
    });

    it("reports an accept error", async () => {
        const s = server();
        await s.listen();
        const told = new Promise((resolve) =>
            s.once("error", (...args: unknown[]) => {
                resolve(args);
            }),
        );
        const error = new Error("EMFILE");
        s.server.emit("error", error);
        expect(await told).to.deep.equal([error, null, null]);
    });
});
