import { expect } from "chai";
import { once } from "node:events";
import type { Socket } from "node:net";
import type { ServerOptions, SockhopServer } from "../../src";
import { helloData } from "../../src/protocol/Hello";
import { raw, server } from "../support/pair";

class Refusing {
    static fromJSON(): never {
        throw new TypeError("never");
    }
}

const OWN = {
    name: "own",
    encode: (value: unknown) => Buffer.from(JSON.stringify(value)),
    decode: (bytes: Buffer) => JSON.parse(bytes.toString()) as unknown,
};

/** Server with a raw peer that has agreed on the codec, and the lines that the peer receives. */
async function agreed(codec: ServerOptions["codec"]): Promise<{ s: SockhopServer; peer: Socket; lines: string[] }> {
    const s = server({ codec, classes: [Refusing] });
    s.on("error", () => undefined);
    await s.listen();
    const name = typeof codec === "object" ? codec.name : codec;
    const hello = helloData({ codecs: [String(name)], token: "0123456789abcdef" });
    const peer = await raw(s);
    const lines: string[] = [];
    let text = "";
    peer.on("data", (chunk: Buffer) => {
        const parts = (text + chunk.toString("latin1")).split("\n");
        text = parts.pop() ?? "";
        lines.push(...parts);
    });
    const codecKnown = once(s, "codec");
    peer.write(`${JSON.stringify({ type: "SockhopPong", data: hello })}\n`);
    await codecKnown;
    await atLeast(lines, 1);
    lines.length = 0;
    return { s, peer, lines };
}

async function atLeast(lines: string[], count: number): Promise<void> {
    while (lines.length < count) await new Promise(setImmediate);
}

for (const [name, codec] of [
    ["binary", "binary"],
    ["of the program", OWN],
] as const) {
    describe(`An id that is a number, in a line of a connection with a codec ${name}`, () => {
        for (const id of [5, -1, 0.5, 2 ** 50]) {
            it(`is repeated in a line: ${id}`, async () => {
                const { s, peer, lines } = await agreed(codec);
                s.on("receive", (value: unknown, { callback }) => callback?.({ value }));
                s.handle("Sum", (numbers: number[]) => numbers.length);
                s.handle("Failing", () => Promise.reject(new Error("no")));
                const request = (type: string): string =>
                    `${JSON.stringify({ type: "SockhopRequest", data: { uuid: id, data: [1], type, errors: true } })}\n`;
                peer.write(`{"type":"Number","data":1,"id":${id}}\n`);
                await atLeast(lines, 1);
                peer.write(request("Sum"));
                await atLeast(lines, 2);
                peer.write(request("Failing"));
                await atLeast(lines, 3);
                peer.write(request("Refusing"));
                await atLeast(lines, 4);
                const [reply, response, failure, refusal] = lines.map((line) => JSON.parse(line) as object);
                expect(reply).to.deep.equal({ type: "Object", data: { value: 1 }, callback_id: id });
                expect(response).to.deep.include({ type: "SockhopResponsePacket" });
                expect(response).to.deep.nested.include({ "data.uuid": id, "data.data": 1, "data.last": true });
                expect(failure).to.deep.nested.include({ "data.uuid": id, "data.error.message": "no" });
                expect(refusal).to.deep.nested.include({ "data.uuid": id, "data.error.code": "ERR_REQUEST_FAILED" });
            });
        }

        it("cancels its request", async () => {
            const { s, peer } = await agreed(codec);
            const aborted = new Promise((resolve) => {
                s.on("request", (request, { signal }) => {
                    expect(request.uuid).to.equal("7");
                    signal.addEventListener("abort", resolve);
                });
            });
            const packet = { uuid: 7, type: "Object", data: {} };
            peer.write(`${JSON.stringify({ type: "SockhopRequest", data: { ...packet, errors: true } })}\n`);
            peer.write(
                `${JSON.stringify({ type: "SockhopResponsePacket", data: { ...packet, last: true, cancel: true } })}\n`,
            );
            await aborted;
        });
    });
}
