import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { type ClientOptions, ObjectBuffer, type SockhopClient, type SockhopServer } from "../../src";
import { client, later, rejection, socketPath } from "../support/pair";
import { frame, turns, until } from "../support/eventLoop";
import { parted } from "../support/events";
import { LARGE, deaf, valuesOf } from "../support/slowReaders";

/** A client on a path, and the plain end of its connection, which does not read. */
async function deafServer(options: ClientOptions = {}): Promise<{ c: SockhopClient; peer: net.Socket }> {
    const path = socketPath();
    const listener = net.createServer();
    listener.listen(path);
    const accepted = once(listener, "connection");
    const c = client({ path, ...options });
    await c.connect();
    const [peer] = (await accepted) as [net.Socket];
    later(() => peer.destroy());
    peer.on("error", () => undefined);
    listener.close();
    return { c, peer };
}

/** Both ends with the same interface. */
async function deafEnd(which: "client" | "server"): Promise<{
    end: SockhopClient | SockhopServer;
    socket: net.Socket;
    about: unknown[];
    peer: net.Socket;
    send: (value: unknown) => Promise<void>;
    buffered: () => number;
}> {
    if (which === "client") {
        const { c, peer } = await deafServer();
        const socket = c.socket!;
        return { end: c, socket, about: [socket], peer, send: (value) => c.send(value), buffered: () => c.buffered };
    }
    const { s, peer, socket, session } = await deaf();
    return {
        end: s,
        socket,
        about: [socket, session],
        peer,
        send: (value) => session.send(value),
        buffered: () => session.buffered,
    };
}

describe("backpressure", () => {
    for (const which of ["client", "server"] as const) {
        describe(`of a ${which}`, () => {
            it("disconnects a peer at its FIN, and still delivers data when it reads later", async () => {
                const { end, socket, about, peer, send } = await deafEnd(which);
                const sent = send(LARGE);
                await turns(5);
                const gone = parted(end);
                peer.end();
                expect(await gone).to.deep.equal(about);
                expect([socket.closed, socket.writableLength > 0]).to.deep.equal([false, true]);
                const values = valuesOf(peer);
                await sent;
                await until(() => values.length > 0);
                expect(values).to.deep.equal([LARGE]);
            });

            it("limits the buffer to one message when the program awaits send()", async () => {
                const { peer, send, buffered } = await deafEnd(which);
                const block = "x".repeat(100_000);
                const COUNT = 40;
                let [sent, most] = [0, 0];
                const sending = (async () => {
                    for (; sent < COUNT; sent++) {
                        const written = send(block);
                        most = Math.max(most, buffered());
                        await written;
                    }
                })();
                await until(() => peer.readableLength > 0);
                await turns(20);
                const before = sent;
                expect(before).to.be.lessThan(COUNT / 2);
                expect(buffered()).to.be.greaterThan(0);

                const values: unknown[] = [];
                const buffer = new ObjectBuffer();
                peer.on("data", (chunk) => {
                    values.push(...buffer.buf2obj(chunk));
                    peer.pause(); // a slow reader
                    setImmediate(() => peer.resume());
                });
                await sending;
                await until(() => values.length === COUNT);
                expect(most).to.equal(Buffer.byteLength(frame(block)));
            });

            it("resets buffered to 0 after the write, and counts the bytes sent in the current tick", async () => {
                const { peer, send, buffered } = await deafEnd(which);
                peer.resume();
                expect(buffered()).to.equal(0);
                let bytes = 0;
                const sent: Promise<void>[] = [];
                for (const text of ["plain", "é→😀", "", "😀".repeat(100)]) {
                    sent.push(send(text));
                    expect(buffered()).to.equal((bytes += Buffer.byteLength(frame(text))));
                }
                await Promise.all(sent);
                expect(buffered()).to.equal(0);
            });

            it("counts bytes in buffered that were written but not accepted", async () => {
                const { peer, send, buffered } = await deafEnd(which);
                const texts = ["→".repeat(500_000), "😀".repeat(500_000)];
                const sent = texts.map((text) => send(text));
                const all = Buffer.byteLength(texts.map((value) => frame(value)).join(""));
                expect(buffered()).to.equal(all);
                await turns(5);
                expect(buffered()).to.be.at.most(all).and.greaterThan(1_000_000);
                peer.resume();
                await Promise.all(sent);
                expect(buffered()).to.equal(0);
            });

            it("has a buffered value of 0 after the close", async () => {
                const { peer, send, buffered } = await deafEnd(which);
                const sent = rejection(send(LARGE));
                expect(buffered()).to.be.greaterThan(LARGE.length);
                peer.destroy();
                expect(await sent).to.have.property("code", "ERR_SOCKET_DESTROYED");
                expect(buffered()).to.equal(0);
            });

            it("emits drain with the connection when the buffer is empty", async () => {
                const { end, about, peer, send, buffered } = await deafEnd(which);
                const drained: unknown[][] = [];
                end.on("drain", (...args: unknown[]) => drained.push([...args, buffered()]));
                const sent = send(LARGE);
                await turns(10);
                expect(drained).to.deep.equal([]);
                peer.resume();
                await sent;
                await until(() => drained.length > 0);
                expect(drained).to.have.length(1);
                expect(drained[0]!.length).to.equal(about.length + 1);
                expect(about.every((each, index) => drained[0]![index] === each)).to.equal(true);
                expect(drained[0]!.at(-1)).to.equal(0);
            });

            it("emits no drain after small writes", async () => {
                const { end, peer, send } = await deafEnd(which);
                let drained = 0;
                end.on("drain", () => (drained += 1));
                peer.resume();
                for (let n = 0; n < 10; n++) await send(n);
                await turns(5);
                expect(drained).to.equal(0);
            });

            it("sends many messages of one tick in order, with few writes", async () => {
                const { socket, peer, send } = await deafEnd(which);
                const values = valuesOf(peer);
                let writes = 0;
                const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
                socket.write = (...args: unknown[]) => {
                    writes += 1;
                    return write(...args);
                };
                const numbers = Array.from({ length: 1000 }, (_, n) => n);
                await Promise.all(numbers.map((n) => send(n)));
                await until(() => values.length === 1000);
                expect(values).to.deep.equal(numbers);
                expect(writes).to.be.within(1, 8);
                await Promise.all(["a", "b", "c"].map((text) => send(text)));
                await send("d");
                expect(writes).to.be.within(3, 10);
            });

            it("writes a single message in the tick in which it is sent", async () => {
                const { socket, send } = await deafEnd(which);
                const seen: [string, boolean][] = [];
                const look = (when: string): void => {
                    seen.push([when, socket.bytesWritten > 0 && socket.writableLength === 0]);
                };
                await new Promise<void>((resolve) => {
                    setImmediate(() => {
                        setImmediate(() => {
                            look("in the next turn");
                            resolve();
                        });
                        void send("x");
                        process.nextTick(look, "at the end of this turn");
                    });
                });
                expect(seen).to.deep.equal([
                    ["at the end of this turn", true],
                    ["in the next turn", true],
                ]);
            });

            for (const [how, finish] of [
                ["end()", (socket: net.Socket) => socket.end()],
                ["destroy()", (socket: net.Socket) => socket.destroy()],
                ["destroySoon()", (socket: net.Socket) => (socket as unknown as { destroySoon(): void }).destroySoon()],
            ] as [string, (socket: net.Socket) => void][]) {
                it(`delivers messages that were sent before the program calls ${how} in the same tick`, async () => {
                    const { end, socket, peer, send } = await deafEnd(which);
                    const values = valuesOf(peer);
                    const gone = once(end, "disconnect");
                    const ended = once(peer, "close");
                    void send("one");
                    void send("two");
                    finish(socket);
                    await Promise.all([gone, ended]);
                    expect(values).to.deep.equal(["one", "two"]);
                    expect(await rejection(send("three"))).to.have.property("code", "ERR_SOCKET_DESTROYED");
                });
            }
        });
    }
});
