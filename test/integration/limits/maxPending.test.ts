import { expect } from "chai";
import { once } from "node:events";
import type net from "node:net";
import type { SockhopClient, SockhopServer } from "../../../src";
import {
    SockhopError,
    type SockhopResponsePacket,
    type SockhopResponseWriteableStream as Response,
} from "../../../src";
import { client, pair, placeOf, raw, rejection, server } from "../../support/pair";
import { until } from "../../support/eventLoop";
import { type Coded, framesOf } from "../../support/events";

/** Frames of sockhop requests. */
function request(uuid: string, data: unknown = "q"): string {
    return JSON.stringify({ type: "SockhopRequest", data: { uuid, data, type: "String", errors: true } }) + "\n";
}

describe("max_pending", () => {
    for (const which of ["client", "server"] as const) {
        it(`rejects calls and requests above the limit, and nothing else: ${which}`, async () => {
            const { s, c, socket } = await pair({ max_pending: 3 });
            const here = which === "client" ? c : s;
            const there = which === "client" ? s : c;
            const callbacks: (() => void)[] = [];
            const responses: Response[] = [];
            there.on("receive", (_: unknown, { callback }: { callback?: () => void }) => {
                if (callback) callbacks.push(callback);
            });
            there.on("request", (_: unknown, response: Response) => responses.push(response));
            const none = (): void => undefined;
            const ask = (callback: () => void): Promise<void> =>
                here === c ? c.send("q", callback) : s.send(socket, "q", callback);
            const requested = (options = {}): ReturnType<SockhopClient["request"]> =>
                here === c ? c.request("q", options) : s.request(socket, "q", options);

            const answered = new Promise<void>((resolve) => void ask(resolve));
            await ask(none);
            const stream = await requested();
            for (const promise of [ask(none), requested()]) {
                const error = await rejection(promise);
                expect(error).to.be.instanceOf(SockhopError).with.property("code", "ERR_MAX_PENDING");
            }
            await (here === c ? c.send("no question") : s.send(socket, "no question"));

            await until(() => callbacks.length === 2 && responses.length === 1);
            callbacks[0]!();
            await answered;
            const controller = new AbortController();
            const given = await requested({ signal: controller.signal }); // one more is allowed
            expect(await rejection(ask(none))).to.have.property("code", "ERR_MAX_PENDING");
            controller.abort();
            expect(await rejection(given.next())).to.have.property("code", "ERR_ABORTED");
            await responses[0]!.send("answer");
            await stream.all();
            await ask(none); // now two more
            await ask(none);
            expect(await rejection(requested())).to.have.property("code", "ERR_MAX_PENDING");
            expect(c.connected).to.equal(true);
        });
    }

    it("is counted for each connection of a server", async () => {
        const { s, socket } = await pair({ max_pending: 1 });
        const c = client(placeOf(s));
        const accepted = once(s, "connect");
        await c.connect();
        const [other] = (await accepted) as [net.Socket];
        await s.send(socket, "q", () => undefined);
        await s.send(other, "q", () => undefined);
        expect(await rejection(s.send(other, "q", () => undefined))).to.have.property("code", "ERR_MAX_PENDING");
    });

    it("keeps nothing of a rejected call, and allows new calls after a timeout", async () => {
        const { c } = await pair({ max_pending: 1 });
        const failed = new Promise<Coded>((resolve) => {
            void c.send("q", () => undefined, { timeout: 30, failed: resolve });
        });
        const refusals: Coded[] = [];
        await rejection(c.send("q", () => undefined, { timeout: 1, failed: (error) => refusals.push(error) }));
        expect((await failed).code).to.equal("ERR_RESPONSE_TIMEOUT");
        expect(refusals.map(({ code }) => code)).to.deep.equal(["ERR_MAX_PENDING"]);
        await c.send("q", () => undefined);
        expect(await rejection(c.send("q", () => undefined))).to.have.property("code", "ERR_MAX_PENDING");
    });

    for (const [how, handle] of Object.entries({
        "handle()": (s: SockhopServer, work: () => Promise<number>) => {
            s.handle("Job", work);
        },
        "a listener": (s: SockhopServer, work: () => Promise<number>) => {
            s.on("request", async (_request, response) => {
                await work();
                void response.send(1).catch(() => undefined);
            });
        },
    })) {
        it(`counts a canceled request until its handler has ended: ${how}`, async () => {
            const s = server({ max_pending: 2 });
            await s.listen();
            const ends: (() => void)[] = [];
            handle(s, () => new Promise((resolve) => ends.push(() => resolve(1))));
            const socket = await raw(s);
            const frames = framesOf(socket);
            const refused = (): unknown[] =>
                frames.flatMap(({ data }) => {
                    const { uuid, error } = data as { uuid: unknown; error?: { message: string } };
                    return error ? [[uuid, error.message]] : [];
                });
            const startAndCancel = (uuid: number): void => {
                socket.write(
                    `${JSON.stringify({ type: "SockhopRequest", data: { uuid, type: "Job", errors: true } })}\n`,
                );
                const cancel = { uuid, last: true, cancel: true };
                socket.write(`${JSON.stringify({ type: "SockhopResponsePacket", data: cancel })}\n`);
            };
            for (let uuid = 1; uuid <= 20; uuid++) startAndCancel(uuid);
            await until(() => refused().length === 18);
            expect(ends).to.have.length(2);
            expect(refused()[0]).to.deep.equal([3, "Too many open requests (max_pending)"]);
            for (const end of ends.splice(0)) end();
            await new Promise(setImmediate);
            startAndCancel(21);
            await until(() => ends.length === 1);
            expect(refused()).to.have.length(18);
        });
    }

    it("replies to requests of a peer above the limit with an error", async () => {
        const s = server({ max_pending: 2 });
        await s.listen();
        const responses: Response[] = [];
        s.on("request", (_, response) => responses.push(response));
        const peer = await raw(s);
        const frames = framesOf(peer);
        peer.write(request("a") + request("b") + request("c"));
        await until(() => frames.length > 0);
        expect(frames).to.have.length(1);
        const [{ type, data }] = frames as [{ type: string; data: SockhopResponsePacket }];
        expect(type).to.equal("SockhopResponsePacket");
        expect(data).to.include({ uuid: "c", last: true });
        expect(data.error).to.include({ code: "ERR_REQUEST_FAILED" });

        void responses[0]!.send("answer"); // one more is allowed again
        peer.write(request("d") + request("e"));
        await until(() => frames.length === 3);
        expect(frames.map(({ data }) => (data as SockhopResponsePacket).uuid)).to.deep.equal(["c", "a", "e"]);
        expect(responses.map(({ uuid }) => uuid)).to.deep.equal(["a", "b", "d"]);
    });

    it("is reported to a requester of either end as an error", async () => {
        const { s, c, socket } = await pair({ max_pending: 1 }, { max_pending: 1 });
        const other = client(placeOf(s));
        c.on("request", () => undefined);
        s.on("request", () => undefined);
        const limitless = { signal: new AbortController().signal };
        void s.request(socket, "stays open", limitless).then((stream) => stream.all().catch(() => undefined));
        await other.connect();
        // The requester is at its own limit; so the test writes the frames itself.
        const peer = await raw(s);
        const frames = framesOf(peer);
        peer.write(request("first") + request("second"));
        await until(() => frames.length > 0);
        expect((frames[0]!["data"] as SockhopResponsePacket).uuid).to.equal("second");

        const limited = await pair({ max_pending: 1 }, {});
        limited.s.on("request", () => undefined);
        void limited.c.request("stays open").then((stream) => stream.all().catch(() => undefined));
        expect(await rejection(limited.c.ask("too many"))).to.have.property("code", "ERR_REQUEST_FAILED");
        const limiting = await pair({}, { max_pending: 1 });
        limiting.c.on("request", () => undefined);
        void limiting.s.request(limiting.socket, "stays open").then((stream) => stream.all().catch(() => undefined));
        expect(await rejection(limiting.s.ask(limiting.socket, "too many"))).to.have.property(
            "code",
            "ERR_REQUEST_FAILED",
        );
    });
});
