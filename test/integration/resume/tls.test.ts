import { expect } from "chai";
import { once } from "node:events";
import tls from "node:tls";
import { connectionOf } from "../../../src/connection/Connection";
import { later } from "../../support/pair";
import { identity, type Identity } from "../../support/certificates";
import { RESUME, RawClient, cut, next } from "../../support/resume";
import { alice, ca, secureClient, secureServer } from "../../support/tls";
import type { SockhopClient, SockhopServer } from "../../../src";

describe("A TLS connection with resume", () => {
    let bob: Identity;

    before("make another certificate", async () => {
        bob = await identity("Bob", [], ca);
    });

    async function secure(): Promise<{ s: SockhopServer; c: SockhopClient }> {
        const s = await secureServer({ requestCert: true, ca: ca.cert }, RESUME);
        const c = secureClient(s, alice, RESUME);
        const accepted = next(s, "connect");
        await c.connect();
        await accepted;
        await c.flush();
        return { s, c };
    }

    it("is resumed with the same certificate, and delivers everything", async () => {
        const { s, c } = await secure();
        const values: unknown[] = [];
        s.on("receive", (value) => values.push(value));
        void c.send("before");
        const resumed = cut(s, c);
        void c.send("after");
        await resumed;
        await c.flush();
        expect(values).to.deep.equal(["before", "after"]);
    });

    it("is not resumed with another certificate, although the client has the token", async () => {
        const { s, c } = await secure();
        const { token } = connectionOf(c.socket)!.resumption!;
        const ends: unknown[] = [];
        for (const event of ["interrupted", "disconnect"] as const) s.on(event, () => ends.push(event));
        const socket = tls.connect({ port: s.get_bound_port()!, host: "127.0.0.1", ca: ca.cert, ...bob });
        later(() => socket.destroy());
        await once(socket, "secureConnect");
        const thief = RawClient.over(socket);
        thief.greet({ timeout: 1000, token, received: 0, sent: 0 });
        expect(await thief.answer()).to.not.have.property("received");
        await c.send("still here");
        await c.flush();
        expect(ends).to.deep.equal([]);
    });
});
