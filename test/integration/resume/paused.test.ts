import { expect } from "chai";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { MessageDiagnostics } from "../../../src";
import { turns } from "../../support/eventLoop";
import { fakeTime } from "../../support/fakeTime";
import { used } from "../../support/memory";
import { later, rejection, server } from "../../support/pair";
import { RESUME, RawClient, cutOff, next, resumable } from "../../support/resume";

const COUNT = 400;
const NUMBERS = Array.from({ length: COUNT }, (_, n) => n);

/** Resolves when the loop over `messages()` of an endpoint is so slow that the library stops to deliver messages to it. */
async function untilHeld(end: { on: (event: "receive", listener: () => void) => unknown }): Promise<void> {
    await new Promise<void>((resolve) => {
        let count = 0;
        end.on("receive", () => {
            count += 1;
            if (count === 101) resolve();
        });
    });
}

describe("An end that does not read", () => {
    for (const codec of ["json", "binary"] as const) {
        it(`gets acknowledgements in a loop over messages(): flush() resolves, with the codec ${codec}`, async () => {
            const { s, c } = await resumable({ ...RESUME, codec });
            const [session] = s.sessions;
            const loops = [c.messages(), s.messages()];
            const held = Promise.all([untilHeld(c), untilHeld(s)]);
            for (const n of NUMBERS) {
                void c.send(n);
                void session!.send(n);
            }
            await held;
            // Both ends wait for each other, and read nothing meanwhile.
            await Promise.all(
                [c, session!].map((end) => {
                    void end.send("in the loop");
                    return end.flush();
                }),
            );
            for (const loop of loops) {
                const values: unknown[] = [];
                for (let n = 0; n <= COUNT; n++) values.push(((await loop.next()).value as { value: unknown }).value);
                expect(values).to.deep.equal([...NUMBERS, "in the loop"]);
            }
        });

        it(`notices the loss of its socket, and gets everything once and in order, with the codec ${codec}`, async () => {
            const { s, c } = await resumable({ ...RESUME, codec });
            const loop = c.messages();
            const held = untilHeld(c);
            for (const n of NUMBERS) void s.sessions[0]!.send(n);
            await held;
            await turns(3);
            const resumed = next(c, "resumed");
            s.sockets[0]!.destroy();
            await resumed;
            void s.sessions[0]!.send("last");
            const values: unknown[] = [];
            for (let n = 0; n <= COUNT; n++) values.push(((await loop.next()).value as { value: unknown }).value);
            expect(values).to.deep.equal([...NUMBERS, "last"]);
            await s.sessions[0]!.flush();
        });
    }

    it("gets all that a peer has sent before it closes, and then the loop ends", async () => {
        const { s, c } = await resumable();
        const loop = c.messages();
        const held = untilHeld(c);
        for (const n of NUMBERS) void s.sessions[0]!.send(n);
        await held;
        const closed = s.close();
        const values: unknown[] = [];
        for await (const { value } of loop) values.push(value);
        await closed;
        expect(values).to.deep.equal(NUMBERS);
    });

    it("does not answer a client that does not read, until it reads, and loses nothing over an interruption", async () => {
        const { s, c } = await resumable({ ...RESUME, max_buffered: 10_000 });
        const text = "x".repeat(100_000);
        s.on("receive", (value: unknown, { callback }) => callback?.({ value, text }));
        const replies: number[] = [];
        c.socket!.pause();
        const all = Promise.all(
            NUMBERS.slice(0, 100).map(
                (n) =>
                    new Promise<void>((resolve) => {
                        void c.send(n, ({ value }: { value: number }) => {
                            replies.push(value);
                            resolve();
                        });
                    }),
            ),
        );
        while (s.stats.buffered === 0) await turns(1);
        await turns(10);
        const interrupted = next(s, "interrupted");
        c.socket!.destroy();
        await interrupted;
        await all;
        expect(replies).to.deep.equal(NUMBERS.slice(0, 100));
    });

    it("keeps at most max_bytes, and max_buffered applies, while the program has paused its socket", async () => {
        const options = { ...RESUME, resume: { max_bytes: 1000 }, max_buffered: 2000, slow_consumer: "drop" } as const;
        const { s, c } = await resumable(options, RESUME);
        const [session] = s.sessions;
        session!.sock.pause();
        let code: unknown;
        for (let n = 0; n < 20 && code === undefined; n++) {
            session!.send("x".repeat(900)).catch((error: unknown) => {
                ({ code } = error as { code: unknown });
            });
            await turns(1);
        }
        expect(code).to.equal("ERR_BUFFER_FULL");
        expect(s.stats.kept).to.be.below(5000);
        const drained = once(s, "drain");
        session!.sock.resume();
        await drained;
        await session!.flush();
        expect(c.stats.unacknowledged).to.equal(0);
    });

    it("stops to read from a peer that sends more than max_bytes without an acknowledgement", async () => {
        const s = server({ ...RESUME, resume: { max_bytes: 1000 } });
        await s.listen();
        const loop = s.messages();
        const accepted = next(s, "connect");
        const peer = await RawClient.connect(s);
        peer.greet({ timeout: 1000 });
        await peer.answer();
        await accepted;
        const line = `${JSON.stringify({ type: "String", data: "x".repeat(10_000) })}\n`;
        for (let n = 0; n < 3000; n++) peer.socket.write(line);
        while (!s.sockets[0]!.isPaused()) await turns(1);
        expect(s.stats.bytes_received).to.be.below(3e6);
        for (let n = 0; n < 3000; n++) await loop.next();
    });
});

describe("flush() with options", () => {
    for (const [name, options] of Object.entries({ with: RESUME, without: {} })) {
        it(`rejects after its timeout, and by its signal, ${name} resume`, async () => {
            const { s, c } = await resumable(options);
            for (const socket of [c.socket!, s.sockets[0]!]) socket.pause();
            for (const end of [c, s.sessions[0]!]) {
                void end.send("x");
                const late = await rejection(end.flush({ timeout: 1 }));
                expect(late).to.have.property("code", "ERR_FLUSH_TIMEOUT");
                expect((late.stack ?? "").split("\n")[1]).to.include(__filename);
                const abort = new AbortController();
                const aborted = rejection(end.flush({ timeout: 60_000, signal: abort.signal }));
                abort.abort(new Error("no"));
                expect(await aborted).to.have.property("code", "ERR_ABORTED");
                expect(await rejection(end.flush({ signal: AbortSignal.abort() }))).to.have.property(
                    "code",
                    "ERR_ABORTED",
                );
            }
            for (const socket of [c.socket!, s.sockets[0]!]) socket.resume();
            for (const end of [c, s.sessions[0]!]) await end.flush({ timeout: 60_000 });
        });
    }

    it("starts no timer if a subscriber of a channel closes the connection", async () => {
        const { c } = await resumable({});
        const clock = fakeTime();
        const close = (message: unknown): void => {
            if ((message as MessageDiagnostics).endpoint === c) void c.disconnect({ timeout: 0 });
        };
        subscribe("sockhop:message:sent", close);
        later(() => unsubscribe("sockhop:message:sent", close));
        expect(await rejection(c.flush())).to.have.property("code", "ERR_SOCKET_DESTROYED");
        clock.tick(1); // the timeout of disconnect()
        expect(clock.countTimers()).to.equal(0);
    });

    it("sends no further pings when it has ended", async () => {
        const { s, c } = await resumable({});
        let pings = 0;
        s.sockets[0]!.pause();
        await rejection(c.flush({ timeout: 1 }));
        const { messages_sent: sent } = c.stats;
        s.sockets[0]!.on("data", (chunk: Buffer) => (pings += String(chunk).split("SockhopPing").length - 1));
        s.sockets[0]!.resume();
        await c.flush();
        expect(c.stats.messages_sent).to.equal(sent + 1);
        expect(pings).to.equal(2);
    });

    for (const [name, queue] of [
        ["a client", false],
        ["a client with a queue", true],
        ["a session", false],
    ] as const) {
        it(`keeps nothing of calls that have ended, while it is interrupted: ${name}`, async () => {
            const { s, c } = await resumable(RESUME, { ...RESUME, queue });
            const end = name === "a session" ? s.sessions[0]! : c;
            const interrupted = next(c, "interrupted");
            await cutOff(s);
            await interrupted;
            void end.send("x").catch(() => undefined);
            const flush = async (count: number): Promise<void> => {
                const abort = new AbortController();
                const calls = Array.from({ length: count }, () => rejection(end.flush({ signal: abort.signal })));
                await turns(1);
                abort.abort();
                for (const call of calls) expect(await call).to.have.property("code", "ERR_ABORTED");
            };
            await flush(100);
            const before = used();
            await flush(2000);
            expect(used() - before).to.be.below(2 ** 19);
        });
    }

    for (const options of [{ timeout: -1 }, { timeout: "one" }, { signal: {} }, 5]) {
        it(`rejects invalid ones: ${JSON.stringify(options)}`, async () => {
            const { s, c } = await resumable();
            for (const end of [c, s.sessions[0]!])
                expect(await rejection(end.flush(options as object))).to.have.property("code", "ERR_BAD_OPTION");
        });
    }

    it("goes on with a ping if the client declines to resume meanwhile", async () => {
        const s = server(RESUME);
        await s.listen();
        const accepted = next(s, "connect");
        const peer = await RawClient.connect(s);
        peer.greet({ timeout: 1000 });
        await peer.answer();
        await accepted;
        const [session] = s.sessions;
        void session!.send("x");
        const flushed = session!.flush();
        peer.send("SockhopPong", { ack: 0, off: true });
        for (;;) {
            const ping = peer.frames.find(({ type }) => type === "SockhopPing");
            if (ping) {
                peer.send("SockhopPong", ping.data);
                break;
            }
            await once(peer.socket, "data");
        }
        await flushed;
        expect(session!.resumable).to.equal(false);
    });
});
