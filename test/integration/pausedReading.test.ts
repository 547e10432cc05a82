import { expect } from "chai";
import type { SockhopClient, SockhopServer } from "../../src";
import { client, raw, rawServer, server, socketPath } from "../support/pair";
import { frame, turns, until } from "../support/eventLoop";

describe("pause of reading", () => {
    it("by the library ends after a drain, and all messages are handled in order", async () => {
        const s = server({ path: socketPath(), max_buffered: 50_000 });
        const values: unknown[] = [];
        s.on("receive", (value, { callback }) => {
            values.push(value);
            callback?.("y".repeat(10_000));
        });
        await s.listen();
        const peer = await raw(s);
        peer.write(Array.from({ length: 200 }, (_, n) => frame(n, { id: `${n}x` })).join(""));
        peer.pause();
        await until(() => values.length > 5);
        await turns(50);
        expect(values).to.have.length.below(100); // one chunk contains all calls
        let text = "";
        peer.on("data", (chunk: Buffer) => (text += String(chunk))).resume();
        await until(() => text.split("\n").length === 201);
        expect(values).to.deep.equal(Array.from({ length: 200 }, (_, n) => n));
        expect(
            text
                .trim()
                .split("\n")
                .map((line) => (JSON.parse(line) as { callback_id: string }).callback_id),
        ).to.deep.equal(Array.from({ length: 200 }, (_, n) => `${n}x`));
    });
});

describe("replies to a peer that does not read", () => {
    for (const end of ["client", "server"] as const) {
        for (const when of ["at once", "later"] as const) {
            for (const kind of ["callbacks", "requests"] as const) {
                it(`are bounded: ${kind} to which a ${end} replies ${when}`, async () => {
                    const calls = Array.from({ length: 2000 }, (_, n) =>
                        kind === "callbacks"
                            ? frame(n, { id: `${n}x` })
                            : frame({ uuid: `${n}x`, data: n, type: "Number" }, { type: "SockhopRequest" }),
                    ).join("");
                    const options = { max_buffered: 100_000 };
                    const errors: unknown[] = [];
                    const answer = (reply: () => void): void => {
                        if (when === "at once") reply();
                        else setTimeout(reply, 20);
                    };
                    const listen = (to: SockhopClient | SockhopServer): void => {
                        to.on("receive", (_: unknown, { callback }: { callback?: (value: string) => void }) => {
                            answer(() => callback?.("x".repeat(10_000)));
                        });
                        to.on("request", (_: unknown, response: { send: (value: string) => Promise<void> }) => {
                            answer(() => void response.send("x".repeat(10_000)));
                        });
                        to.on("error", ({ code }: { code?: string }) => errors.push(code));
                    };
                    let most = 0;
                    let buffered = (): number => 0;
                    if (end === "client") {
                        const { port } = await rawServer((socket) => socket.pause().write(calls));
                        const c = client({ port, ...options });
                        listen(c);
                        await c.connect();
                        buffered = () => c.buffered;
                    } else {
                        const s = server({ ...options });
                        listen(s);
                        await s.listen();
                        (await raw(s)).pause().write(calls);
                        buffered = () => s.stats.buffered;
                    }
                    const measure = (): number => (most = Math.max(most, buffered()));
                    // The responder waits for the peer to read, or the connection has closed at both ends.
                    await until(() => measure() > options.max_buffered || errors.length > 0);
                    for (let turn = 0; turn < 200; turn++) {
                        measure();
                        await turns(1);
                    }
                    expect(most).to.be.below(9 * options.max_buffered);
                    if (buffered() < options.max_buffered) expect(errors).to.deep.equal(["ERR_BUFFER_FULL"]);
                });
            }
        }
    }
});
