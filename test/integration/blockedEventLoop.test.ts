import { expect } from "chai";
import { type CallbackOptions, type Reply, TimedMap } from "../../src";
import { client, pair, raw, rawServer, rejection, server } from "../support/pair";
import { frame, until } from "../support/eventLoop";

type Coded = Error & { code?: string };

/** Blocks the event loop. */
function block(time: number): void {
    const end = performance.now() + time;
    while (performance.now() < end);
}

async function elapsed(time: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, time));
}

/** Long enough for a round trip on a busy machine, and shorter than the blocked time. */
const LIMIT = 300;
const LONGER = LIMIT + 60;

describe("after a tick longer than the timeout", () => {
    // In each test the data is in the socket before the timeout, but has not been read yet.

    it("resolves a request whose response has arrived", async () => {
        const { s, c, socket } = await pair();
        for (const responder of [s, c]) {
            responder.on("request", (_: unknown, response: { send(value: unknown): Promise<void> }) => {
                void response.send("answer").then(() => block(LONGER));
            });
        }
        expect(await c.ask("q", { timeout: LIMIT })).to.equal("answer");
        expect(await s.ask(socket, "q", { timeout: LIMIT })).to.equal("answer");
    });

    it("resolves a request() with response_timeout whose response has arrived", async () => {
        const { s, c } = await pair({ response_timeout: LIMIT });
        s.on("request", (_, response) => {
            void response.send("answer").then(() => block(LONGER));
        });
        const stream = await c.request("q");
        expect((await stream.all()).map(({ data }) => data as unknown)).to.deep.equal(["answer"]);
    });

    it("calls the callback of a call whose reply has arrived", async () => {
        const { s, c, socket } = await pair();
        for (const responder of [s, c]) {
            responder.on("receive", (_: unknown, { callback }: { callback: Reply }) => {
                callback("answer");
                process.nextTick(() => process.nextTick(block, LONGER)); // when it is written
            });
        }
        for (const send of [
            (callback: (answer: unknown) => void, options: CallbackOptions) => c.send("q", callback, options),
            (callback: (answer: unknown) => void, options: CallbackOptions) => s.send(socket, "q", callback, options),
        ]) {
            expect(
                await new Promise((resolve) => {
                    void send(resolve, { timeout: LIMIT, failed: resolve });
                }),
            ).to.equal("answer");
        }
    });

    it("resolves connect() if the connection is established, with connect_timeout", async () => {
        const { port } = await rawServer();
        const c = client({ port, connect_timeout: LIMIT });
        const connected = c.connect();
        setImmediate(() => {
            expect(c.socket!.connecting).to.equal(true);
            block(LONGER);
        });
        await connected;
        expect(c.connected).to.equal(true);
    });

    it("finds entries of a TimedMap for data that has arrived", async () => {
        const { s, c } = await pair();
        const map = new TimedMap();
        const reasons: string[] = [];
        s.on("receive", (key) => map.delete(key));
        await c.send("key");
        map.set("key", 1, (reason) => reasons.push(reason), LIMIT);
        block(LONGER);
        await until(() => reasons.length > 0);
        expect(reasons).to.deep.equal(["deleted"]);
    });

    it("fails a call without a reply, a tick later", async () => {
        const { s, c } = await pair();
        s.on("request", () => undefined);
        const failed = new Promise((resolve) => {
            void c.send("q", resolve, { timeout: 20, failed: ({ code }) => resolve(code) });
        });
        const asked = rejection(c.ask("q", { timeout: 20 }));
        block(40);
        expect(await failed).to.equal("ERR_RESPONSE_TIMEOUT");
        expect(await asked).to.have.property("code", "ERR_RESPONSE_TIMEOUT");
    });

    it("accepts a frame whose end has arrived", async () => {
        const s = server({ frame_timeout: 40 });
        await s.listen();
        const errors: unknown[] = [];
        s.on("error", ({ code }: Coded) => errors.push(code));
        const values: unknown[] = [];
        s.on("receive", (value) => values.push(value));
        const peer = await raw(s);
        const text = frame("late");
        await until(() => s.sockets.length === 1);
        peer.write(text.slice(0, 5));
        await until(() => s.sockets[0]!.bytesRead === 5);
        await new Promise<void>((resolve) => {
            peer.write(text.slice(5), () => {
                block(120);
                resolve();
            });
        });
        await until(() => values.length > 0);
        expect(values).to.deep.equal(["late"]);
        await elapsed(80);
        expect(errors).to.deep.equal([]);
    });
});
