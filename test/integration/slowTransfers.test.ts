import { expect } from "chai";
import net from "node:net";
import type { SockhopClient, SockhopServer } from "../../src";
import { client, later, pair, rawServer, rejection, server, socketPath } from "../support/pair";
import { warnings } from "../support/rejections";
import { next, turns, until } from "../support/eventLoop";
import { fakeTime, passTime, timeOf } from "../support/fakeTime";
import { ca, own } from "../support/tls";

const ends = (["client", "server"] as const).flatMap((from) => [false, true].map((secure) => ({ from, secure })));

/** Options of both ends, and those of one of them. */
interface Options {
    atServer?: object;
    atClient?: object;
    [name: string]: unknown;
}

function tlsOptions(): Options {
    return {
        atServer: { ssl_options: own },
        atClient: { ssl_options: { ca: ca.cert, servername: "localhost" } },
    };
}

/**
 * A server and a client, and between them a proxy with a limited rate in bytes per second in each direction. On Unix domain
 * sockets: those of TCP have timers of the system, which a fake clock overtakes.
 */
async function slowPair(
    rate: number,
    { atServer, atClient, ...options }: Options = {},
): Promise<{ s: SockhopServer; c: SockhopClient; socket: net.Socket; stop: () => void }> {
    const s = server({ ...options, ...atServer, path: socketPath() });
    await s.listen();
    let stopped = false;
    const pass = (from: net.Socket, to: net.Socket): void => {
        from.on("data", (chunk: Buffer) => {
            if (stopped) return;
            to.write(chunk);
            from.pause();
            setTimeout(() => !stopped && from.resume(), (1000 * chunk.length) / rate);
        });
        from.on("error", () => to.destroy()).on("close", () => to.destroy());
    };
    const line = net.createServer((near) => {
        const far = net.connect(s.path as string);
        pass(near, far);
        pass(far, near);
        later(() => {
            near.destroy();
            far.destroy();
        });
    });
    const path = socketPath();
    line.listen(path);
    await next(line, "listening");
    later(() => line.close());
    const c = client({ ...options, ...atClient, path });
    const connected = new Promise<net.Socket>((resolve) => s.once("connect", resolve));
    await c.connect();
    return { s, c, socket: await connected, stop: () => (stopped = true) };
}

const MIB = 2 ** 20;
const big = "x".repeat(12 * MIB); // more than the system buffers

describe("transferred bytes", () => {
    for (const { from, secure } of ends) {
        const over = `from the ${from}${secure ? " over TLS" : ""}`;

        it(`count as activity while one message takes longer than four pings: ${over}`, async () => {
            const { s, c, socket } = await slowPair(16 * MIB, secure ? tlsOptions() : {});
            const clock = fakeTime();
            const [sender, receiver] = from === "client" ? [c, s] : [s, c];
            let cut = false;
            c.once("disconnect", () => (cut = true));
            sender.ping(100);
            const arrived = Promise.race([next(receiver, "receive"), next(c, "disconnect")]);
            if (from === "client") void c.send(big);
            else void s.send(socket, big);
            expect(await timeOf(clock, arrived)).to.be.above(400);
            expect(cut).to.equal(false);
        });

        it(`extend a graceful close beyond its timeout: ${over}`, async () => {
            const { s, c, socket } = await slowPair(16 * MIB, secure ? tlsOptions() : {});
            const clock = fakeTime();
            const arrived = next(from === "client" ? s : c, "receive");
            if (from === "client") {
                void c.send(big);
                expect(await timeOf(clock, c.disconnect({ timeout: 200 }))).to.be.above(200);
            } else {
                void s.send(socket, big);
                expect(await timeOf(clock, s.kill_socket(socket, { timeout: 200 }))).to.be.above(200);
            }
            await passTime(clock, arrived);
        });
    }

    it("of a pending response extend a draining close beyond its timeout", async () => {
        const clock = fakeTime();
        const { s, c } = await slowPair(16 * MIB);
        s.on("request", (_, response) => void response.send(big));
        const answer = c.ask(1);
        await until(() => s.stats.messages_received === 1);
        await passTime(clock, Promise.all([s.close({ drain: true, timeout: 200 }), answer]));
        expect(await answer).to.have.length(big.length);
    });

    it("of a request or its response extend the request beyond its timeout", async () => {
        const clock = fakeTime();
        const { s, c } = await slowPair(16 * MIB);
        s.on("request", ({ data }, response) => void response.send((data as string).length));
        expect(await passTime(clock, c.ask(big, { timeout: 300 }))).to.equal(big.length);
        s.removeAllListeners("request").on("request", (_, response) => void response.send(big));
        expect(await passTime(clock, c.ask("small", { timeout: 300 }))).to.have.length(big.length);
        const replied = new Promise((resolve, reject) => {
            s.on("receive", (value, { callback }) => callback?.((value as string).length));
            void c.send(big, resolve, { timeout: 300, failed: reject });
        });
        expect(await passTime(clock, replied)).to.equal(big.length);
    });

    it("do not extend the timeout of a missing response, nor of a stalled transfer", async () => {
        const clock = fakeTime();
        const { s, c, stop } = await slowPair(16 * MIB);
        s.on("request", () => undefined); // no response
        void s.sendall(big);
        expect(await passTime(clock, rejection(c.ask(1, { timeout: 100 })))).to.have.property(
            "code",
            "ERR_RESPONSE_TIMEOUT",
        );
        stop();
        const sent = rejection(c.ask(big, { timeout: 100 }));
        expect(await passTime(clock, sent)).to.have.property("code", "ERR_RESPONSE_TIMEOUT");
        expect(clock.now).to.be.below(9000);
        await passTime(clock, c.disconnect({ timeout: 100 }));
    });

    it("are not counted for a dead peer, although the system accepts what is sent", async () => {
        const { port } = await rawServer((socket) => socket.pause());
        const c = client({ port });
        await c.connect();
        c.ping(30);
        const gone = next(c, "disconnect");
        const flood = setInterval(() => void c.send("x".repeat(10_000)), 10);
        later(() => clearInterval(flood));
        await gone;
    });

    it("cannot arrive if the program has paused its own socket: that connection is dropped with a warning", async () => {
        const heard = warnings();
        const { c } = await pair();
        c.socket!.pause();
        const gone = next(c, "disconnect");
        c.ping(10);
        await gone;
        await turns(2);
        expect(heard.map(({ message }) => message)).to.deep.equal([
            "ping() drops a connection whose socket is paused: pongs cannot be read. Resume it, or stop pings",
        ]);
    });
});
