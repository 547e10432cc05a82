import { expect } from "chai";
import { once } from "node:events";
import type net from "node:net";
import { client, pair, raw, rawServer, server } from "../support/pair";
import { frame, turns, until } from "../support/eventLoop";

/** Blocks the event loop. */
function block(time: number): void {
    const end = performance.now() + time;
    while (performance.now() < end);
}

describe("Ping", () => {
    const INTERVAL = 10;

    it("keeps a live peer after the event loop was blocked for more than four intervals", async () => {
        const { s, c } = await pair();
        const gone: string[] = [];
        s.on("disconnect", () => gone.push("at the server"));
        c.on("disconnect", () => gone.push("at the client"));
        s.ping(INTERVAL);
        c.ping(INTERVAL);
        for (let round = 0; round < 5; round++) {
            block(6 * INTERVAL);
            await turns(1);
        }
        block(10 * INTERVAL);
        await turns(2);
        expect(gone).to.deep.equal([]);
        expect([c.connected, s.sockets.length]).to.deep.equal([true, 1]);
        s.ping(0);
        c.ping(0);
    });

    /** Reaction of a plain peer to each ping. */
    const LIVING: [string, string][] = [
        ["messages", frame("alive")],
        ["a byte now and then", " "],
        ["frames that are none", "rubbish\n"],
        ["pings of its own", '{"type":"SockhopPing","data":{"_id":"x"}}\n'],
    ];

    /** Writes something at each ping without a pong. Returns the number of pings so far. */
    function living(socket: net.Socket, text: string): () => number {
        let pings = 0;
        socket.on("data", (chunk) => {
            pings += String(chunk).split("SockhopPing").length - 1;
            socket.write(text);
        });
        return () => pings;
    }

    for (const [what, text] of LIVING) {
        it(`keeps a peer that replies to no ping and sends ${what}`, async () => {
            const s = server();
            await s.listen();
            s.on("error", () => undefined);
            const ofClient = living(await raw(s), text);
            let ofServer = (): number => 0;
            const { port } = await rawServer((socket) => (ofServer = living(socket, text)));
            const c = client({ port });
            c.on("error", () => undefined);
            await c.connect();
            await until(() => s.sockets.length === 1);
            let gone = 0;
            s.on("disconnect", () => (gone += 1));
            c.on("disconnect", () => (gone += 1));
            s.ping(INTERVAL);
            c.ping(INTERVAL);
            await until(() => gone > 0 || (ofClient() >= 10 && ofServer() >= 10));
            s.ping(0);
            c.ping(0);
            expect(gone).to.equal(0);
        });
    }

    it("drops a peer that sends nothing, after four intervals, and no other", async () => {
        const s = server();
        await s.listen();
        const mute = await raw(s);
        mute.resume();
        const lively = await raw(s);
        living(lively, frame("alive"));
        await until(() => s.sockets.length === 2);
        const [first, second] = s.sockets;
        const start = performance.now();
        const left = once(s, "disconnect");
        s.ping(INTERVAL);
        expect((await left)[0]).to.equal(first);
        expect(performance.now() - start).to.be.at.least(4 * INTERVAL - 2);
        expect(s.sockets).to.deep.equal([second]);
        s.ping(0);

        const { port } = await rawServer((socket) => socket.resume());
        const c = client({ port });
        await c.connect();
        const gone = once(c, "disconnect");
        c.ping(INTERVAL);
        await gone;
        expect(c.connected).to.equal(false);
    });

    it("drops a peer that was active and then falls silent", async () => {
        const s = server();
        await s.listen();
        const peer = await raw(s);
        let pings = 0;
        peer.on("data", () => {
            pings += 1;
            if (pings <= 6) peer.write(" ");
        });
        await until(() => s.sockets.length === 1);
        const left = once(s, "disconnect");
        s.ping(INTERVAL);
        await left;
        expect(pings).to.be.at.least(6);
    });

    it("keeps a peer while a slow loop over messages() stops reading, and drops it if it is silent afterwards", async () => {
        const s = server();
        await s.listen();
        const messages = s.messages();
        const peer = await raw(s);
        let pings = 0;
        peer.on("data", (chunk: Buffer) => (pings += String(chunk).split("SockhopPing").length - 1));
        await until(() => s.sockets.length === 1);
        let gone = 0;
        s.on("disconnect", () => (gone += 1));
        peer.write(frame("value").repeat(200));
        await until(() => s.sockets[0]?.isPaused() === true);
        s.ping(INTERVAL);
        await until(() => gone > 0 || pings >= 10);
        expect(gone).to.equal(0);
        void messages.return?.();
        await until(() => gone > 0);
    });
});
