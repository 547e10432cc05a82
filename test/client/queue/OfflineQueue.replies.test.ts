import { expect } from "chai";
import { once } from "node:events";
import type { ClientOptions, SockhopClient, SockhopResponseWriteableStream, SockhopServer } from "../../../src";
import type { Reply } from "../../../src/replies/PendingReply";
import { client, placeOf, rejection, server } from "../../support/pair";
import { turns, until } from "../../support/eventLoop";
import { RESUME, cutOff, next, resumable } from "../../support/resume";

interface Interrupted {
    c: SockhopClient;
    received: unknown[];
    reply: Reply;
    response: SockhopResponseWriteableStream;
}

/** What a server receives: messages, parts of the response to its request, and the reply to its call. */
function log(s: SockhopServer): unknown[] {
    const received: unknown[] = [];
    s.on("receive", (value) => received.push(value));
    s.on("connect", (_socket, session) => {
        void session.send("call", (reply: unknown) => received.push(reply));
        void session.request("job").then((stream) => stream.on("data", (data) => received.push(data)));
    });
    return received;
}

/** Answers of a client to the call and the request of {@link log}. */
async function answers(c: SockhopClient): Promise<{ reply: Reply; response: SockhopResponseWriteableStream }> {
    const called = once(c, "receive");
    const requested = once(c, "request");
    const [, { callback }] = (await called) as [unknown, { callback: Reply }];
    const [, response] = (await requested) as [unknown, SockhopResponseWriteableStream];
    return { reply: callback, response };
}

/** Sends one of each, with messages between them. */
function sendAll(c: SockhopClient, reply: Reply, response: SockhopResponseWriteableStream): Promise<unknown>[] {
    const sent = [c.send("1"), response.write("2"), c.send("3")];
    reply("4");
    sent.push(c.send("5"), response.send("6"));
    return sent;
}

const ORDER = ["1", "2", "3", "4", "5", "6"];

describe("Replies and parts of responses behind a queue", () => {
    for (const codec of ["json", "binary"] as const) {
        /** Interrupts a client with a queue that has a call and a request to answer. */
        const interrupted = async (options: ClientOptions = {}): Promise<Interrupted> => {
            const s = server({ ...RESUME, codec });
            const received = log(s);
            await s.listen();
            const c = client({ ...RESUME, codec, queue: true, ...options, ...placeOf(s) });
            const asked = answers(c);
            await c.connect();
            const { reply, response } = await asked;
            await c.flush();
            const lost = next(c, "interrupted");
            c.socket!.destroy();
            await lost;
            return { c, received, reply, response };
        };

        it(`keep the order of the calls during an interruption, with the codec ${codec}`, async () => {
            const { c, received, reply, response } = await interrupted();
            const sent = sendAll(c, reply, response);
            expect(c.buffered).to.be.above(0);
            await Promise.all(sent);
            await c.flush();
            await until(() => received.length === 6);
            expect(received).to.deep.equal(ORDER);
            expect(c.buffered).to.equal(0);
        });

        it(`keep their values, with the codec ${codec}`, async () => {
            const { c, received, reply, response } = await interrupted();
            const value = { list: [1] };
            void c.send(value);
            reply(value);
            void response.send(value);
            value.list.push(2);
            await c.flush();
            await until(() => received.length === 3);
            expect(received).to.deep.equal(Array(3).fill({ list: [1] }));
        });

        it(`may have values that send, with the codec ${codec}`, async () => {
            const { c, received, reply } = await interrupted();
            const value = {
                get a(): number {
                    void c.send("in a getter");
                    return 1;
                },
            };
            reply(value);
            void c.send("later");
            await c.flush();
            await until(() => received.length >= 3);
            expect(received).to.have.deep.members([{ a: 1 }, "in a getter", "later"]);
            expect(received.indexOf("in a getter")).to.be.below(received.indexOf("later"));
        });

        it(`are not dropped with the messages of a full queue, or their age, with the codec ${codec}`, async () => {
            const queue = { max_messages: 3, overflow: "drop-oldest", max_age: 1 } as const;
            const { c, received, reply, response } = await interrupted({ queue });
            const dropped = rejection(c.send("dropped"));
            reply("4");
            void response.send("6");
            const expired = rejection(c.send("expires"));
            expect(await dropped).to.have.property("code", "ERR_QUEUE_FULL");
            expect(await expired).to.have.property("code", "ERR_QUEUE_EXPIRED");
            await next(c, "resumed");
            await c.flush();
            await until(() => received.length === 2);
            expect(received).to.deep.equal(["4", "6"]);
        });

        it(`fail with their connection, and the messages go to the next one, with the codec ${codec}`, async () => {
            const { s, c } = await resumable({ ...RESUME, codec }, { ...RESUME, codec, queue: true });
            const asked = answers(c);
            void s.sessions[0]!.send("call", () => expect.fail("The connection has ended"));
            s.sessions[0]!.request("job").catch(() => undefined);
            const { reply, response } = await asked;
            await c.flush();
            const lost = next(c, "interrupted");
            const ended = next(c, "disconnect");
            await cutOff(s);
            await lost;
            void c.send("kept");
            reply("lost");
            const sent = rejection(response.send("lost"));
            c.auto_reconnect = false;
            void s.close();
            const other = server({ ...RESUME, codec });
            const received = once(other, "receive");
            await other.listen();
            c.port = other.get_bound_port()!;
            await ended;
            expect(await sent).to.have.property("code", "ERR_SOCKET_DESTROYED");
            await c.connect();
            expect((await received)[0]).to.equal("kept");
        });
    }

    it("keep the order of the calls until the codec is known", async () => {
        const s = server();
        const received = log(s);
        await s.listen();
        const c = client({ codec: "binary", ...placeOf(s) });
        const asked = answers(c);
        await c.connect();
        const { reply, response } = await asked;
        await Promise.all(sendAll(c, reply, response));
        await until(() => received.length === 6);
        expect(received).to.deep.equal(ORDER);
    });

    it("keep the order of the calls while the queue is sent slowly, and are sent by disconnect()", async () => {
        for (const isLast of [false, true]) {
            const s = server();
            const received: unknown[] = [];
            let replied: unknown;
            s.on("receive", ({ n }: { n: number }) => received.push(n));
            s.on("connect", (_socket, session) => {
                void session.send("call", (value: unknown) => {
                    replied = [value, received.at(-1)];
                });
            });
            await s.listen();
            const options = { queue: true, slow_consumer: "drop", max_buffered: 100_000 } as const;
            const c = client({ ...options, ...placeOf(s) });
            const text = "x".repeat(50_000);
            const sent = Array.from({ length: 100 }, (_, n) => c.send({ n, text }).catch((error: unknown) => error));
            const called = once(c, "receive");
            await c.connect();
            const [, { callback }] = (await called) as [unknown, { callback: Reply }];
            expect(c.buffered).to.be.above(100_000);
            sent.push(c.send({ n: 100 }).catch((error: unknown) => error));
            callback("reply");
            if (isLast) await c.disconnect();
            await Promise.all(sent);
            await until(() => replied !== undefined);
            expect(replied).to.deep.equal(["reply", isLast ? received.at(-1) : 100]);
            await turns(1);
        }
    });

    it("are limited as the replies to a peer that does not read", async () => {
        const { s, c, response } = await limited();
        const lost = next(c, "interrupted");
        await cutOff(s);
        await lost;
        void c.send("waits");
        const part = "x".repeat(500);
        const failed = next(c, "error");
        const errors: unknown[] = [];
        for (let count = 0; count < 100; count++) response.write(part).catch((error: unknown) => errors.push(error));
        await until(() => errors.length === 100);
        const [error] = (await failed) as [Error];
        expect(error).to.have.property("code", "ERR_BUFFER_FULL");
        expect(error.message).to.match(/: \d{4} bytes are buffered, and max_buffered is 1000/);
        expect(errors).to.include(error);
    });

    it("are limited only until they are sent", async () => {
        const { c, response } = await limited();
        for (let round = 0; round < 4; round++) {
            const [lost, resumed] = [next(c, "interrupted"), next(c, "resumed")];
            c.socket!.destroy();
            await lost;
            await Promise.all([c.send("waits"), response.write("x".repeat(4000))]);
            await resumed;
        }
    });

    /** Client with a queue, a low `max_buffered`, and a request to answer. */
    async function limited(): Promise<Pick<Interrupted, "c" | "response"> & { s: SockhopServer }> {
        const { s, c } = await resumable(RESUME, { ...RESUME, queue: true, max_buffered: 1000 });
        const asked = answers(c);
        void s.sessions[0]!.send("call", () => undefined);
        s.sessions[0]!.request("job").catch(() => undefined);
        return { s, c, response: (await asked).response };
    }
});
