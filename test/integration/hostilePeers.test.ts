import { expect } from "chai";
import fc from "fast-check";
import { once } from "node:events";
import type net from "node:net";
import { SockhopError } from "../../src";
import { PartialFrame } from "../../src/codec/json/PartialFrame";
import { client, pair, raw, rawServer, received, server } from "../support/pair";
import { warnings } from "../support/rejections";

/** Frames that no sockhop sends. Each one has crashed a release of 1.x, or is similar to one that has. */
const MALICE = [
    "null",
    "5",
    '"text"',
    "true",
    "[]",
    '[{"type":"String"}]',
    "",
    "GET / HTTP/1.1",
    "{",
    "\u0000",
    "{}",
    '{"data":1}',
    '{"type":null}',
    '{"type":{"deep":[]},"data":1}',
    '{"type":"String","data":"x","callback_id":"nope"}',
    '{"type":"String","data":"x","callback_id":"constructor"}',
    '{"type":"String","data":"x","callback_id":"__proto__"}',
    '{"type":"String","data":"x","callback_id":{}}',
    '{"type":"String","data":"x","id":{}}',
    '{"type":"SockhopPing"}',
    '{"type":"SockhopPing","data":null}',
    '{"type":"SockhopPing","data":5}',
    '{"type":"SockhopPong"}',
    '{"type":"SockhopPong","data":null}',
    '{"type":"SockhopPong","data":{"_id":null}}',
    '{"type":"SockhopRequest"}',
    '{"type":"SockhopRequest","data":{"uuid":"u","data":null}}',
    '{"type":"SockhopRequest","data":{"uuid":{},"errors":true}}',
    '{"type":"SockhopRequest","data":[]}',
    '{"type":"SockhopResponsePacket"}',
    '{"type":"SockhopResponsePacket","data":{"uuid":"u","error":true}}',
    '{"type":"SockhopResponsePacket","data":{"uuid":"u","cancel":true}}',
    '{"type":"SockhopResponsePacket","data":{"uuid":"__proto__","data":1,"last":true}}',
    '{"type":"SockhopHandshake","data":null,"id":"i"}',
    '{"__proto__":{"type":"SockhopPing","data":null}}',
    '{"type":"String","data":{"__proto__":{"polluted":true}}}',
];

const LAST = '{"type":"String","data":"last"}\n';

describe("hostile frames", () => {
    async function untilLast(end: { on(event: string, listener: (value: unknown) => void): unknown }): Promise<void> {
        await new Promise<void>((resolve) => {
            end.on("receive", (value) => {
                if (value === "last") resolve();
            });
        });
    }

    it("do not stop a server, nor that connection", async () => {
        const s = server();
        await s.listen();
        s.ping(1000);
        s.on("error", (error, socket) => {
            expect(error).to.be.instanceOf(SockhopError).with.property("code", "ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
            expect(socket).to.equal(s.sockets[0]);
        });
        const socket = await raw(s);
        const last = untilLast(s);
        socket.write(MALICE.join("\n") + "\n" + LAST);
        await last;
        expect(s.sockets).to.have.length(1);
        expect(({} as { polluted?: boolean }).polluted).to.equal(undefined);
    });

    it("of a web page that makes a browser send a message are not delivered", async () => {
        for (const options of [{}, { peer_type: "json" }, { terminator: "\f" }]) {
            const s = server(options);
            await s.listen();
            const values: unknown[] = [];
            const errors: unknown[] = [];
            s.on("receive", (value) => values.push(value));
            s.on("error", ({ code }: SockhopError) => errors.push(code));
            const socket = await raw(s);
            const end = options.terminator ?? "\n";
            const message = `{"type":"Evil","data":1}${end}`;
            socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\n\r\n${end}${message}${message}`);
            await once(socket, "close");
            expect(values).to.deep.equal([]);
            expect(errors).to.deep.equal(["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]);
        }
    });

    it("do not stop a client", async () => {
        const { port } = await rawServer((socket) => socket.write(MALICE.join("\n") + "\n" + LAST));
        const c = client({ port });
        c.on("error", (error) => {
            expect(error).to.be.instanceOf(SockhopError).with.property("code", "ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
        });
        const last = untilLast(c);
        await c.connect();
        c.ping(1000);
        await last;
        expect(c.connected).to.equal(true);
    });

    it("cause one error event each", async () => {
        const { s, c } = await pair();
        const errors: [string, net.Socket | null][] = [];
        s.on("error", (error, socket) => errors.push([error.message, socket]));
        const values = received(s, 2);
        c.socket!.write('{"type":"Number","data":1}\nnot JSON\n5\n{"type":"Number","data":2}\n');
        expect(await values).to.deep.equal([1, 2]);
        expect(errors.map(([message]) => message)).to.satisfy(
            ([first, second]: string[]) => first!.includes("not JSON") && second!.includes("without an envelope"),
        );
        expect(errors.every(([, socket]) => socket === s.sockets[0])).to.equal(true);
    });

    it("cause one warning without an error listener, and nothing stops", async () => {
        const { s, c } = await pair();
        const heard = warnings();
        const last = untilLast(s);
        c.socket!.write("GET /\n\nnull\n" + LAST);
        await last;
        await new Promise(setImmediate);
        expect(heard.map(({ code }) => code)).to.deep.equal(["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]);
    });

    it("cannot contain a reply to the call of another connection", async () => {
        const { s, c, socket } = await pair();
        const thief = await raw(s);
        const asked = once(c, "receive");
        const answers: unknown[] = [];
        await s.send(socket, "question", (answer) => answers.push(answer));
        const [, { callback }] = (await asked) as [unknown, { callback: (value: unknown) => void }];
        const { uuid: id } = [...s["_connectionOf"](socket)!.callbacks!][0]!;
        const last = untilLast(s);
        thief.write(JSON.stringify({ type: "String", data: "forged", callback_id: id }) + "\n" + LAST);
        await last;
        expect(answers).to.deep.equal([]);
        callback("real");
        await new Promise<void>((resolve) => {
            s.once("receive", () => {
                resolve();
            });
            void c.send("behind the answer");
        });
        expect(answers).to.deep.equal(["real"]);
    });

    it("that do not fit into memory close their connection only", async () => {
        const { s, c, socket } = await pair();
        const other = await raw(s);
        const [session] = s.sessions;
        const tooMuch = new RangeError("Array buffer allocation failed");
        s["_connectionOf"](socket)!.partialFrame = Object.assign(new PartialFrame(), {
            add() {
                throw tooMuch; // like Buffer.allocUnsafe()
            },
        });
        const told = new Promise((resolve) => s.once("error", (...args) => resolve(args)));
        const gone = once(c, "disconnect");
        await c.send("x");
        expect(await told).to.have.ordered.members([tooMuch, socket, session]);
        await gone;
        const last = untilLast(s);
        other.write(LAST);
        await last;
    });

    it("of random bytes do no harm", async () => {
        const { s, c } = await pair();
        s.on("error", () => undefined);
        await fc.assert(
            fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
                const last = untilLast(s);
                c.socket!.write(Buffer.concat([Buffer.from(bytes), Buffer.from("\n" + LAST)]));
                await last;
                s.removeAllListeners("receive");
            }),
            { numRuns: 50 },
        );
    });
});
