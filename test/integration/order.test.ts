import { expect } from "chai";
import type { SockhopClient, SockhopServer } from "../../src";
import { pair, received } from "../support/pair";
import { until } from "../support/eventLoop";

describe("order", () => {
    /** Records all values received by an end, in order. */
    function log(end: SockhopClient | SockhopServer): unknown[] {
        const heard: unknown[] = [];
        end.on("receive", (value: unknown) => heard.push(value));
        end.on("request", (request: { data: unknown }) => heard.push(request.data));
        return heard;
    }

    it("is kept between all methods that send, within a tick and across ticks", async () => {
        const { s, c, socket } = await pair();
        const [atServer, atClient] = [log(s), log(c)];
        const none = (): void => undefined;
        const swallow = (promise: Promise<unknown>): void => void promise.catch(none);
        const fromServer = [
            (n: number) => swallow(s.send(socket, n)),
            (n: number) => swallow(s.sendall(n)),
            (n: number) => swallow(s.send(socket, n, none)),
            (n: number) => swallow(s.request(socket, n)),
            (n: number) => swallow(s.sessions[0]!.send(n)),
            (n: number) => swallow(s.sendall(n)),
            (n: number) => swallow(s.ask(socket, n)),
        ];
        const fromClient = [
            (n: number) => swallow(c.send(n)),
            (n: number) => swallow(c.request(n)),
            (n: number) => swallow(c.send(n, none)),
            (n: number) => swallow(c.ask(n)),
        ];
        for (let n = 0; n < 400; n++) {
            fromServer[n % fromServer.length]!(n);
            fromClient[n % fromClient.length]!(n);
            if (n % 50 === 49) await new Promise(setImmediate);
            else if (n % 20 === 19) await Promise.resolve();
        }
        await until(() => atServer.length === 400 && atClient.length === 400);
        const order = Array.from({ length: 400 }, (_, n) => n);
        expect(atServer).to.deep.equal(order);
        expect(atClient).to.deep.equal(order);
    });

    it("is kept where large messages between small ones are written early", async () => {
        const { s, c } = await pair();
        const sizes = [1, 3000, 10, 70_000, 5, 2047, 2048, 200_000, 3, 1];
        const values = received(s, sizes.length);
        await Promise.all(sizes.map((size) => c.send("é".repeat(size))));
        expect(((await values) as string[]).map(({ length }) => length)).to.deep.equal(sizes);
    });

    it("of replies is the order of the calls of the reply functions", async () => {
        const { s, c } = await pair();
        s.on("receive", (value, { callback }) => callback!(value));
        const answers: unknown[] = [];
        await new Promise<void>((resolve) => {
            for (let n = 0; n < 300; n++) {
                void c.send(n, (answer) => {
                    if (answers.push(answer) === 300) resolve();
                });
            }
        });
        expect(answers).to.deep.equal(Array.from({ length: 300 }, (_, n) => n));
    });

    it("of resolved promises is the order of their messages", async () => {
        const { c } = await pair();
        const settled: number[] = [];
        await Promise.all(
            Array.from({ length: 200 }, async (_, n) => {
                await c.send("x".repeat(n * 10));
                settled.push(n);
            }),
        );
        expect(settled).to.deep.equal(Array.from({ length: 200 }, (_, n) => n));
    });
});
