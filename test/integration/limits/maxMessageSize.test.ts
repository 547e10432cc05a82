import { expect } from "chai";
import type net from "node:net";
import type { SockhopSession } from "../../../src";
import { ObjectBuffer, SockhopError } from "../../../src";
import { client, pair, raw, rawServer, rejection, server } from "../../support/pair";
import { uncaught, warnings } from "../../support/rejections";
import { frame, turns, until } from "../../support/eventLoop";
import { type Coded, reported, errorsOf, valuesOf, parted, closed } from "../../support/events";

/** Size in bytes of the envelope around a string. */
const AROUND = frame("").length - 1;

/** A string whose message has this size in bytes. */
function stringOf(size: number): string {
    return "x".repeat(size - AROUND);
}

describe("max_message_size", () => {
    const LIMIT = 1000;
    const limited = { max_message_size: LIMIT };

    /** A server and a client. The sender is the one with the limit. */
    async function sender(
        which: "client" | "server",
    ): Promise<{ send: (value: unknown) => Promise<unknown>; values: unknown[] }> {
        const { s, c, socket } = await (which === "client" ? pair({}, limited) : pair(limited, {}));
        return which === "client"
            ? { send: (value) => c.send(value), values: valuesOf(s) }
            : { send: (value) => s.send(socket, value), values: valuesOf(c) };
    }

    for (const which of ["client", "server"] as const) {
        it(`rejects a message one byte above the limit with both sizes: ${which}`, async () => {
            const { send, values } = await sender(which);
            await send(stringOf(LIMIT));
            const error = await rejection(send(stringOf(LIMIT + 1)));
            expect(error).to.be.instanceOf(SockhopError).with.property("code", "ERR_MESSAGE_TOO_LARGE");
            expect(error.message)
                .to.include(String(LIMIT + 1))
                .and.match(new RegExp(`\\b${LIMIT}\\b`));
            await send("last");
            await until(() => values.at(-1) === "last");
            expect(values).to.deep.equal([stringOf(LIMIT), "last"]);
        });

        it(`counts bytes, not characters: ${which}`, async () => {
            const { send, values } = await sender(which);
            const room = LIMIT - AROUND;
            for (const [text, bytes] of [
                ["é", 2],
                ["→", 3],
                ["😀", 4],
            ] as const) {
                const fits = text.repeat(Math.floor(room / bytes)) + "x".repeat(room % bytes);
                await send(fits);
                await until(() => values.at(-1) === fits);
                expect(await rejection(send(fits + "x"))).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
            }
        });

        it(`applies to calls and requests: ${which}`, async () => {
            const { s, c, socket } = await (which === "client" ? pair({}, limited) : pair(limited, {}));
            const large = "x".repeat(LIMIT);
            const failures: Coded[] = [];
            const options = { failed: (error: Coded) => failures.push(error) };
            const [asking, requesting] =
                which === "client"
                    ? [c.send(large, () => undefined, options), c.request(large)]
                    : [s.send(socket, large, () => undefined, options), s.request(socket, large)];
            expect(await rejection(asking)).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
            expect(await rejection(requesting)).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
            expect(failures.map(({ code }) => code)).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]);
            expect(
                [...s["_connections"].values(), ...c["_connections"].values()].map(({ pending }) => pending),
            ).to.deep.equal([0, 0]);
        });
    }

    it("rejects in sendall(), and no client receives the value", async () => {
        const { s, c } = await pair(limited, {});
        const values = valuesOf(c);
        expect(await rejection(s.sendall("x".repeat(LIMIT)))).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
        await s.sendall("next");
        await until(() => values.length > 0);
        expect(values).to.deep.equal(["next"]);
    });

    it("applies to json peers, without an envelope", async () => {
        const { c } = await pair({ peer_type: "json" }, { ...limited, peer_type: "json" });
        await c.send({ a: "x".repeat(LIMIT - 8) });
        expect(await rejection(c.send({ a: "x".repeat(LIMIT - 7) }))).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
    });

    it("rejects a reply that is too large, and the responder can send another one", async () => {
        const { s, c } = await pair(limited);
        const large = "x".repeat(LIMIT);
        const refused: (string | undefined)[] = [];
        s.on("receive", (_, { callback }) => {
            expect(() => callback!(large))
                .to.throw(SockhopError)
                .with.property("code", "ERR_MESSAGE_TOO_LARGE");
            callback!("small");
        });
        s.on("request", async (_, response) => {
            refused.push((await rejection(response.write(large))).code, (await rejection(response.send(large))).code);
            await response.send("small");
        });
        expect(await new Promise((resolve) => void c.send("q", resolve))).to.equal("small");
        expect(await c.ask("q")).to.equal("small");
        expect(refused).to.deep.equal(["ERR_MESSAGE_TOO_LARGE", "ERR_MESSAGE_TOO_LARGE"]);
    });

    it("makes the request fail if the handler ignores the error", async () => {
        const { s, c } = await pair(limited);
        s.on("request", async (_, response) => response.send("x".repeat(LIMIT)));
        const surfaced = uncaught();
        expect(await rejection(c.ask("q"))).to.have.property("code", "ERR_REQUEST_FAILED");
        expect(await surfaced).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
    });

    it("closes the connection of a larger reply, and pending replies fail with the reason", async () => {
        const { s, c } = await pair({}, limited);
        s.on("request", (_, response) => void response.send("x".repeat(LIMIT)));
        const reportedError = reported(c);
        const waiting: unknown[] = [];
        const failed = new Promise<Coded>((resolve) => {
            void c.send("q", () => waiting.push("answered"), { failed: resolve });
        });
        const error = await rejection(c.ask("q"));
        const [cause] = await reportedError;
        expect(cause.code).to.equal("ERR_MESSAGE_TOO_LARGE");
        expect(error).to.include({ code: "ERR_SOCKET_DESTROYED", cause });
        expect(await failed).to.include({ code: "ERR_SOCKET_DESTROYED", cause });
        expect(c.connected).to.equal(false);
        expect(waiting).to.deep.equal([]);
    });

    it("closes only the connection above the limit, after the preceding frames of the chunk", async () => {
        const { s, c } = await pair(limited);
        const errors = errorsOf(s);
        const values = valuesOf(s);
        const bad = await raw(s);
        const [badSocket, badSession] = (await new Promise<unknown[]>((resolve) => {
            if (s.sockets.length === 2) resolve([s.sockets[1], s.sessions[1]]);
            else s.once("connect", (...args) => resolve(args));
        })) as [net.Socket, SockhopSession];
        const left = parted(s);
        bad.write(frame("one") + frame("two") + frame(stringOf(LIMIT + 1)));
        expect(await left).to.deep.equal([badSocket, badSession]);
        await closed(bad);
        expect(values).to.deep.equal(["one", "two"]);
        expect(errors).to.deep.equal([["ERR_MESSAGE_TOO_LARGE", badSocket, badSession]]);
        await c.send(stringOf(LIMIT));
        await until(() => values.length === 3);
        expect(s.sockets).to.have.length(1);
    });

    it("closes the connection of a client to a server above the limit, also by many bytes", async () => {
        for (const excess of [1, 1_000_000]) {
            const { port } = await rawServer((socket) => {
                socket.write(frame("one") + frame(stringOf(LIMIT)) + frame(stringOf(LIMIT + excess)));
            });
            const c = client({ port, ...limited });
            const values = valuesOf(c);
            const reportedError = reported(c);
            const gone = parted(c);
            await c.connect();
            const [error, socket] = await reportedError;
            expect(error.code).to.equal("ERR_MESSAGE_TOO_LARGE");
            expect(await gone).to.deep.equal([socket]);
            expect(values).to.deep.equal(["one", stringOf(LIMIT)]);
        }
    });

    it("applies to a frame that never ends while it arrives", async () => {
        const s = server({ max_message_size: 100_000 });
        await s.listen();
        const reportedError = reported(s);
        const endless = await raw(s);
        const more = (): void => {
            while (!endless.destroyed && endless.write("x".repeat(65_536)));
        };
        endless.on("drain", more);
        more();
        const [error, socket] = (await reportedError) as [Coded, net.Socket];
        expect(error.code).to.equal("ERR_MESSAGE_TOO_LARGE");
        // One more read than needed.
        expect(socket.bytesRead)
            .to.be.greaterThan(100_000)
            .and.at.most(100_000 + 65_536);
        expect(socket.destroyed).to.equal(true);
        await closed(endless);
    });

    it("causes one warning without an error listener", async () => {
        const { s } = await pair(limited);
        const heard = warnings();
        for (let attempt = 0; attempt < 2; attempt++) {
            const bad = await raw(s);
            bad.write("x".repeat(LIMIT + 1));
            await closed(bad);
        }
        await turns(2);
        expect(heard.map(({ code }) => code)).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]);
    });

    it("is 100 MiB by default, and unlimited with Infinity", () => {
        const MIB_100 = 104_857_600;
        const text = "x".repeat(MIB_100 - 1); // and two quotes
        const usual = new ObjectBuffer({ allow_non_objects: true });
        expect(() => usual.obj2buf(text))
            .to.throw(SockhopError, String(MIB_100))
            .with.property("code", "ERR_MESSAGE_TOO_LARGE");
        const unlimited = new ObjectBuffer({ allow_non_objects: true, max_message_size: Infinity });
        expect(unlimited.obj2buf(text)!.length).to.equal(MIB_100 + 2); // and the terminator
    });
});
