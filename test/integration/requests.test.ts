import { expect } from "chai";
import { once } from "node:events";
import type net from "node:net";
import type { SockhopResponseWriteableStream } from "../../src";
import { client, pair, raw, rawServer, rejection, server, socketPath } from "../support/pair";
import { uncaught } from "../support/rejections";
import { answer, both, kept } from "../support/directions";

class Widget {
    a = 1;
}

describe("requests", () => {
    it("have a response of one value of any kind", async () => {
        await both(async ({ requester, responder, request, ask }) => {
            answer(responder, ({ data, type }, response) => response.send([data, type]));
            for (const [value, arrives, type] of [
                [new Widget(), { a: 1 }, "Widget"],
                [null, null, "Object"],
                [0, 0, "Number"],
                ["", "", "String"],
                [undefined, {}, "Object"],
            ]) {
                expect(await ask(value)).to.deep.equal([arrives, type]);
            }
            expect(await (await request("x")).next()).to.deep.equal({ data: ["x", "String"], type: "Array" });
            expect(kept(requester, responder)).to.equal(0);
        });
    });

    it("have a stream of values as response", async () => {
        await both(async ({ requester, responder, request }) => {
            answer(responder, async (_, response) => {
                for (let n = 0; n < 3; n++) await response.write(n);
                await response.end();
            });
            const all = await (await request()).all();
            expect(all.map(({ data }) => data as unknown)).to.deep.equal([0, 1, 2, {}]);
            const seen: unknown[] = [];
            for await (const { data } of await request()) seen.push(data);
            expect(seen).to.deep.equal([0, 1, 2]);
            expect(kept(requester, responder)).to.equal(0);
        });
    });

    it("are emitted with their connection", async () => {
        const { s, c, socket } = await pair();
        const context = new Promise((resolve) => answer(s, (_request, _response, ...more) => resolve(more)));
        await c.request("x");
        expect(await context).to.deep.equal([{ socket, session: s.sessions[0] }]);
        const nothing = new Promise((resolve) => answer(c, (_request, _response, ...more) => resolve(more)));
        await s.sessions[0]!.request("x");
        expect(await nothing).to.deep.equal([]);
    });

    it("interleave, each with its own response", async () => {
        await both(async ({ responder, ask }) => {
            answer(responder, ({ data }, response) => {
                setImmediate(() => void response.send(data));
            });
            const numbers = Array.from({ length: 100 }, (_, n) => n);
            expect(await Promise.all(numbers.map((n) => ask(n)))).to.deep.equal(numbers);
        });
    });

    it("have their response also if it arrives before their own write has ended", async () => {
        const { port } = await rawServer((socket) => {
            socket.once("data", (bytes) => {
                const uuid = /"uuid":"([^"]+)"/.exec(String(bytes))![1];
                socket.write(
                    JSON.stringify({ type: "SockhopResponsePacket", data: { uuid, data: "early", last: true } }) + "\n",
                );
                socket.resume();
            });
        });
        const c = client({ port });
        await c.connect();
        expect(await c.ask("x".repeat(8 * 2 ** 20))).to.equal("early");
    });

    describe("that fail", () => {
        it("reject when the handler throws or rejects, and the error is uncaught at the responder", async () => {
            await both(async ({ requester, responder, ask }) => {
                for (const handler of [
                    () => {
                        throw new Error("mine");
                    },
                    () => Promise.reject(new Error("mine")),
                ]) {
                    responder.removeAllListeners("request");
                    answer(responder, handler);
                    const surfaced = uncaught();
                    const error = await rejection(ask("x"));
                    expect([error.code, error.message]).to.deep.equal(["ERR_REQUEST_FAILED", "mine"]);
                    expect(await surfaced).to.have.property("message", "mine");
                    expect(kept(requester, responder)).to.equal(0);
                }
            });
        });

        it("reject with the error of fail()", async () => {
            await both(async ({ responder, ask }) => {
                answer(responder, (_, response) => response.fail(new Error("not today")));
                expect(await rejection(ask("x"))).to.include({ code: "ERR_REQUEST_FAILED", message: "not today" });
            });
        });

        it("reject at once without a handler for requests", async () => {
            await both(async ({ requester, responder, ask }) => {
                expect(await rejection(ask("x"))).to.have.property("code", "ERR_REQUEST_UNHANDLED");
                expect(kept(requester, responder)).to.equal(0);
            });
        });

        it("reject after their timeout if there have been handlers before", async () => {
            await both(async ({ responder, ask }) => {
                responder.once("request", ((_: unknown, response: SockhopResponseWriteableStream) =>
                    response.send(1)) as never);
                expect(await ask("x")).to.equal(1);
                expect(await rejection(ask("x", { timeout: 10 }))).to.have.property("code", "ERR_RESPONSE_TIMEOUT");
            });
        });

        it("get no response that a requester of 1.8 cannot read", async () => {
            const s = server();
            await s.listen();
            const socket = await raw(s);
            const arrived = once(socket, "data");
            socket.write('{"type":"SockhopRequest","data":{"uuid":"1","data":"x","type":"String"}}\n');
            socket.write('{"type":"SockhopPing","data":{"_id":"after it"}}\n');
            expect(String((await arrived)[0])).to.match(/^\{"type":"SockhopPong".*"after it"/);
        });

        it("reject for json peers, without a connection, and for values that cannot be sent", async () => {
            const { c: bare, s: bareServer, socket } = await pair({ peer_type: "json" });
            const { c, s } = await pair();
            for (const [promise, code] of [
                [bare.request("x"), "ERR_REQUEST_TYPE"],
                [bareServer.ask(socket, "x"), "ERR_REQUEST_TYPE"],
                [client().request("x"), "ERR_SOCKET_DESTROYED"],
                [s.request(socket, "x"), "ERR_SOCKET_DESTROYED"],
                [s.request(undefined as unknown as net.Socket, "x"), "ERR_NO_SOCKET"],
                [c.request(1n), "ERR_BAD_DATA"],
                [c.request(() => 1), "ERR_BAD_DATA"],
                [c.request("x", { timeout: -1 }), "ERR_BAD_OPTION"],
            ] as const) {
                expect(await rejection(promise)).to.have.property("code", code);
            }
            expect(kept(c, s)).to.equal(0);
        });
    });

    it("need little memory at the responder for a very long response, with backpressure", async () => {
        const { s, c } = await pair({ path: socketPath() }); // whose system buffers are small
        const PACKETS = 20_000;
        let ahead = 0;
        let taken = 0;
        answer(s, async (_, response) => {
            for (let n = 0; n < PACKETS; n++) {
                await response.write(n);
                ahead = Math.max(ahead, n - taken);
            }
            await response.end();
        });
        for await (const { data } of await c.request("all")) {
            expect(data).to.equal(taken);
            taken += 1;
        }
        expect(taken).to.equal(PACKETS);
        // Some hundreds, the capacity of the buffers on the way, for any length of the response.
        expect(ahead).to.be.below(PACKETS / 4);
    });
});
