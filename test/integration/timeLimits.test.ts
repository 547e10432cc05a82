import FakeTimers from "@sinonjs/fake-timers";
import { once } from "node:events";
import net from "node:net";
import { expect } from "chai";
import type { SockhopClient } from "../../src";
import { until } from "../support/eventLoop";
import { fakeTime } from "../support/fakeTime";
import { client, later, pair, placeOf, raw, rawServer, received, rejection, server, socketPath } from "../support/pair";

// Timeouts during transfers.

const nothing = (): void => undefined;

/** A client of a server that the test has written itself. */
async function clientOf(onConnection: (socket: net.Socket) => void): Promise<SockhopClient> {
    const { port } = await rawServer(onConnection);
    const c = client({ port });
    await c.connect();
    return c;
}

/** Reads with pauses: about 20 MB/s. */
function readSlowly(socket: net.Socket, arrived: (bytes: number) => void): void {
    socket.on("data", (chunk: Buffer) => {
        arrived(chunk.length);
        socket.pause();
        setTimeout(() => socket.resume(), 3);
    });
}

/** A client of a plain server on a Unix domain socket, which has small buffers. */
async function clientOnPath(onConnection: (socket: net.Socket) => void): Promise<SockhopClient> {
    const path = socketPath();
    const listener = net.createServer((socket) => {
        later(() => socket.destroy());
        socket.on("error", nothing);
        onConnection(socket);
    });
    await once(listener.listen(path), "listening");
    later(() => listener.close());
    const c = client({ path });
    await c.connect();
    return c;
}

/** The functions that test runners fake by default. */
const TIMERS: FakeTimers.FakeMethod[] = [
    "setTimeout",
    "clearTimeout",
    "setInterval",
    "clearInterval",
    "setImmediate",
    "clearImmediate",
    "Date",
];

const LARGE = "x".repeat(8_000_000);

describe("timeouts", () => {
    it("are extended by a transfer in disconnect()", async () => {
        let bytes = 0;
        let ended!: () => void;
        const end = new Promise<void>((resolve) => (ended = resolve));
        const c = await clientOnPath((socket) => {
            readSlowly(socket, (length) => (bytes += length));
            socket.on("end", ended);
        });
        const sent = c.send(LARGE);
        await c.disconnect({ timeout: 50 });
        await Promise.all([sent, end]);
        expect(bytes).to.be.greaterThan(LARGE.length);
    });

    it("of 0 close the connection at once in disconnect()", async () => {
        const c = await clientOnPath((socket) => socket.pause());
        const sent = rejection(c.send(LARGE));
        const asked = rejection(c.ask(1));
        await c.disconnect({ timeout: 0 });
        expect((await sent).code).to.equal("ERR_SOCKET_DESTROYED");
        expect((await asked).code).to.equal("ERR_SOCKET_DESTROYED");
    });

    it("of requests are extended by a response that is arriving", async () => {
        const c = await clientOf((socket) => {
            socket.on("data", (chunk: Buffer) => {
                const { data } = JSON.parse(String(chunk)) as { data: { uuid: string } };
                const packet = { uuid: data.uuid, type: "String", data: "x".repeat(50_000), last: true };
                const bytes = JSON.stringify({ type: "SockhopResponsePacket", data: packet }) + "\n";
                const write = (from: number): void => {
                    socket.write(bytes.slice(from, from + 5000));
                    if (from + 5000 < bytes.length) setTimeout(write, 30, from + 5000);
                };
                write(0);
            });
        });
        expect(await c.ask(1, { timeout: 50 })).to.have.length(50_000);
    });

    it("of requests start after a slow send", async () => {
        let text = "";
        const c = await clientOnPath((socket) => {
            socket.setEncoding("latin1");
            readSlowly(socket, nothing);
            socket.on("data", (chunk: unknown) => {
                text = text.slice(0, 1000) + String(chunk);
                if (!text.endsWith("\n")) return;
                const uuid = /"uuid":"([^"]*)"/.exec(text)![1]!;
                const packet = { uuid, type: "Number", data: 5, last: true };
                setTimeout(
                    () => socket.write(JSON.stringify({ type: "SockhopResponsePacket", data: packet }) + "\n"),
                    60,
                );
            });
        });
        expect(await c.ask(LARGE, { timeout: 120 })).to.equal(5);
    });

    it("of frames are extended while the frame grows", async () => {
        const clock = fakeTime();
        const s = server({ frame_timeout: 200 });
        await s.listen();
        const peer = await raw(s);
        const arrived = received(s, 1);
        const start = '{"type":"String","data":"';
        peer.write(start);
        for (let n = 0; n < 20; n++) {
            await until(() => s.stats.bytes_received === start.length + n * 5000);
            clock.tick(20); // twice the timeout altogether
            peer.write("x".repeat(5000));
        }
        peer.write('"}\n');
        expect((await arrived)[0]).to.have.length(100_000);
    });

    it("follow a fake clock", async () => {
        const { s, c } = await pair();
        const arrived = once(s, "request");
        s.on("request", nothing);
        const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
        later(() => clock.uninstall());
        const asked = rejection(c.ask(1, { timeout: 60_000 }));
        await arrived;
        clock.tick(60_100); // they start at the end of a tick
        expect((await asked).code).to.equal("ERR_RESPONSE_TIMEOUT");
        clock.uninstall();
    });

    it("do not prevent a connection if all timers are faked", async () => {
        const s = server();
        await s.listen();
        const clock = FakeTimers.install({ toFake: TIMERS });
        later(() => clock.uninstall());
        const c = client(placeOf(s));
        const known = once(s, "connect");
        await Promise.all([c.connect(), known]);
        clock.uninstall();
        expect(c.connected).to.equal(true);
    });
});
