import { expect } from "chai";
import { once } from "node:events";
import type { Socket } from "node:net";
import { isDeepStrictEqual } from "node:util";
import type { ServerOptions, SockhopClient } from "../../src";
import { turns } from "../support/eventLoop";
import { client, pair, placeOf } from "../support/pair";

/** Sizes around those at which memory is used again. */
const SIZES = [60_000, 131_072, 140_000, 262_145, 700_000];

/** A value of this size that no other one resembles. */
type Make = (size: number, seed: number) => unknown;
const text: Make = (size, seed) => String.fromCharCode(97 + (seed % 26)).repeat(size) + String(seed);
const VALUES: Readonly<Record<string, Make>> = {
    text,
    "text that is not ASCII": (size, seed) => `é${String(text(size, seed))}`,
    objects: (size, seed) =>
        Array.from({ length: size / 100 }, (_, n) => ({ n, seed, text: `of ${n + seed}`.padEnd(60) })),
    bytes: (size, seed) => Buffer.alloc(size, seed),
};

const KINDS: [title: string, options: ServerOptions, values: string[]][] = [
    ["JSON", {}, ["text", "text that is not ASCII", "objects"]],
    ["binary", { codec: "binary" }, Object.keys(VALUES)],
    ["binary with resume", { codec: "binary", resume: true }, Object.keys(VALUES)],
];

describe("Large messages", () => {
    for (const [title, options, names] of KINDS) {
        for (const name of names) {
            it(`arrive as they were, from several clients at a time: ${title}, ${name}`, async () => {
                const make = VALUES[name] as Make;
                const { s, c } = await pair(options);
                s.on("request", (request, response) => response.send(request.data));
                const clients: SockhopClient[] = [c];
                while (clients.length < 3) clients.push(client({ ...(options as object), ...placeOf(s) }));
                await Promise.all(clients.map((each) => each.connect()));
                const kept: [value: unknown, wanted: unknown][] = [];
                const asked = clients.flatMap((each, n) =>
                    SIZES.map(async (size, m) => {
                        const wanted = make(size, 10 * n + m);
                        await turns(m % 3);
                        const value: unknown = await each.ask(wanted);
                        kept.push([value, wanted]);
                    }),
                );
                await Promise.all(asked);
                // Memory of later messages is not that of values that the program keeps.
                expect(kept).to.have.length(asked.length);
                for (const [value, wanted] of kept) expect(isDeepStrictEqual(value, wanted)).to.equal(true);
            });
        }
    }

    it("stay as they were for a program that keeps what it writes", async () => {
        const { c } = await pair({ codec: "binary" });
        const socket: Socket = c.socket!;
        const written: Buffer[] = [];
        const write = socket.write.bind(socket);
        socket.write = (bytes: Buffer, ...rest: []) => {
            if (bytes.length > 100_000) written.push(bytes);
            return write(bytes, ...rest);
        };
        for (let n = 0; n < 4; n++) {
            await c.send(Buffer.alloc(500_000, n));
            await c.send(String(text(500_000, n)));
        }
        expect(written).to.have.length(8);
        for (const [n, bytes] of written.entries()) {
            const middle = bytes[bytes.length >> 1];
            expect(middle).to.equal(n % 2 === 0 ? n / 2 : 97 + (n - 1) / 2);
        }
    });

    it("are whole if the connection breaks while they are written, and the next one begins", async () => {
        const { s, c, socket } = await pair({ codec: "binary" });
        socket.pause();
        const lost = c.send(Buffer.alloc(8_000_000, 1)).catch((error: unknown) => (error as { code: string }).code);
        await turns(5);
        const gone = once(c, "disconnect");
        c.socket?.destroy();
        await gone;
        expect(await lost).to.equal("ERR_SOCKET_DESTROYED");
        const received: Buffer[] = [];
        s.on("receive", (value: Buffer) => received.push(value));
        await c.connect();
        for (let n = 2; n < 5; n++) {
            const arrived = once(s, "receive");
            await c.send(Buffer.alloc(8_000_000, n));
            await arrived;
        }
        expect(received.map((bytes) => bytes.length)).to.deep.equal([8_000_000, 8_000_000, 8_000_000]);
        for (const [n, bytes] of received.entries())
            expect(bytes.equals(Buffer.alloc(8_000_000, n + 2))).to.equal(true);
    });
});
