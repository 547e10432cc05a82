import { expect } from "chai";
import { getEventListeners, once } from "node:events";
import type net from "node:net";
import {
    type CallbackOptions,
    type ClientOptions,
    type Reply,
    type ServerOptions,
    type SockhopClient,
    SockhopError,
    type SockhopServer,
} from "../../src";
import { client, pair, raw, rejection, server, socketPath } from "../support/pair";
import { uncaught, unhandled } from "../support/rejections";
import { turns, until } from "../support/eventLoop";

async function elapsed(time: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, time));
}

describe("send() with a callback", () => {
    /** One end that calls; the same interface for client, server and session. */
    interface Asker {
        send(value: unknown, callback?: (...args: unknown[]) => void, options?: CallbackOptions): Promise<void>;
        /** Reply functions that the other end received, in order. */
        asked: Reply[];
        /** Breaks the connection from the other side. */
        break(): void;
        /** Closes the connection from this side. */
        end(): Promise<unknown>;
        /** Number of pending replies at this end. */
        pending(): number;
        /** Resolves when the other end has received everything sent so far. */
        seen(): Promise<void>;
        /** Resolves when this end has received a message of the other end. */
        told(): Promise<void>;
    }

    type Options = Pick<ClientOptions & ServerOptions, "max_message_size" | "max_pending">;

    function asker(
        which: "client" | "server" | "session",
        { s, c, socket }: { s: SockhopServer; c: SockhopClient; socket: net.Socket },
    ): Asker {
        const [here, there] = which === "client" ? [c, s] : [s, c];
        const other = which === "client" ? socket : c.socket!;
        const asked: Reply[] = [];
        const seen: (() => void)[] = [];
        const session = s.sessions[0]!;
        there.on("receive", (value: unknown, { callback }: { callback?: Reply }) => {
            if (callback) asked.push(callback);
            if (value === "marker") seen.shift()!();
        });
        const send: Asker["send"] =
            which === "client"
                ? (...args) => c.send(...args)
                : which === "server"
                  ? (...args) => s.send(socket, ...args)
                  : (...args) => session.send(...args);
        const connection = here["_connectionOf"](which === "client" ? c.socket! : socket)!;
        return {
            send,
            asked,
            break: () => other.resetAndDestroy(),
            end: () =>
                which === "client" ? c.disconnect() : which === "server" ? s.kill_socket(socket) : session.kill(),
            pending: () => connection.pending,
            seen: () =>
                new Promise((resolve) => {
                    seen.push(resolve);
                    void send("marker");
                }),
            told: () =>
                new Promise((resolve) => {
                    here.once("receive", () => resolve());
                    if (which === "client") void s.send(socket, "behind it");
                    else void c.send("behind it");
                }),
        };
    }

    async function setup(which: "client" | "server" | "session", options: Options = {}): Promise<Asker> {
        return asker(which, await pair(options));
    }

    /** Records the outcome of a call. */
    function outcome(): {
        log: string[];
        callback: (value: unknown, meta: unknown) => void;
        failed: (error: SockhopError) => void;
        errors: SockhopError[];
    } {
        const log: string[] = [];
        const errors: SockhopError[] = [];
        return {
            log,
            errors,
            callback: (value) => log.push(`answer ${String(value)}`),
            failed: (error) => {
                log.push(error.code);
                errors.push(error);
            },
        };
    }

    /** Ways in which a call fails, with the expected result. */
    const WAYS: {
        name: string;
        code: string;
        /** The code that the promise rejects with; undefined if it resolves. */
        rejects?: string;
        options?: Options;
        value?: unknown;
        ask?: () => CallbackOptions;
        first?: (from: Asker) => Promise<unknown>;
        then?: (from: Asker, controller: AbortController) => unknown;
    }[] = [
        { name: "no answer in time", code: "ERR_RESPONSE_TIMEOUT", ask: () => ({ timeout: 25 }) },
        { name: "aborted", code: "ERR_ABORTED", then: (_, controller) => controller.abort(new Error("enough")) },
        {
            name: "aborted before",
            code: "ERR_ABORTED",
            rejects: "ERR_ABORTED",
            ask: () => ({ signal: AbortSignal.abort(new Error("enough")) }),
        },
        { name: "the other end breaks the connection", code: "ERR_SOCKET_DESTROYED", then: (from) => from.break() },
        { name: "this end ends the connection", code: "ERR_SOCKET_DESTROYED", then: (from) => from.end() },
        {
            name: "no connection any more",
            code: "ERR_SOCKET_DESTROYED",
            rejects: "ERR_SOCKET_DESTROYED",
            first: (from) => from.end(),
        },
        { name: "no data", code: "ERR_BAD_DATA", rejects: "ERR_BAD_DATA", value: () => undefined },
        {
            name: "too large",
            code: "ERR_MESSAGE_TOO_LARGE",
            rejects: "ERR_MESSAGE_TOO_LARGE",
            options: { max_message_size: 500 },
            value: "x".repeat(500),
        },
        {
            name: "too many",
            code: "ERR_MAX_PENDING",
            rejects: "ERR_MAX_PENDING",
            options: { max_pending: 1 },
            first: (from) => from.send("first", () => undefined),
        },
        { name: "no time", code: "ERR_BAD_OPTION", rejects: "ERR_BAD_OPTION", ask: () => ({ timeout: -1 }) },
    ];

    for (const which of ["client", "server", "session"] as const) {
        describe(`of a ${which}`, () => {
            for (const { name, code, rejects, options, value = "q", ask, first, then } of WAYS) {
                it(`calls failed exactly once, and nothing else: ${name}`, async () => {
                    const from = await setup(which, options);
                    await first?.(from);
                    const before = from.pending();
                    const controller = new AbortController();
                    const { log, callback, failed, errors } = outcome();
                    const sent = from.send(value, callback, { signal: controller.signal, failed, ...ask?.() });
                    if (rejects) {
                        expect(await rejection(sent)).to.have.property("code", rejects);
                        expect(log).to.deep.equal([code]); // already
                    } else {
                        await sent;
                        await from.seen();
                    }
                    await then?.(from, controller);
                    await until(() => log.length > 0);
                    expect(log).to.deep.equal([code]);
                    expect(errors[0]).to.be.instanceOf(SockhopError);
                    if (code === "ERR_ABORTED") expect(errors[0]!.cause).to.have.property("message", "enough");
                    expect(from.pending()).to.equal(before);
                    expect(getEventListeners(controller.signal, "abort")).to.deep.equal([]);
                    // Later events have no effect.
                    controller.abort();
                    try {
                        from.asked.at(-1)?.("late");
                    } catch (error) {
                        expect(error).to.have.property("code", "ERR_SOCKET_DESTROYED"); // the connection is closed
                    }
                    from.break();
                    await elapsed(10);
                    expect(log).to.deep.equal([code]);
                });
            }

            it("calls the callback exactly once, and nothing else, when a reply arrives", async () => {
                const from = await setup(which);
                const controller = new AbortController();
                const { log, callback, failed } = outcome();
                await from.send("q", callback, { timeout: 60, signal: controller.signal, failed });
                await until(() => from.asked.length > 0);
                from.asked[0]!("yes");
                from.asked[0]!("once more");
                await until(() => log.length > 0);
                expect(getEventListeners(controller.signal, "abort")).to.deep.equal([]);
                expect(from.pending()).to.equal(0);
                controller.abort();
                await from.end();
                await elapsed(80);
                expect(log).to.deep.equal(["answer yes"]);
            });

            it("ignores a late reply, and continues", async () => {
                const from = await setup(which);
                const { log, callback, failed } = outcome();
                await from.send("q", callback, { timeout: 20, failed });
                await until(() => log.length > 0 && from.asked.length > 0);
                from.asked[0]!("late");
                await from.told();
                expect(log).to.deep.equal(["ERR_RESPONSE_TIMEOUT"]);
                await from.send("q", callback, { timeout: 5000, failed });
                await until(() => from.asked.length > 1);
                from.asked[1]!("in time");
                await until(() => log.length > 1);
                expect(log).to.deep.equal(["ERR_RESPONSE_TIMEOUT", "answer in time"]);
            });

            it("calls nothing without options", async () => {
                const from = await setup(which);
                const rejections = unhandled();
                const { log, callback } = outcome();
                await from.send("q", callback);
                await from.send("q", callback, {});
                await from.send("q", callback, { timeout: 20 });
                await from.seen();
                await until(() => from.pending() < 3);
                expect(from.pending()).to.equal(2); // without a timeout, the reply is pending while the connection is open
                from.break();
                await until(() => from.pending() === 0);
                await turns(3);
                expect(log).to.deep.equal([]);
                expect(rejections).to.deep.equal([]);
            });

            it("has no timeout with Infinity, and starts the timeout at the call", async () => {
                const from = await setup(which);
                const { log, callback, failed } = outcome();
                const start = performance.now();
                void from.send("q", callback, { timeout: Infinity, failed });
                await new Promise<void>((resolve) => {
                    void from.send("q", callback, { timeout: 50, failed: () => resolve() });
                });
                expect(performance.now() - start).to.be.at.least(48);
                expect(log).to.deep.equal([]);
                await until(() => from.asked.length > 0);
                from.asked[0]!("after all");
                await until(() => log.length > 0);
                expect(log).to.deep.equal(["answer after all"]);
            });

            for (const [when, options, then] of [
                ["in a later turn", { timeout: 10 }, () => undefined],
                ["while the connection ends", {}, (from: Asker) => from.end()],
            ] as [string, CallbackOptions, (from: Asker) => unknown][]) {
                it(`reports an error thrown by failed as uncaught, ${when}`, async () => {
                    const from = await setup(which);
                    const surfaced = uncaught();
                    const { log, callback } = outcome();
                    const mine = new Error("mine");
                    await from.send("q", callback, {
                        ...options,
                        failed: () => {
                            throw mine;
                        },
                    });
                    const other = new Promise(
                        (resolve) => void from.send("q", callback, { ...options, failed: resolve }),
                    );
                    await then(from);
                    expect(await surfaced).to.equal(mine);
                    await other; // fails, too
                    expect(log).to.deep.equal([]);
                });
            }

            it("reports an error thrown by failed as uncaught, and does not throw it from send()", async () => {
                const from = await setup(which);
                await from.end();
                const surfaced = uncaught();
                const mine = new Error("mine");
                const sent = from.send("q", () => undefined, {
                    failed: () => {
                        throw mine;
                    },
                });
                expect(await rejection(sent)).to.have.property("code", "ERR_SOCKET_DESTROYED");
                expect(await surfaced).to.equal(mine);
            });

            it("leaves no listener on a signal that many calls share", async () => {
                const from = await setup(which);
                const { signal } = new AbortController();
                const { log, callback, failed } = outcome();
                for (let n = 0; n < 20; n++)
                    void from.send("q", callback, { signal, failed, timeout: n < 5 ? 20 : 10_000 });
                expect(getEventListeners(signal, "abort")).to.have.length(1); // Node takes long to remove one of many
                await until(() => from.asked.length === 20 && log.length === 5);
                expect(getEventListeners(signal, "abort")).to.have.length(1);
                for (const reply of from.asked.slice(5, 15)) reply("yes");
                await until(() => log.length === 15);
                expect(getEventListeners(signal, "abort")).to.have.length(1);
                from.break();
                await until(() => log.length === 20);
                expect(getEventListeners(signal, "abort")).to.have.length(0);
                expect(log.filter((what) => what === "answer yes")).to.have.length(10);
            });
        });
    }

    it("fails with the error of send() when the peer does not read", async () => {
        const s = server({ path: socketPath(), max_buffered: 1000, slow_consumer: "drop" });
        await s.listen();
        const accepted = once(s, "connect");
        await raw(s);
        const [socket] = (await accepted) as [net.Socket];
        void s.send(socket, "x".repeat(2_000_000));
        const { log, callback, failed } = outcome();
        const { signal } = new AbortController();
        const sent = s.send(socket, "q", callback, { signal, failed });
        expect(await rejection(sent)).to.have.property("code", "ERR_BUFFER_FULL");
        expect(log).to.deep.equal(["ERR_BUFFER_FULL"]);
        expect(getEventListeners(signal, "abort")).to.deep.equal([]);
    });

    it("fails once when the connection breaks before the write", async () => {
        const s = server({ path: socketPath() });
        await s.listen();
        const accepted = once(s, "connect");
        const peer = await raw(s);
        const [socket] = (await accepted) as [net.Socket];
        const { log, callback, failed } = outcome();
        const sent = rejection(s.send(socket, "x".repeat(2_000_000), callback, { failed }));
        await turns(3);
        peer.destroy();
        expect(await sent).to.have.property("code", "ERR_SOCKET_DESTROYED");
        await turns(3);
        expect(log).to.deep.equal(["ERR_SOCKET_DESTROYED"]);
    });

    it("fails at once for a client that was never connected, and for a value that is not a socket", async () => {
        const { log, callback, failed } = outcome();
        expect(await rejection(client().send("q", callback, { failed }))).to.have.property(
            "code",
            "ERR_SOCKET_DESTROYED",
        );
        const nothing = {} as net.Socket;
        expect(await rejection(server().send(nothing, "q", callback, { failed }))).to.have.property(
            "code",
            "ERR_NO_SOCKET",
        );
        expect(log).to.deep.equal(["ERR_SOCKET_DESTROYED", "ERR_NO_SOCKET"]);
    });

    it("needs no handler of the promise with failed, whatever the socket is", async () => {
        const reasons = unhandled();
        const { s } = await pair();
        const { socket: foreign } = await pair();
        const { log, callback, failed } = outcome();
        for (const socket of [foreign, undefined, {}]) void s.send(socket as net.Socket, "q", callback, { failed });
        await turns(3);
        expect(log).to.deep.equal(["ERR_SOCKET_DESTROYED", "ERR_NO_SOCKET", "ERR_NO_SOCKET"]);
        expect(reasons).to.deep.equal([]);
    });

    it("calls failed if the other options cannot be read", async () => {
        const reasons = unhandled();
        const { c } = await pair();
        const { log, callback, failed } = outcome();
        const options = {
            failed,
            get timeout(): number {
                throw new RangeError("of the program");
            },
        };
        expect(await rejection(c.send("q", callback, options))).to.have.property("code", "ERR_BAD_OPTION");
        void c.send("q", callback, options);
        await turns(3);
        expect(log).to.deep.equal(["ERR_BAD_OPTION", "ERR_BAD_OPTION"]);
        expect(reasons).to.deep.equal([]);
    });

    it("checks the callback first, also for a client that has disconnected and with wrong options", async () => {
        const { s, c, socket } = await pair();
        const [session] = s.sessions;
        const { log, failed } = outcome();
        const wrong = 5 as unknown as () => void;
        const options = { failed, timeout: -1 };
        const check = (): void => {
            for (const send of [() => s.send(socket, 1, wrong, options), () => session!.send(1, wrong, options)]) {
                expect(send).to.throw(SockhopError).with.property("code", "ERR_REMOTE_CALLBACK_TYPE");
            }
        };
        check();
        const left = once(s, "disconnect");
        await c.disconnect();
        await left;
        check();
        expect(() => c.send(1, wrong, options)).to.throw(SockhopError);
        expect(log).to.deep.equal([]);
    });

    it("leaves no listener of a request on its signal, for every outcome", async () => {
        const { s, c } = await pair();
        s.on("request", ({ data }, response) => {
            if (data === "answer") void response.send("yes");
            if (data === "fail") void response.fail(new Error("no"));
        });
        const { signal } = new AbortController();
        expect(await c.ask("answer", { signal })).to.equal("yes");
        expect(await rejection(c.ask("fail", { signal }))).to.have.property("code", "ERR_REQUEST_FAILED");
        expect(await rejection(c.ask("nothing", { signal, timeout: 15 }))).to.have.property(
            "code",
            "ERR_RESPONSE_TIMEOUT",
        );
        expect(await rejection(c.ask(() => undefined, { signal }))).to.have.property("code", "ERR_BAD_DATA");
        expect(await rejection(c.ask("q", { signal, timeout: NaN }))).to.have.property("code", "ERR_BAD_OPTION");
        const lost = rejection(c.ask("nothing", { signal }));
        expect(getEventListeners(signal, "abort")).to.have.length(1);
        await c.disconnect();
        expect(await lost).to.have.property("code", "ERR_SOCKET_DESTROYED");
        expect(await rejection(c.ask("q", { signal }))).to.have.property("code", "ERR_SOCKET_DESTROYED");
        expect(getEventListeners(signal, "abort")).to.deep.equal([]);
    });
});
