import { expect } from "chai";
import { once } from "node:events";
import type net from "node:net";
import { client, pair, placeOf, raw, received, rejection, server } from "../support/pair";
import { uncaught } from "../support/rejections";

describe("SockhopServer", () => {
    describe("connections", () => {
        it("are listed before connect, and removed from the list before disconnect", async () => {
            const s = server();
            await s.listen();
            const log: unknown[] = [];
            s.on("connect", (socket) => log.push(["connect", s.sockets.includes(socket), s.pings.get(socket)]));
            s.on("disconnect", (socket) => log.push(["disconnect", s.sockets.includes(socket), s.pings.get(socket)]));
            const c = client(placeOf(s));
            await c.connect();
            expect(s.sockets).to.have.length(1);
            expect(log).to.deep.equal([]);
            await once(s, "connect");
            const gone = once(s, "disconnect");
            await c.disconnect();
            await gone;
            expect(log).to.deep.equal([
                ["connect", true, []],
                ["disconnect", false, undefined],
            ]);
        });

        it("emit connect before their first message, however early it arrives", async () => {
            const s = server();
            await s.listen();
            const announced = new Set<net.Socket>();
            const early: net.Socket[] = [];
            s.on("connect", (socket) => announced.add(socket));
            s.on("receive", (_, { socket }) => {
                if (!announced.has(socket)) early.push(socket);
            });
            const arrived = received(s, 40);
            for (let n = 0; n < 40; n++) void raw(s).then((socket) => socket.write('{"type":"Number","data":1}\n'));
            await arrived;
            expect(early).to.deep.equal([]);
            expect(announced.size).to.equal(40);
        });

        it("are received if they connect, send and close in one tick", async () => {
            const s = server();
            await s.listen();
            const log: string[] = [];
            s.on("connect", () => log.push("connect"));
            s.on("receive", (value: string) => log.push(value));
            const gone = once(s, "disconnect");
            (await raw(s)).end('{"type":"String","data":"hello"}\n');
            await gone;
            expect(log).to.deep.equal(["connect", "hello"]);
        });

        it("emit no event if they are destroyed before connect", async () => {
            const s = server();
            await s.listen();
            const events: string[] = [];
            s.on("connect", () => events.push("connect"));
            s.on("disconnect", () => events.push("disconnect"));
            const accepted = once(s.server, "connection");
            const socket = await raw(s);
            await accepted;
            const closed = once(socket.resume(), "close");
            await s.disconnect();
            await closed;
            expect(events).to.deep.equal([]);
        });

        it("close once, for every cause", async () => {
            const ends: Record<string, (socket: net.Socket, peer: net.Socket) => void> = {
                "the peer's end": (_, peer) => peer.end(),
                "the peer's reset": (_, peer) => peer.resetAndDestroy(),
                "destroy()": (socket) => socket.destroy(),
                "a broken pipe": (socket) => socket.destroy(Object.assign(new Error("EPIPE"), { code: "EPIPE" })),
            };
            for (const [name, end] of Object.entries(ends)) {
                const { s, c, socket } = await pair();
                const gone: unknown[] = [];
                s.on("disconnect", (old) => gone.push(old));
                s.on("error", (error) => gone.push(error));
                const announced = new Promise((resolve) => s.once("disconnect", resolve));
                end(socket, c.socket!);
                await announced;
                await rejection(s.send(socket, "x"));
                await new Promise(setImmediate);
                expect(gone, name).to.deep.equal([socket]);
                expect(s.sockets, name).to.deep.equal([]);
            }
        });

        it("are not affected by a handler that throws for another connection", async () => {
            const { s, socket } = await pair();
            s.on("disconnect", () => {
                throw new Error("mine");
            });
            const error = uncaught();
            socket.destroy();
            expect(await error).to.have.property("message", "mine");
            s.removeAllListeners("disconnect");
            await client(placeOf(s)).connect();
        });
    });
});
