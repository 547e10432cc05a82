import { AsyncLocalStorage } from "node:async_hooks";
import { expect } from "chai";
import { Socket } from "node:net";
import { SockhopClient, type SockhopResponseWriteableStream, SockhopServer } from "../../src";
import type { Reply } from "../../src/replies/PendingReply";
import { client, pair, placeOf, rawServer, rejection, server } from "../support/pair";
import { frame, turns, until } from "../support/eventLoop";
import { warnings } from "../support/rejections";

const nothing = (): void => undefined;

/** A signal of a package that is not an EventTarget of node. */
class Signal {
    aborted = false;
    reason: unknown;
    readonly listeners = new Set<() => void>();
    addEventListener(_type: string, listener: () => void): void {
        this.listeners.add(listener);
    }
    removeEventListener(_type: string, listener: () => void): void {
        this.listeners.delete(listener);
    }
    abort(): void {
        this.aborted = true;
        for (const listener of [...this.listeners]) listener();
    }
}

describe("callbacks and requests", () => {
    it("call failed of a call made in failed in a later tick", async () => {
        const c = client();
        const order: string[] = [];
        const failed = (): void => {
            order.push("first");
            void c.send(2, nothing, { failed: () => order.push("second") });
            order.push("end of the first");
        };
        await rejection(c.send(1, nothing, { failed }));
        expect(order).to.deep.equal(["first", "end of the first"]);
        await until(() => order.length === 3);
    });

    it("call neither callback nor failed if send() throws", async () => {
        const { c } = await pair();
        const called: unknown[] = [];
        const wrong = "no function" as unknown as () => void;
        expect(() => c.send(1, wrong, { failed: (error) => called.push(error) })).to.throw(/function/);
        await turns(5);
        expect(called).to.deep.equal([]);
    });

    it("accept any signal that conforms to the standard", async () => {
        const { s, c } = await pair();
        const signal = new Signal();
        const given = { signal: signal as unknown as AbortSignal };
        s.on("request", ({ data }, response) => {
            if (data === "answer") void response.send("answer");
        });
        expect(await c.ask("answer", given)).to.equal("answer");
        expect(signal.listeners.size).to.equal(0);
        const failed = new Promise((resolve) => void c.send(1, () => undefined, { ...given, failed: resolve }));
        const asked = c.ask("never", given);
        const stream = await c.request("never", given);
        expect(signal.listeners.size).to.equal(1);
        signal.reason = "enough";
        signal.abort();
        expect(await failed).to.include({ code: "ERR_ABORTED", cause: "enough" });
        expect(await rejection(asked)).to.include({ code: "ERR_ABORTED", cause: "enough" });
        expect((await rejection(stream.next())).code).to.equal("ERR_ABORTED");
        expect(signal.listeners.size).to.equal(0);
        expect((await rejection(c.ask(1, given))).code).to.equal("ERR_ABORTED");
    });

    it("run in the asynchronous context of their call: callbacks, failed, and stream events", async () => {
        const context = new AsyncLocalStorage<string>();
        const { s, c, socket } = await pair();
        for (const end of [s, c]) {
            end.on("receive", (value: unknown, { callback }: { callback?: Reply }) => {
                if (value === "reply") callback?.(1);
            });
            end.on("request", async (_: unknown, response: SockhopResponseWriteableStream) => {
                await response.write(1);
                await turns(3);
                await response.send(2);
            });
        }
        const waiting = client({ queue: { max_messages: 2, max_age: 20, overflow: "drop-oldest" } });
        const seen: string[] = [];
        const note = (what: string) => (): unknown => seen.push(`${what} ${context.getStore()}`);
        const signal = new AbortController();
        await Promise.all(
            ["Alice", "Bob"].map((user) =>
                context.run(user, async () => {
                    const stream = await c.request(1);
                    stream.on("data", note(`data ${user}`)).on("end", note(`end ${user}`));
                    void c.send("reply", note(`reply ${user}`));
                    void c.send("none", () => undefined, { timeout: 20, failed: note(`timeout ${user}`) });
                    void c.send("none", () => undefined, { signal: signal.signal, failed: note(`abort ${user}`) });
                    void c.send("none", () => undefined, { failed: note(`closed ${user}`) });
                    const other = await s.request(socket, 1);
                    other.on("data", note(`data ${user}`)).on("end", note(`end ${user}`));
                    void s.send(socket, "reply", note(`reply ${user}`));
                    void s.send(socket, "none", nothing, { timeout: 20, failed: note(`timeout ${user}`) });
                    for (let n = 0; n < 2; n++) {
                        void waiting.send("late", nothing, { failed: note(`queued ${user}`) });
                    }
                }),
            ),
        );
        await until(() => seen.length === 24);
        signal.abort();
        await c.disconnect();
        expect(seen).to.have.length(28);
        for (const each of seen) {
            const [, user, store] = each.split(" ");
            expect(store, each).to.equal(user);
        }
    });

    it("destroy a connection whose peer reads no replies at eight times max_buffered", async () => {
        const calls = Array.from({ length: 2000 }, (_, n) => frame(n, { id: `${n}x` })).join("");
        const c = client({ max_buffered: 10_000 });
        let most = 0;
        c.on("receive", (_, { callback }) => {
            callback?.("x".repeat(10_000));
            most = Math.max(most, c.buffered);
        });
        const errors: unknown[] = [];
        c.on("error", (error: Error & { code?: string }) => errors.push(error.code));
        const cut = new Promise((resolve) => c.once("disconnect", resolve));
        const { port } = await rawServer((socket) => socket.pause().write(calls));
        c.port = port;
        await c.connect();
        await cut;
        expect(errors).to.deep.equal(["ERR_BUFFER_FULL"]);
        expect(most).to.be.lessThan(8 * 10_000 + 2 * 10_100);
    });
});

describe("options", () => {
    it("reject with ERR_BAD_OPTION for invalid options of a call", async () => {
        const { s, c, socket } = await pair();
        s.on("receive", nothing);
        s.on("request", nothing);
        const wrong = [
            { timeout: -1 },
            { timeout: "soon" },
            { signal: {} },
            { signal: "abort" },
            { signal: 5 },
            { signal: () => undefined },
            { signal: { aborted: false } },
        ] as object[];
        for (const options of wrong) {
            for (const promise of [c.ask(1, options), c.request(1, options), c.send(1, nothing, options)]) {
                expect((await rejection(promise)).code, JSON.stringify(options)).to.equal("ERR_BAD_OPTION");
            }
            expect((await rejection(s.ask(socket, 1, options))).code).to.equal("ERR_BAD_OPTION");
        }
        expect((await rejection(c.send(1, nothing, { failed: 1 } as object))).code).to.equal("ERR_BAD_OPTION");
    });

    it("are the default if they, or their members, are null", async () => {
        const { s, c, socket } = await pair();
        for (const end of [s, c]) end.handle("Number", () => 1);
        const session = s.sessions[0]!;
        const remote = s.session(s.id_of(session));
        const only = (...names: string[]): object => Object.fromEntries(names.map((name) => [name, null]));
        for (const options of [null, only("timeout", "signal", "type", "failed")] as never[]) {
            await Promise.all([
                c.send(1, nothing, options),
                s.send(socket, 1, null, options),
                session.send(1, null, options),
            ]);
        }
        for (const options of [null, only("timeout", "signal", "type")] as never[]) {
            await Promise.all([
                c.ask(1, options),
                s.ask(socket, 1, options),
                session.ask(1, options),
                remote.ask(1, options),
            ]);
            for (const stream of [c.request(1, options), s.request(socket, 1, options), session.request(1, options)]) {
                await (await stream).next(null);
            }
        }
        for (const options of [null, only("timeout", "signal")] as never[]) {
            await Promise.all([c.flush(options), session.flush(options)]);
            await Promise.all([s.group("a").count(options), s.group("a").members(options)]);
            await client(placeOf(s)).connect(options);
            await c.messages(options).return?.();
        }
        for (const options of [null, only("type", "except", "local")] as never[]) {
            await Promise.all([s.sendall(1, options), s.group("a").sendall(1, options)]);
        }
        for (const options of [null, only("timeout", "drain")] as never[]) {
            await Promise.all([s.kill_socket(socket, options), session.kill(options), remote.kill(options)]);
            await Promise.all([c.disconnect(options), s.disconnect(options), s.close(options)]);
        }
        expect(s.sockets).to.deep.equal([]);
    });

    it("reject with ERR_BAD_OPTION, and no method throws, if reading them throws", async () => {
        const { s, c } = await pair();
        const session = s.sessions[0]!;
        const remote = s.session(s.id_of(session));
        const methods: Record<string, (options: object) => Promise<unknown>> = {
            send: (options) => c.send(1, null, options),
            call: (options) => c.send(1, nothing, options),
            ask: (options) => c.ask(1, options),
            request: (options) => c.request(1, options),
            flush: (options) => c.flush(options),
            connect: (options) => client().connect(options),
            disconnect: (options) => client().disconnect(options),
            sendall: (options) => s.sendall(1, options),
            group: (options) => s.group("group").sendall(1, options),
            count: (options) => s.group("group").count(options),
            session: (options) => session.send(1, nothing, options),
            remoteSend: (options) => remote.send(1, options),
            remoteAsk: (options) => remote.ask(1, options),
            close: (options) => server().close(options),
            kill: (options) => s.kill_socket(new Socket(), options),
        };
        const thrower = (): never => {
            throw new RangeError("of the program");
        };
        const getter = (name: string): object => Object.defineProperty({}, name, { get: thrower, enumerable: true });
        warnings(); // most methods do not know each option
        const revoked = Proxy.revocable({}, {});
        revoked.revoke();
        for (const [name, call] of Object.entries(methods)) {
            for (const options of [new Proxy({}, { get: thrower }), revoked.proxy]) {
                expect(await rejection(call(options)), name).to.include({ code: "ERR_BAD_OPTION" });
            }
            const others = ["timeout", "signal", "type", "failed", "drain", "except"].map(getter);
            for (const options of [...others, { signal: revoked.proxy }]) {
                const error = await Promise.race([call(options).catch((reason: unknown) => reason), turns(3)]);
                expect(error instanceof RangeError || error instanceof TypeError, `${name}: ${String(error)}`).to.equal(
                    false,
                );
            }
        }
    });

    it("reject with ERR_BAD_OPTION for an invalid address that was assigned", async () => {
        for (const end of [new SockhopClient(), new SockhopServer()]) {
            end.port = 70_000;
            const promise = "listen" in end ? end.listen() : end.connect();
            expect((await rejection(promise)).code).to.equal("ERR_BAD_OPTION");
        }
    });
});
