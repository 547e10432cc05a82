import { expect } from "chai";
import { SockhopError } from "../../../src";
import { client, pair, raw, rawServer, received, rejection, server } from "../../support/pair";
import { frame } from "../../support/eventLoop";
import { reported } from "../../support/events";

describe("deep nesting", () => {
    const DEEP = "[".repeat(100_000) + "]".repeat(100_000);

    /** An array inside an array, and so on. */
    function nested(depth: number): unknown {
        let value: unknown[] = [];
        for (let level = 0; level < depth; level++) value = [value];
        return value;
    }

    function depthOf(value: unknown): number {
        let depth = 0;
        for (let inner = value; Array.isArray(inner); inner = inner[0] as unknown) depth += 1;
        return depth;
    }

    /** JSON.stringify() of Node.js 26 uses no stack, so it rejects no depth. */
    const isUnlimited = canStringify(nested(1_000_000));

    it("is received unchanged, with 1 million levels", async () => {
        const s = server();
        await s.listen();
        const values = received(s, 2);
        const peer = await raw(s);
        peer.write(`{"type":"Array","data":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}\n` + frame("last"));
        const [deep, last] = await values;
        expect(depthOf(deep)).to.equal(1_000_000);
        expect(last).to.equal("last");
    }).timeout(60_000);

    it("is a bad frame if the brackets do not match", async () => {
        const s = server();
        await s.listen();
        const told = reported(s);
        const last = received(s, 1);
        const peer = await raw(s);
        peer.write(`{"type":"Array","data":${DEEP}]}\n` + frame("last"));
        expect((await told)[0].code).to.equal("ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
        expect(await last).to.deep.equal(["last"]);
    });

    it("is rejected by every method that sends", async function () {
        if (isUnlimited) this.skip();
        const { s, c, socket } = await pair();
        for (const depth of [100_000, 1_000_000]) {
            const deep = nested(depth);
            for (const promise of [
                c.send(deep),
                c.send(deep, () => undefined),
                c.request(deep),
                s.send(socket, deep),
                s.sendall(deep),
                s.request(socket, deep),
            ]) {
                expect(await rejection(promise)).to.have.property("code", "ERR_BAD_DATA");
            }
        }
        const last = received(s, 1);
        await c.send("last");
        expect(await last).to.deep.equal(["last"]);
    });

    it("is rejected in a reply, and the responder can send another one", async function () {
        if (isUnlimited) this.skip();
        const { s, c } = await pair();
        const deep = nested(100_000);
        s.on("receive", (_, { callback }) => {
            expect(() => callback!(deep))
                .to.throw(SockhopError)
                .with.property("code", "ERR_BAD_DATA");
            callback!("shallow");
        });
        s.on("request", async (_, response) => {
            expect(await rejection(response.send(deep))).to.have.property("code", "ERR_BAD_DATA");
            await response.send("shallow");
        });
        expect(await new Promise((resolve) => void c.send("q", resolve))).to.equal("shallow");
        expect(await c.ask("q")).to.equal("shallow");
    });

    /** Nested values for the members that the library reads or echoes. */
    const PLACES = [
        `{"type":${DEEP},"data":1}`,
        `{"type":"String","data":1,"callback_id":${DEEP}}`,
        `{"type":"SockhopPing","data":{"_id":${DEEP},"_created":${DEEP}}}`,
        `{"type":"SockhopPing","data":${DEEP}}`,
        `{"type":"SockhopPong","data":{"_id":${DEEP}}}`,
        `{"type":"SockhopResponsePacket","data":{"uuid":${DEEP},"data":1,"last":true}}`,
        `{"type":"SockhopResponsePacket","data":{"uuid":${DEEP},"error":${DEEP}}}`,
    ].map((text) => text + "\n");

    it("does no harm in any part of a frame, at either end", async () => {
        const s = server();
        await s.listen();
        s.on("error", () => undefined);
        s.ping(1000);
        const lastAtServer = new Promise<void>((resolve) => s.on("receive", (value) => value === "last" && resolve()));
        const peer = await raw(s);
        peer.resume().write(PLACES.join("") + frame("last"));
        await lastAtServer;
        expect(s.sockets).to.have.length(1);

        const { port } = await rawServer((socket) => socket.resume().write(PLACES.join("") + frame("last")));
        const c = client({ port });
        c.on("error", () => undefined);
        const lastAtClient = new Promise<void>((resolve) => c.on("receive", (value) => value === "last" && resolve()));
        await c.connect();
        await lastAtClient;
        expect(c.connected).to.equal(true);
    });
});

function canStringify(value: unknown): boolean {
    try {
        JSON.stringify(value);
        return true;
    } catch {
        return false;
    }
}
