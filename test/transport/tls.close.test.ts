import { expect } from "chai";
import { once } from "node:events";
import type net from "node:net";
import tls from "node:tls";

import { later, placeOf, received } from "../support/pair";
import { LARGE, record, ca, secureServer, secureClient, securePair } from "../support/tls";

describe("TLS", () => {
    it("closes a connection when the peer closes it, also with allowHalfOpen", async () => {
        const s = await secureServer({ allowHalfOpen: true });
        const { port, address } = placeOf(s) as { port: number; address: string };
        const accepted = once(s, "connect");
        const peer = tls.connect({ port, host: address, ca: ca.cert, servername: "localhost" });
        later(() => peer.destroy());
        peer.on("error", () => undefined);
        const [socket] = (await accepted) as [net.Socket];
        const gone = once(s, "disconnect");
        peer.end();
        expect((await gone)[0]).to.equal(socket);
    });

    describe("close", () => {
        it("sends large data before disconnect() closes the connection", async () => {
            const { s, c } = await securePair();
            const arrived = received(s, 2);
            c.send(LARGE).catch(() => undefined);
            c.send("last").catch(() => undefined);
            await c.disconnect();
            expect(await arrived).to.satisfy(([large, last]: unknown[]) => large === LARGE && last === "last");
        });

        it("sends large data before close() and kill_socket() close the connection", async () => {
            for (const how of ["close", "kill_socket"] as const) {
                const { s, c, socket } = await securePair();
                const arrived = received(c, 2);
                s.send(socket, LARGE).catch(() => undefined);
                s.send(socket, "last").catch(() => undefined);
                await (how === "close" ? s.close() : s.kill_socket(socket));
                expect(await arrived).to.satisfy(([large, last]: unknown[]) => large === LARGE && last === "last");
            }
        });

        it("still sends pending data when close() follows kill_socket()", async () => {
            const { s, c, socket } = await securePair();
            const arrived = received(c, 1);
            s.send(socket, LARGE).catch(() => undefined);
            await Promise.all([s.kill_socket(socket), s.close()]);
            expect(await arrived).to.satisfy(([large]: unknown[]) => large === LARGE);
        });

        it("emits disconnect on both sides when a connection breaks, and no error", async () => {
            const { s, c, socket } = await securePair();
            const [atServer, atClient] = [record(s), record(c)];
            const gone = [once(s, "disconnect"), once(c, "disconnect")];
            socket.destroy();
            await Promise.all(gone);
            expect([atServer, atClient]).to.deep.equal([["disconnect"], ["disconnect"]]);
        });

        it("lets the server listen again, and auto_reconnect connects to it", async () => {
            const s = await secureServer();
            const { port } = placeOf(s);
            const c = secureClient(s, {}, { auto_reconnect: true, auto_reconnect_interval: 10 });
            await Promise.all([once(s, "connect"), once(c, "connect")]);
            for (let round = 0; round < 2; round++) {
                await Promise.all([s.close(), once(c, "disconnect")]);
                s.port = port!;
                await Promise.all([s.listen(), once(s, "connect"), once(c, "connect")]);
                const arrived = received(s, 1);
                await c.send(round);
                expect(await arrived).to.deep.equal([round]);
            }
        });
    });
});
