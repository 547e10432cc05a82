import { expect } from "chai";
import type net from "node:net";
import { type SockhopServer, SockhopSession } from "../../src";
import { valuesOf } from "../support/events";
import { client, pair, server } from "../support/pair";

/** Members that are newer than 1.8, and getters. */
const NEWER = {
    client: ["buffered", "codec", "resumable", "stats"],
    server: ["cluster", "stats"],
    session: ["buffered", "codec", "groups", "resumable", "stats"],
};

describe("a program for 1.x", () => {
    it("may have members of its own whose names are newer", async () => {
        const own = (value: object, names: string[]): unknown =>
            Object.assign(value, Object.fromEntries(names.map((name) => [name, `my ${name}`])));
        class Session extends SockhopSession {
            constructor(...args: [net.Socket, SockhopServer]) {
                super(...args);
                own(this, NEWER.session);
            }
        }
        const { s, c } = await pair({ session_type: Session });
        own(s, NEWER.server);
        own(c, NEWER.client);
        const [session] = s.sessions;
        const values = valuesOf(c);
        s.handle("Number", (value: number) => value + 1);
        expect(await c.ask(1)).to.equal(2);
        await session!.join("a");
        await s.group("a").sendall(3);
        await session!.flush();
        expect(values).to.deep.equal([3]);
        for (const [value, names] of [
            [c, NEWER.client],
            [s, NEWER.server],
            [session!, NEWER.session],
        ] as [object, string[]][]) {
            for (const name of names) expect(value).to.have.property(name, `my ${name}`);
        }
        expect([client().buffered, server().stats.connections, new SockhopSession().codec]).to.deep.equal([
            0,
            0,
            "json",
        ]);
    });
});
