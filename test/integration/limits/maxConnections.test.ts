import { expect } from "chai";
import { once } from "node:events";
import type { ClientOptions, ServerOptions } from "../../../src";
import { identity } from "../../support/certificates";
import { client, placeOf, raw, server, socketPath } from "../../support/pair";
import { until } from "../../support/eventLoop";
import { reported, errorsOf, closed } from "../../support/events";

describe("max_connections", () => {
    it("closes further connections at once, with an error, and accepts a new one after a close", async () => {
        const s = server({ max_connections: 2 });
        await s.listen();
        const errors = errorsOf(s);
        const [first, second] = [client(placeOf(s)), client(placeOf(s))];
        await first.connect();
        await second.connect();
        await until(() => s.sockets.length === 2);
        for (let attempt = 0; attempt < 2; attempt++) await closed(await raw(s));
        await until(() => errors.length >= 2);
        expect(errors).to.deep.equal(Array(2).fill(["ERR_MAX_CONNECTIONS", null, null]));
        expect([first.connected, second.connected]).to.deep.equal([true, true]);
        const freed = once(s.sockets[0]!, "close");
        await first.disconnect();
        await freed;
        const third = client(placeOf(s));
        await third.connect();
        s.on("receive", (value, { callback }) => callback?.(value));
        expect(await new Promise((resolve) => void third.send("in", resolve))).to.equal("in");
        expect(await new Promise((resolve) => void second.send("still", resolve))).to.equal("still");
        expect(errors).to.have.length(2);
    });

    it("applies over TLS, and on a path", async () => {
        const { key, cert } = await identity("localhost");
        const secure = { ssl: true, ssl_options: { rejectUnauthorized: false } };
        for (const [options, clientOptions] of [
            [{ ssl_options: { key, cert } }, secure],
            [{ path: socketPath() }, {}],
        ] satisfies [ServerOptions, ClientOptions][]) {
            const s = server({ ...options, max_connections: 1 });
            await s.listen();
            const first = client({ ...clientOptions, ...placeOf(s) });
            const accepted = once(s, "connect");
            await first.connect();
            await accepted;
            const told = reported(s);
            await closed(await raw(s));
            const [error, ...about] = await told;
            expect([error.code, ...about]).to.deep.equal(["ERR_MAX_CONNECTIONS", null, null]);
            expect(first.connected).to.equal(true);
            expect(s.sockets).to.have.length(1);
        }
    });

    it("is unlimited by default", async () => {
        const s = server();
        await s.listen();
        const errors = errorsOf(s);
        await Promise.all(Array.from({ length: 40 }, () => raw(s)));
        await until(() => s.sockets.length === 40);
        expect(errors).to.deep.equal([]);
    });
});
