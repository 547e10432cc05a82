import { once } from "node:events";
import type net from "node:net";
import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import { ObjectBuffer } from "../../src/codec/ObjectBuffer";
import type { ByteFrame, Identified } from "../../src/codec/Encoder";
import { writeFrame } from "../../src/codec/v2/writeFrame";
import type { Wire } from "../../src/codec/Wire";
import { helloData, parseHello } from "../../src/protocol/Hello";
import { uuidOf } from "../../src/protocol/uuid";
import { framesOf } from "../support/events";
import { read } from "../support/markdown";
import { raw, server } from "../support/pair";
import { next, reasonOfEnd } from "../support/resume";

// The bytes and greetings of the page are those of the library.
const PAGE = "docs/protocol.md";
const { blocks, text } = read(PAGE);

/** Frames of the page: blocks that begin with the mark. */
const FRAMES = blocks.filter(({ code }) => code.startsWith("ff ")).map(({ code }) => bytesOf(code));

/** Bytes of a block: each line has some, and a comment after two spaces or more. */
function bytesOf(code: string): Buffer {
    return Buffer.from(code.replace(/ {2,}.*$/gm, "").replace(/\s+/g, ""), "hex");
}

class Widget {
    constructor(
        readonly a: number,
        readonly s: string,
    ) {}
}

const OWN = "5f1c9e02a77b3d10";
const TOKENS = { own: OWN, peer: "0e46d1b8a95c7f23" };
const reversed = { own: TOKENS.peer, peer: TOKENS.own };

const codec = {
    name: "json-again",
    encode: (value: unknown) => Buffer.from(JSON.stringify(value)),
    decode: (bytes: Buffer) => JSON.parse(bytes.toString()) as unknown,
};

const binary = new ObjectBuffer({ codec: "binary" }).format!;
const custom = new ObjectBuffer({ codec }).format!;

/** Bytes of messages that are sent in one tick. */
function written(wire: Wire, ...encode: (() => unknown)[]): Buffer {
    for (const each of encode) wire.commit(each() as ByteFrame);
    return Buffer.from(wire.take());
}

/** Call that gets a number. */
function numbered(): Identified {
    const call = {
        uuid: "",
        id: "" as string | number,
        assign: (number: number) => {
            call.id = number;
        },
    };
    return call;
}

const cycle: Record<string, unknown> = {};
cycle["self"] = cycle;

describe(PAGE, () => {
    it("has all frames that are tested", () => {
        expect(FRAMES).to.have.length(5);
    });

    it("shows two messages of one shape", () => {
        const wire = binary.createWire(TOKENS);
        const [first, second] = [new Widget(1, "x\ny"), new Widget(300, "é")];
        const bytes = written(
            wire,
            () => wire.encodeMessage(first),
            () => wire.encodeMessage(second),
        );
        expect(bytes.toString("hex")).to.equal(FRAMES[0]!.toString("hex"));
        const lines = [first, second].map((data) => `${JSON.stringify({ type: "Widget", data })}\n`).join("");
        expect(text.join("\n")).to.include(`${bytes.length} bytes instead of ${Buffer.byteLength(lines)} in lines`);
        const messages = binary.createWire(reversed).decodeFrame(bytes);
        expect(messages).to.have.length(2);
        expect(messages[0]).to.include({ kind: "message", type: "Widget" });
        expect(messages[1]).to.have.property("data").that.deep.equals({ a: 300, s: "é" });
    });

    it("shows a call and its reply", () => {
        const caller = binary.createWire(TOKENS);
        const callee = binary.createWire(reversed);
        const call = written(caller, () => caller.encodeCall("q", numbered()));
        expect(call.toString("hex")).to.equal(FRAMES[1]!.toString("hex"));
        const [received] = callee.decodeFrame(call);
        expect(received).to.include({ kind: "call", type: "String", data: "q", id: 1 });
        const reply = written(callee, () => callee.encodeReply([1.5, null, 0.1], 1, false));
        expect(reply.toString("hex")).to.equal(FRAMES[2]!.toString("hex"));
        expect(caller.decodeFrame(reply)[0]).to.have.property("data").that.deep.equals([1.5, null, 0.1]);
    });

    it("shows a message that contains itself", () => {
        const wire = binary.createWire(TOKENS);
        expect(written(wire, () => wire.encodeMessage(cycle)).toString("hex")).to.equal(FRAMES[3]!.toString("hex"));
        const [received] = binary.createWire(reversed).decodeFrame(FRAMES[3]!);
        expect(isDeepStrictEqual((received as { data: unknown }).data, cycle)).to.equal(true);
    });

    it("shows a frame of a codec of the program", () => {
        const wire = custom.createWire(TOKENS);
        const bytes = written(wire, () => wire.encodeCall({ a: 1 }, numbered()));
        expect(bytes.toString("hex")).to.equal(FRAMES[4]!.toString("hex"));
        const [received] = custom.createWire(reversed).decodeFrame(bytes);
        expect(received).to.include({ kind: "call", type: "Object", id: 1 });
    });

    it("shows a frame of sockhop 2.x", () => {
        const block = blocks.find(({ code }) => code.startsWith("09 00 00 00"))!;
        const frame = writeFrame({ layout: 13, type: "Img", content: Buffer.of(7) });
        expect(bytesOf(block.code).toString("hex")).to.equal(frame.toString("hex"));
    });

    it("states the uuid of a numbered call", () => {
        expect(text.join("\n")).to.include(`\`${OWN}\` and number 300 give \`${uuidOf(OWN, 300)}\``);
    });

    it("shows greetings that the library writes and reads", () => {
        const greetings = blocks.flatMap(({ code }) => code.split("\n")).filter((line) => line.includes('"hello"'));
        const lines = greetings.filter((line) => !line.includes('"resume"'));
        expect(greetings).to.have.length(6);
        expect(lines).to.have.length(2);
        for (const line of lines) {
            const { data } = JSON.parse(line.slice(2, -1)) as { data: unknown };
            const hello = parseHello(data)!;
            expect(hello.codecs).to.deep.equal(["binary"]);
            expect(JSON.stringify(data)).to.equal(JSON.stringify(helloData(hello)));
        }
    });

    it("shows how a server resumes", async () => {
        const [agreed, resumed, closed] = blocks.filter(({ code }) => /"(resume|bye)"/.test(code));
        const s = server({ resume: true });
        const values: unknown[] = [];
        let tokens: string[] = [];
        s.on("receive", (value) => values.push(value));
        await s.listen();

        /** Writes the lines of a client, and expects those of the server. Resolves to the socket. */
        const play = async (code: string): Promise<net.Socket> => {
            const socket = await raw(s);
            await converse(socket, code);
            return socket;
        };
        const converse = async (socket: net.Socket, code: string): Promise<void> => {
            const frames = framesOf(socket);
            let count = 0;
            for (const shown of code.trim().split("\n")) {
                const text = shown.slice(2, -1);
                if (shown.startsWith("→")) {
                    socket.write(`${tokens.length > 0 ? text.replace(TOKEN, `"token":"${tokens[0]}"`) : text}\n`);
                    continue;
                }
                count += 1;
                while (frames.length < count) await once(socket, "data");
                const frame = JSON.stringify(frames[count - 1]);
                expect(withoutTokens(frame)).to.equal(withoutTokens(text));
                const found = TOKEN.exec(frame);
                if (found) tokens = [found[1]!];
            }
        };
        const first = await play(agreed!.code);
        expect(values).to.deep.equal(["one", "two"]);
        const interrupted = next(s, "interrupted");
        first.destroy();
        await interrupted;
        void s.sendall("from the server");
        const second = await play(resumed!.code);
        await s.sessions[0]!.flush();
        expect(values).to.deep.equal(["one", "two", "three"]);
        const ended = reasonOfEnd(s);
        await converse(second, closed!.code);
        second.end();
        expect((await ended).code).to.equal("PEER_ENDED");
    });
});

/** Token with which a client resumes. */
const TOKEN = /"token":"([0-9a-f]{32})"/;

function withoutTokens(text: string): string {
    return text.replace(/"token":"[0-9a-f]+"/g, '"token":"TOKEN"');
}
