import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { SockhopClient } from "../../src";
import { client, later, pair, placeOf, raw, rawServer, rejection, server, socketPath } from "../support/pair";

/** Replaces `net.createConnection` until the end of the test. */
function stubCreateConnection(stub: (...args: unknown[]) => net.Socket): void {
    const original = net.createConnection;
    net.createConnection = stub;
    later(() => {
        net.createConnection = original;
    });
}

describe("SockhopClient", () => {
    it("emits receive, and its socket still emits data", async () => {
        const { s, c, socket } = await pair();
        const heard: string[] = [];
        const listener = (chunk: Buffer): void => void heard.push(chunk.toString());
        const next = async (value: string): Promise<unknown> => {
            const received = once(c, "receive");
            await s.send(socket, value);
            return ((await received) as unknown[])[0];
        };
        expect(await next("before")).to.equal("before");
        c.socket!.on("data", listener);
        expect(await next("meanwhile")).to.equal("meanwhile");
        c.socket!.off("data", listener);
        expect(await next("after")).to.equal("after");
        expect(heard.join("")).to.equal('{"type":"String","data":"meanwhile"}\n');
    });

    describe("disconnect()", () => {
        it("has updated the state when the call returns", async () => {
            const { c, socket } = await pair();
            const gone = c.socket;
            const ended = once(socket, "end");
            c.auto_reconnect = true;
            c.ping(10);
            const log: unknown[] = [];
            c.on("disconnect", (old) => log.push([c.connected, old === gone, c.socket === gone]));
            const promise = c.disconnect();
            expect(log).to.deep.equal([[false, true, true]]);
            expect([c.connected, c.socket, c.auto_reconnect, c.interval_timer]).to.deep.equal([
                false,
                null,
                false,
                null,
            ]);
            expect(await promise).to.equal(undefined);
            await ended;
        });

        it("does nothing without a connection", async () => {
            const c = new SockhopClient();
            expect(await c.disconnect()).to.equal(undefined);
            const { c: used } = await pair();
            await used.disconnect();
            let again = 0;
            used.on("disconnect", () => (again += 1));
            await used.disconnect();
            expect(again).to.equal(0);
        });

        it("aborts connect() in the same tick", async () => {
            const s = server();
            await s.listen();
            const c = client(placeOf(s));
            const connecting = c.connect();
            await c.disconnect();
            expect(await rejection(connecting)).to.have.property("code", "ERR_ABORTED");
            expect(c.connected).to.equal(false);
            await c.connect();
        });

        it("aborts an attempt", async () => {
            const s = server();
            await s.listen();
            const c = client(placeOf(s));
            const { createConnection } = net;
            let disconnected!: Promise<void>;
            stubCreateConnection((...args) => {
                process.nextTick(() => (disconnected = c.disconnect()));
                return (createConnection as (...args: unknown[]) => net.Socket)(...args);
            });
            expect(await rejection(c.connect())).to.have.property("code", "ERR_ABORTED");
            await disconnected;
            net.createConnection = createConnection;
            expect(c.connected).to.equal(false);
            await c.connect();
        });

        it("sends pending messages first", async () => {
            const { s, c } = await pair();
            const large = "x".repeat(4 * 2 ** 20);
            const arrived = once(s, "receive");
            const sent = c.send(large);
            await c.disconnect();
            await sent;
            expect((await arrived)[0]).to.equal(large);
        });

        it("emits no further messages, even of the current chunk", async () => {
            const { port } = await rawServer((socket) =>
                socket.write('{"type":"Number","data":1}\n{"type":"Number","data":2}\n'),
            );
            const c = client({ port });
            const values: unknown[] = [];
            c.on("receive", (value) => {
                values.push(value);
                void c.disconnect();
            });
            const gone = once(c, "disconnect");
            await c.connect();
            await gone;
            expect(values).to.deep.equal([1]);
        });

        it("can be followed by connect() in a handler", async () => {
            const { s, c, socket } = await pair();
            const back = new Promise<void>((resolve, reject) => {
                c.once("disconnect", () => {
                    c.connect().then(resolve, reject);
                });
            });
            socket.destroy();
            await back;
            expect(c.connected).to.equal(true);
            expect(s.sockets).to.have.length(1);
        });
    });

    describe("disconnect event", () => {
        it("is emitted exactly once, for every cause", async () => {
            const ends: Record<string, (c: SockhopClient, socket: net.Socket) => void> = {
                "the peer's end": (_, socket) => socket.end(),
                "the peer's reset": (_, socket) => socket.resetAndDestroy(),
                "its own destroy()": (c) => c.socket!.destroy(),
                "a broken pipe": (c) => c.socket!.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
            };
            for (const [name, end] of Object.entries(ends)) {
                const { c, socket } = await pair();
                const mine = c.socket!;
                const gone: unknown[] = [];
                c.on("disconnect", (old) => gone.push(old));
                const closed = new Promise((resolve) => mine.once("close", resolve));
                end(c, socket);
                await closed;
                expect(gone, name).to.deep.equal([mine]);
                expect([c.connected, c.socket], name).to.deep.equal([false, null]);
            }
        });

        it("follows an error event for an unusual reason, if there is a listener", async () => {
            const reason = Object.assign(new Error("read ETIMEDOUT"), { code: "ETIMEDOUT" });
            const { c: deaf } = await pair();
            const { c: listening } = await pair();
            const errors: unknown[] = [];
            listening.on("error", (error, socket) => errors.push([error, socket === listening.socket]));
            for (const c of [deaf, listening]) {
                const gone = new Promise((resolve) => c.once("disconnect", resolve));
                c.socket!.destroy(reason);
                await gone;
            }
            expect(errors).to.deep.equal([[reason, true]]);
        });

        it("follows an error for a partial message, which is not delivered", async () => {
            let connections = 0;
            const codes: unknown[] = [];
            const { port } = await rawServer((socket) => {
                connections += 1;
                if (connections === 1) socket.end('{"type":"String","da');
                else socket.write('{"type":"String","data":"whole"}\n');
            });
            const c = client({ port, auto_reconnect_interval: 10 });
            c.on("error", ({ code }: NodeJS.ErrnoException) => codes.push(code));
            const arrived = new Promise((resolve) => c.once("receive", resolve)); // once() of Node rejects at "error"
            c.auto_reconnect = true;
            expect(await arrived).to.equal("whole");
            expect(codes).to.deep.equal(["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]);
        });
    });

    describe("send()", () => {
        it("rejects without a connection", async () => {
            const { c } = await pair();
            await c.disconnect();
            for (const idle of [new SockhopClient(), c]) {
                expect(await rejection(idle.send("x"))).to.have.property("code", "ERR_SOCKET_DESTROYED");
            }
        });

        it("lets the event loop run when awaited in a loop", async () => {
            const { c } = await pair();
            const turn = { over: false };
            setImmediate(() => (turn.over = true));
            let sends = 0;
            for (; !turn.over && sends < 5000; sends++) await c.send(sends);
            expect(sends).to.be.at.most(1000);
        });

        it("is buffered while connecting", async () => {
            const s = server();
            await s.listen();
            const arrived = once(s, "receive");
            const c = client(placeOf(s));
            const { createConnection } = net;
            let sent!: Promise<void>;
            stubCreateConnection((...args) => {
                process.nextTick(() => (sent = c.send("early")));
                return (createConnection as (...args: unknown[]) => net.Socket)(...args);
            });
            await c.connect();
            await sent;
            expect((await arrived)[0]).to.equal("early");
        });

        it("rejects when the connection breaks before the write ends", async () => {
            const { c, socket } = await pair();
            socket.pause();
            const sends = [c.send("x".repeat(64 * 2 ** 20)), c.send("behind it")].map(rejection);
            c.socket!.destroy();
            for (const error of await Promise.all(sends)) {
                expect(error).to.have.property("code", "ERR_SOCKET_DESTROYED");
            }
        });

        it("rejects on a socket that the user has ended", async () => {
            const { c } = await pair();
            c.socket!.end();
            expect(await rejection(c.send("x"))).to.have.property("code", "ERR_SOCKET_DESTROYED");
        });
    });

    describe("ping()", () => {
        it("drops a silent server, and continues with the next connection", async () => {
            const s = server();
            await s.listen();
            const c = client({ ...placeOf(s), auto_reconnect_interval: 10 });
            const accepted = once(s, "connect");
            await c.connect();
            const [socket] = (await accepted) as [net.Socket];
            c.auto_reconnect = true;
            c.ping(10);
            socket.pause();
            await once(c, "disconnect");
            expect(c.pings).to.deep.equal([]);
            await once(c, "connect");
            expect(c.interval_timer).to.not.equal(null);
        });

        it("keeps a server that replies", async () => {
            const { c } = await pair();
            c.on("disconnect", () => {
                throw new Error("unexpected");
            });
            c.ping(5);
            const answered = new Promise<void>((resolve) => {
                const check = setInterval(() => {
                    if (c.pings.length < 4 || c.pings.some((ping) => ping.unanswered())) return;
                    clearInterval(check);
                    resolve();
                }, 1);
            });
            await answered;
            c.pings = [];
            expect(c.pings).to.deep.equal([]);
            c.removeAllListeners("disconnect");
        });
    });

    it("accepts a socket of the user", async () => {
        const s = server();
        await s.listen();
        const c = client();
        const connects: unknown[] = [];
        c.on("connect", (socket) => connects.push(socket));
        const accepted = once(s, "connect");
        c.socket = await raw(s);
        const [socket] = (await accepted) as [net.Socket];
        const there = once(s, "receive");
        const back = once(c, "receive");
        await c.send("there");
        await s.send(socket, "back");
        expect([(await there)[0], (await back)[0]]).to.deep.equal(["there", "back"]);
        expect([c.connected, connects]).to.deep.equal([false, []]);
        c.socket = c.socket!; // no change
        c.socket = null;
        expect(c.socket).to.equal(null);
        await once(s, "disconnect");
    });

    it("has no bound address without a socket or on a path", async () => {
        expect(() => client().get_bound_address())
            .to.throw()
            .with.property("code", "ERR_NO_SOCKET");
        const { c } = await pair({ path: socketPath() });
        expect(c.get_bound_address()).to.equal(undefined);
    });
});
