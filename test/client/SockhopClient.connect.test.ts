import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { fakeTime, timeOf } from "../support/fakeTime";
import { client, later, pair, placeOf, rawServer, rejection, server, socketPath } from "../support/pair";
import { uncaught } from "../support/rejections";

/** Replaces `net.createConnection` until the end of the test. */
function stubCreateConnection(stub: (...args: unknown[]) => net.Socket): void {
    const original = net.createConnection;
    net.createConnection = stub;
    later(() => {
        net.createConnection = original;
    });
}

/** A port without a server. */
async function closedPort(): Promise<number> {
    const s = server();
    await s.listen();
    const port = s.get_bound_port()!;
    await s.close();
    return port;
}

describe("SockhopClient", () => {
    describe("connect()", () => {
        it("changes its state, and emits the event before the promise resolves", async () => {
            const s = server();
            await s.listen();
            const c = client(placeOf(s));
            const log: unknown[] = [];
            c.on("connect", (socket) => log.push(["event", c.connected, socket === c.socket]));
            expect([c.connected, c.socket]).to.deep.equal([false, undefined]);
            const connecting = c.connect();
            expect(c.connected).to.equal(false);
            expect(await connecting).to.equal(undefined);
            log.push("promise");
            expect(log).to.deep.equal([["event", true, true], "promise"]);
            expect(c.socket).to.be.instanceOf(net.Socket);
            expect(c.get_bound_address()).to.equal("127.0.0.1");
        });

        it("resolves although a connect handler throws, and the error is uncaught", async () => {
            const s = server();
            await s.listen();
            const c = client(placeOf(s));
            c.on("connect", () => {
                throw new Error("mine");
            });
            const error = uncaught();
            await c.connect();
            expect(await error).to.have.property("message", "mine");
            const arrived = once(c, "receive");
            await s.sendall("heard");
            expect((await arrived)[0]).to.equal("heard");
        });

        it("resolves at once when connected", async () => {
            const { c } = await pair();
            let connects = 0;
            c.on("connect", () => (connects += 1));
            await c.connect();
            expect(connects).to.equal(0);
        });

        it("rejects while an earlier call is pending, which continues", async () => {
            const s = server();
            await s.listen();
            const c = client(placeOf(s));
            const first = c.connect();
            expect(await rejection(c.connect())).to.have.property("code", "ERR_MULTICONNECT");
            await first;
        });

        for (const [which, options, end] of [
            ["with drain", {}, { drain: true }],
            ["while messages wait for the codec", { codec: "binary" }, {}],
        ] as const) {
            it(`rejects before disconnect() has closed the connection, which stays closed: ${which}`, async () => {
                const { port } = await rawServer(); // it is silent
                const c = client({ ...options, port });
                await c.connect();
                void c.send("x", () => undefined, { failed: () => undefined });
                const clock = fakeTime();
                const first = c.disconnect({ ...end, timeout: 1000 });
                expect(c.connected).to.equal(true);
                expect(await rejection(c.connect())).to.have.property("code", "ERR_MULTICONNECT");
                expect(await timeOf(clock, first)).to.be.within(1000, 2000);
                expect(c.connected).to.equal(false);
                const again = c.connect();
                void c.disconnect({ timeout: 0 });
                expect(await rejection(again)).to.have.property("code", "ERR_ABORTED");
            });
        }

        it("may follow the loss of a connection that disconnect() has waited with", async () => {
            const s = server({ codec: "binary" });
            await s.listen();
            const silent = await rawServer((socket) => socket.once("data", () => socket.destroy()));
            const c = client({ ...silent, codec: "binary" });
            await c.connect();
            const lost = once(c, "disconnect");
            const first = c.disconnect();
            await lost;
            c.port = s.get_bound_port()!;
            const again = c.connect();
            await first;
            await again;
            await c.flush();
            expect(c.connected).to.equal(true);
        });

        it("rejects with the system error without an event, and can be called again", async () => {
            const port = await closedPort();
            const c = client({ port });
            c.on("error", () => {
                throw new Error("an attempt that fails is a rejection and nothing else");
            });
            for (let attempt = 0; attempt < 2; attempt++) {
                const error = await rejection(c.connect());
                expect(error).to.have.property("code", "ECONNREFUSED");
                expect(String(error)).to.match(/ECONNREFUSED/);
                expect([c.connected, c.socket]).to.deep.equal([false, null]);
            }
            const s = server({ port });
            await s.listen();
            await c.connect();
        });

        it("rejects when the path does not exist", async () => {
            expect(await rejection(client({ path: socketPath() }).connect())).to.have.property("code", "ENOENT");
        });

        it("rejects after connect_timeout, destroys the socket and can be called again", async () => {
            const hung = new net.Socket();
            stubCreateConnection(() => hung);
            const c = client({ connect_timeout: 20 });
            const error = await rejection(c.connect());
            expect(error).to.have.property("code", "ERR_CONNECT_TIMEOUT");
            expect(error.message).to.match(/Timeout exceeded on connect/);
            expect(hung.destroyed).to.equal(true);
            expect(await rejection(c.connect())).to.have.property("code", "ERR_CONNECT_TIMEOUT");
        });

        it("ignores a socket that was aborted", async () => {
            const s = server();
            await s.listen();
            const create = net.createConnection;
            const late = new net.Socket();
            let lateConnected!: () => void;
            stubCreateConnection((...args) => {
                lateConnected = args[1] as () => void;
                return late;
            });
            const c = client(placeOf(s));
            let connects = 0;
            c.on("connect", () => (connects += 1));
            await rejection(c.connect({ timeout: 20 }));
            net.createConnection = create;
            await c.connect();
            lateConnected();
            late.emit("end");
            expect([c.connected, connects]).to.deep.equal([true, 1]);
        });

        it("uses the current function of net, as 1.x does", async () => {
            const s = server();
            await s.listen();
            const { createConnection } = net;
            const calls: unknown[][] = [];
            stubCreateConnection((...args) => {
                calls.push(args);
                return (createConnection as (...args: unknown[]) => net.Socket)(...args);
            });
            await client(placeOf(s)).connect();
            expect(calls[0]![0]).to.include({ port: s.get_bound_port(), host: "127.0.0.1" });
        });

        it("reads port, address and path at each attempt", async () => {
            const s = server();
            await s.listen();
            const c = client({ path: "/nowhere", port: 1, address: "::1" });
            c.path = null;
            c.port = s.get_bound_port()!;
            c.address = "127.0.0.1";
            await c.connect();
        });
    });

    describe("auto_reconnect", () => {
        it("connects at once, and connect() joins the attempt", async () => {
            const s = server();
            await s.listen();
            const c = client({ ...placeOf(s), auto_reconnect_interval: 60_000 });
            c.auto_reconnect = true;
            await c.connect();
            expect(c.connected).to.equal(true);
        });

        it("can be turned on by an option, and emits its first events after listeners were added", async () => {
            const s = server();
            await s.listen();
            const c = client({ ...placeOf(s), auto_reconnect: true });
            expect(c.auto_reconnect).to.equal(true);
            await once(c, "connect");
        });

        it("fails without an error event, and reconnects when the server is back", async () => {
            const path = socketPath();
            const c = client({ path, auto_reconnect_interval: 10 });
            c.auto_reconnect = true;
            expect(await rejection(c.connect())).to.have.property("code", "ENOENT"); // joined the first attempt
            const connected = once(c, "connect");
            await server({ path }).listen();
            await connected;
            expect(c.auto_reconnect).to.equal(true);
        });

        it("continues when a connect() of the user fails", async () => {
            const port = await closedPort();
            const c = client({ port, auto_reconnect_interval: 10 });
            const connecting = c.connect();
            c.auto_reconnect = true;
            await rejection(connecting);
            const connected = once(c, "connect");
            await server({ port }).listen();
            await connected;
        });

        it("aborts its attempt when it is turned off at once", async () => {
            const s = server();
            await s.listen();
            const c = client(placeOf(s));
            c.auto_reconnect = true;
            c.auto_reconnect = false;
            const other = client(placeOf(s));
            await other.connect();
            expect(c.connected).to.equal(false);
            expect(c.socket).to.equal(undefined);
        });

        it("does not abort an attempt that connect() has joined", async () => {
            const s = server();
            await s.listen();
            const c = client(placeOf(s));
            c.auto_reconnect = true;
            const joined = c.connect();
            c.auto_reconnect = false;
            await joined;
            expect(c.connected).to.equal(true);
        });

        it("reconnects after an attempt that hung", async () => {
            const s = server();
            await s.listen();
            const { createConnection } = net;
            stubCreateConnection(() => {
                net.createConnection = createConnection;
                return new net.Socket();
            });
            const c = client({ ...placeOf(s), auto_reconnect_interval: 10, connect_timeout: 10 });
            const connected = once(c, "connect");
            c.auto_reconnect = true;
            await connected;
        });

        it("keeps an existing connection", async () => {
            const { s, c } = await pair();
            c.on("disconnect", () => {
                throw new Error("unexpected");
            });
            c.auto_reconnect = true;
            await c.send("x", () => undefined);
            expect(s.sockets).to.have.length(1);
            c.removeAllListeners("disconnect");
        });
    });
});
