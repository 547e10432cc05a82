import { expect } from "chai";
import { once } from "node:events";
import { SockhopSession } from "../../src";
import { both, kept } from "../support/directions";
import { until } from "../support/eventLoop";
import { pair, raw, rejection } from "../support/pair";
import { unhandled } from "../support/rejections";

class User {
    constructor(readonly id: number) {}
}

describe("handle()", () => {
    it("responds to requests of both ends", async () => {
        await both(async ({ requester, responder, ask }) => {
            responder.handle("User", ({ id }: User) => ({ id, name: "Ada" }));
            expect(await ask(new User(7))).to.deep.equal({ id: 7, name: "Ada" });
            expect(kept(requester, responder)).to.equal(0);
        });
    });

    it("responds with a stream, which the requester can leave", async () => {
        await both(async ({ requester, responder, request, ask }) => {
            let open = 0;
            responder.handle("Number", async function* (count: number) {
                open += 1;
                try {
                    for (let n = 1; n <= count; n++) yield await Promise.resolve(n);
                } finally {
                    open -= 1;
                }
            });
            const seen: unknown[] = [];
            for await (const { data } of await request(3)) seen.push(data);
            expect(seen).to.deep.equal([1, 2, 3]);
            expect(await ask(1e9)).to.equal(1); // reads one packet, then cancels
            await until(() => open === 0);
            expect(kept(requester, responder)).to.equal(0);
        });
    });

    it("rejects the request with message, code and data of the error", async () => {
        const reasons = unhandled();
        await both(async ({ responder, ask }) => {
            responder.handle("User", ({ id }: User) => {
                throw Object.assign(new Error("No such user"), { code: "E_NO_USER", data: { id } });
            });
            const heard = new Promise((resolve) => responder.once("error", resolve));
            const error = await rejection(ask(new User(7)));
            expect(error).to.include({ code: "ERR_REQUEST_FAILED", message: "No such user" });
            expect((error as { remote?: unknown }).remote).to.deep.equal({
                message: "No such user",
                code: "E_NO_USER",
                data: { id: 7 },
            });
            expect(await heard).to.include({ message: "No such user", code: "E_NO_USER" });
        });
        expect(reasons).to.deep.equal([]);
    });

    it("knows the session of the requester", async () => {
        class Visitor extends SockhopSession {
            visits = 0;
        }
        const { s, c } = await pair({ session_type: Visitor });
        s.handle("String", (_, { session }) => ((session as Visitor).visits += 1));
        expect(await c.ask("a")).to.equal(1);
        expect(await c.ask("b")).to.equal(2);
        expect((s.sessions[0] as Visitor).visits).to.equal(2);
    });

    it("aborts its signal when the requester cancels or disconnects", async () => {
        const { s, c } = await pair();
        const signals: AbortSignal[] = [];
        const started = (): Promise<unknown> => new Promise((resolve) => s.once("handling", resolve));
        s.handle("String", async (_, { signal }) => {
            signals.push(signal);
            s.emit("handling");
            await new Promise((resolve) => {
                signal.addEventListener("abort", resolve);
            });
        });
        const controller = new AbortController();
        for (const [options, leave] of [
            [{ signal: controller.signal }, () => controller.abort()],
            [{}, () => c.disconnect()],
        ] as const) {
            const running = started();
            const failed = rejection(c.ask("wait", options));
            await running;
            void leave();
            await failed;
            const signal = signals.at(-1)!;
            if (!signal.aborted) await once(signal, "abort");
        }
        expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, true]);
    });

    it("sends to a requester of 1.8 what it understands", async () => {
        const { s } = await pair();
        s.on("error", () => undefined);
        s.handle("Number", (n: number) => {
            if (n === 1) throw new Error("not understood");
            return n;
        });
        const peer = await raw(s);
        for (const n of [1, 2]) {
            peer.write(`{"type":"SockhopRequest","data":{"uuid":"u${n}","type":"Number","data":${n}}}\n`);
        }
        const [chunk] = (await once(peer, "data")) as [Buffer];
        expect(JSON.parse(String(chunk))).to.deep.equal({
            type: "SockhopResponsePacket",
            data: { uuid: "u2", type: "Number", data: 2, last: true },
        });
    });
});

describe("error.remote", () => {
    it("has only values of expected types, whatever the peer sends", async () => {
        const { s, c } = await pair();
        const failures = [
            { code: "ERR_REQUEST_FAILED", message: "a", remote: { code: "x".repeat(1000), data: null } },
            { code: "ERR_REQUEST_FAILED", message: "b", remote: { code: { a: 1 } } },
            { code: "ERR_REQUEST_FAILED", message: 5, remote: "text" },
            { code: "ERR_REQUEST_FAILED", remote: null },
            { code: "ERR_REQUEST_UNHANDLED", message: "c", remote: { code: "other" } },
            true,
        ];
        const remotes: unknown[] = [];
        s.on("request", ({ data }, response) => void response.failWith(failures[data as number] as never));
        for (const index of failures.keys()) {
            const error = await rejection(c.ask(index));
            remotes.push((error as { remote?: { code?: unknown; data?: unknown } }).remote);
        }
        expect(remotes[0]).to.deep.equal({ message: "a", code: "x".repeat(256), data: null });
        expect(remotes[1]).to.deep.equal({ message: "b" });
        expect(remotes.slice(2, 4).map((remote) => Object.keys(remote as object))).to.deep.equal([
            ["message"],
            ["message"],
        ]);
        expect(remotes[4]).to.equal(undefined);
    });
});
