import { expect } from "chai";
import { once } from "node:events";
import type { ClientOptions, ConnectOptions, SockhopClient } from "../../../src";
import { next } from "../../support/eventLoop";
import { client, pair, placeOf, raw, rawServer, rejection, server, socketPath } from "../../support/pair";
import { odd } from "../../support/states";

/** A client of a path without a server, which tries again soon. */
function early(options: ClientOptions = {}): SockhopClient {
    return client({ path: socketPath(), auto_reconnect_interval: 5, ...options });
}

describe("connect() with options", () => {
    for (const auto_reconnect of [false, true]) {
        it(`waits for a server, and emits reconnecting: auto_reconnect ${auto_reconnect}`, async () => {
            const c = early({ auto_reconnect });
            const attempts: unknown[] = [];
            c.on("reconnecting", (attempt, delay, error) => {
                attempts.push([attempt, delay, (error as NodeJS.ErrnoException | undefined)?.code]);
            });
            const connecting = c.connect({ wait: true });
            while (attempts.length < 3) await next(c, "reconnecting");
            expect(attempts.slice(0, 3)).to.deep.equal([2, 3, 4].map((attempt) => [attempt, 5, "ENOENT"]));
            await server({ path: c.path }).listen();
            expect(await connecting).to.equal(undefined);
            expect([c.connected, c.auto_reconnect]).to.deep.equal([true, auto_reconnect]);
        });
    }

    it("does not reconnect later", async () => {
        const { s, c } = await waited();
        const attempts: unknown[] = [];
        c.on("reconnecting", (attempt) => attempts.push(attempt));
        const closed = next(c, "disconnect");
        await s.close();
        await closed;
        expect([c.connected, attempts]).to.deep.equal([false, []]);
        const again = c.connect({ wait: true });
        await next(c, "reconnecting");
        expect(attempts).to.deep.equal([2]); // counts from the start
        await c.disconnect();
        expect((await rejection(again)).code).to.equal("ERR_ABORTED");
    });

    async function waited(): Promise<{ s: ReturnType<typeof server>; c: SockhopClient }> {
        const c = early();
        const connecting = c.connect({ wait: true });
        await next(c, "reconnecting");
        const s = server({ path: c.path });
        await s.listen();
        await connecting;
        return { s, c };
    }

    for (const when of ["during an attempt", "between two attempts"]) {
        it(`is aborted by disconnect(): ${when}`, async () => {
            const c = early();
            const failed = rejection(c.connect({ wait: true }));
            if (when === "between two attempts") await next(c, "reconnecting");
            await c.disconnect();
            expect(await failed).to.include({
                code: "ERR_ABORTED",
                message: "disconnect() was called during connect()",
            });
        });

        it(`is aborted by a signal, and makes no further attempt: ${when}`, async () => {
            const c = early();
            const controller = new AbortController();
            const failed = rejection(c.connect({ wait: true, signal: controller.signal }));
            if (when === "between two attempts") await next(c, "reconnecting");
            controller.abort("enough");
            expect(await failed).to.include({ code: "ERR_ABORTED", cause: "enough" });
            await expectsIdle(c);
        });

        it(`rejects after its timeout, and makes no further attempt: ${when}`, async () => {
            const c = early({ auto_reconnect_interval: when === "between two attempts" ? 10_000 : 1 });
            const error = await rejection(c.connect({ wait: true, timeout: 20 }));
            expect(error.code).to.equal("ERR_CONNECT_TIMEOUT");
            expect(error.message).to.include(`no connection to ${c.path} within 20 ms`).and.include("ENOENT");
            expect(error.cause).to.have.property("code", "ENOENT");
            expect(error.stack).to.include(__filename);
            await expectsIdle(c);
        });
    }

    /** Expects that a new server gets no connection, and that the client can connect to it. */
    async function expectsIdle(c: SockhopClient): Promise<void> {
        const attempts: unknown[] = [];
        c.on("reconnecting", (attempt) => attempts.push(attempt));
        const s = server({ path: c.path });
        await s.listen();
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect([s.sockets.length, c.connected, attempts]).to.deep.equal([0, false, []]);
        await c.connect();
    }

    it("leaves auto_reconnect on when its timeout is over", async () => {
        const c = early({ auto_reconnect: true });
        const connected = once(c, "connect");
        await rejection(c.connect({ wait: true, timeout: 10 }));
        await server({ path: c.path }).listen();
        await connected;
    });

    it("goes on when auto_reconnect is turned off", async () => {
        const c = early({ auto_reconnect: true });
        const connecting = c.connect({ wait: true });
        await next(c, "reconnecting");
        c.auto_reconnect = false;
        await server({ path: c.path }).listen();
        await connecting;
    });

    it("rejects with the error of the first attempt without wait, at the line of the caller", async () => {
        const c = early();
        const error = await rejection(c.connect({ timeout: 5000 }));
        expect(error.code).to.equal("ENOENT");
        expect(error.stack).to.include(__filename);
        await expectsIdle(c);
    });

    it("limits an attempt that hangs, without wait too", async () => {
        const { port } = await rawServer(); // never begins the TLS handshake
        const c = client({ port, ssl: true });
        expect((await rejection(c.connect({ timeout: 20 }))).code).to.equal("ERR_CONNECT_TIMEOUT");
        expect(c.socket).to.equal(null);
    });

    it("does not abort its attempt when auto_reconnect is turned off", async () => {
        const s = server();
        await s.listen();
        const c = client({ ...placeOf(s), auto_reconnect: true });
        const connecting = c.connect({ timeout: 5000 });
        c.auto_reconnect = false;
        await connecting;
    });

    it("rejects a mistake that no further attempt can mend", async () => {
        const c = client();
        c.port = odd("x");
        expect((await rejection(c.connect({ wait: true }))).code).to.equal("ERR_BAD_OPTION");
        const long = client({ path: `/${"x".repeat(200)}` });
        expect((await rejection(long.connect({ wait: true }))).code).to.equal("ERR_PATH_TOO_LONG");
    });

    it("is one call: a second one rejects", async () => {
        const c = early();
        const first = rejection(c.connect({ wait: true }));
        await next(c, "reconnecting");
        for (const options of [undefined, { wait: true }]) {
            expect((await rejection(c.connect(options))).code).to.equal("ERR_MULTICONNECT");
        }
        await c.disconnect();
        await first;
    });

    it("resolves at once if connected, and if a handler of connect disconnects", async () => {
        const { s, c } = await pair();
        await c.connect({ wait: true, timeout: 1 });
        const other = client(placeOf(s));
        other.on("connect", () => void other.disconnect());
        await other.connect({ wait: true });
        expect(other.connected).to.equal(false);
    });

    it("is aborted by a socket of the program", async () => {
        const { s } = await pair();
        const c = early();
        const failed = rejection(c.connect({ wait: true }));
        await next(c, "reconnecting");
        c.socket = await raw(s);
        expect((await failed).code).to.equal("ERR_ABORTED");
    });

    it("rejects invalid options, and has no effect then", async () => {
        const c = client();
        for (const options of [5000, "/path", true, { timeout: -1 }, { timeout: "soon" }, { signal: {} }]) {
            const error = await rejection(c.connect(options as ConnectOptions));
            expect(error.code, JSON.stringify(options)).to.equal("ERR_BAD_OPTION");
        }
        expect((await rejection(c.connect(odd(5000)))).message).to.include("{ wait, timeout, signal }");
        expect((await rejection(c.connect({ signal: AbortSignal.abort() }))).code).to.equal("ERR_ABORTED");
        expect(c.socket).to.equal(undefined);
        const { c: connected } = await pair();
        expect((await rejection(connected.connect(odd(5000)))).code).to.equal("ERR_BAD_OPTION");
    });
});
