import { expect } from "chai";
import { once } from "node:events";
import type { SockhopClient } from "../../src";
import { framesOf } from "../support/events";
import { until } from "../support/eventLoop";
import { pair, raw, rejection, server } from "../support/pair";
import { odd } from "../support/states";

class Job {
    id = 1;
}

describe("the option type", () => {
    it("names a message, a call and a request of a client", async () => {
        const { s, c } = await pair();
        const seen: unknown[] = [];
        s.on("receive:job.added", (value, meta) => {
            seen.push([value, meta.type]);
            meta.callback?.("added");
        });
        s.on("request:job.next", (request, response) => response.send([request.data, request.type]));
        await c.send(null, null, { type: "job.added" });
        const reply = await new Promise((resolve) => {
            void c.send(new Job(), resolve, { type: "job.added" });
        });
        expect([...seen, reply]).to.deep.equal([[null, "job.added"], [{ id: 1 }, "job.added"], "added"]);
        expect(await c.ask(undefined, { type: "job.next" })).to.deep.equal([{}, "job.next"]);
        expect((await (await c.request(5, { type: "job.next" })).next()).data).to.deep.equal([5, "job.next"]);
    });

    it("names those of a server and a session, and a broadcast", async () => {
        const { s, c, socket } = await pair();
        const types: unknown[] = [];
        c.on("receive", (_value, meta) => types.push(meta.type));
        c.on("request", (request, response) => response.send(request.type));
        const [session] = s.sessions;
        await s.send(socket, 1, null, { type: "a" });
        await session!.send(1, null, { type: "b" });
        await s.sendall(1, { type: "c" });
        await s.sendall(new Job());
        expect(await s.ask(socket, 1, { type: "d" })).to.equal("d");
        expect(await session!.ask(1, { type: "e" })).to.equal("e");
        expect(types).to.deep.equal(["a", "b", "c", "Job"]);
    });

    it("has the bytes of a class of that name", async () => {
        const s = server();
        await s.listen();
        const connected = once(s, "connect");
        const frames = framesOf(await raw(s));
        await connected;
        await s.sendall({ id: 1 }, { type: "Job" });
        await s.sendall(new Job());
        await until(() => frames.length === 2);
        expect(frames).to.deep.equal(Array(2).fill({ type: "Job", data: { id: 1 } }));
    });

    for (const type of [5, {}, "x".repeat(1025), "SockhopPing", "SockhopPong", "SockhopRequest"]) {
        it(`is refused: ${JSON.stringify(type).slice(0, 20)}`, async () => {
            const { s, c, socket } = await pair();
            const options = { type: odd(type) };
            const failed: unknown[] = [];
            for (const promise of [
                c.send(1, null, options),
                c.send(1, () => undefined, { ...options, failed: (error) => failed.push(error.code) }),
                c.ask(1, options),
                c.request(1, options),
                s.send(socket, 1, null, options),
                s.sendall(1, options),
            ]) {
                expect((await rejection(promise)).code).to.equal("ERR_BAD_OPTION");
            }
            expect(failed).to.deep.equal(["ERR_BAD_OPTION"]);
            expect([c.stats, s.stats].map(({ messages_sent }) => messages_sent)).to.deep.equal([0, 0]);
        });
    }

    it("is refused for a json peer, which gets no types", async () => {
        const { s, c } = await pair({ peer_type: "json", allow_non_objects: true });
        const sends = (end: SockhopClient): Promise<unknown>[] => [end.send(1, null, { type: "a" })];
        for (const promise of [...sends(c), s.sendall(1, { type: "a" })]) {
            expect((await rejection(promise)).code).to.equal("ERR_BAD_OPTION");
        }
    });

    it("is missing if it is null", async () => {
        const { s, c } = await pair();
        const received = once(s, "receive");
        await c.send(new Job(), null, { type: odd(null) });
        expect((await received)[1]).to.have.property("type", "Job");
    });
});
