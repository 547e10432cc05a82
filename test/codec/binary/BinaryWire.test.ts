import { expect } from "chai";
import type { SockhopError } from "../../../src";
import type { BinaryWire } from "../../../src/codec/binary/BinaryWire";
import type { Message } from "../../../src/protocol/Message";
import { uuidOf } from "../../../src/protocol/uuid";
import { CLIENT, Call, SERVER, commit, decoded, format, frames, json, taken, wires } from "./support";

/** The data of the messages of these bytes. */
function data(wire: BinaryWire, bytes: Buffer): unknown[] {
    return decoded(wire, bytes).map((message) => (message as Message).data);
}

describe("BinaryWire", () => {
    it("writes the documented bytes", () => {
        class Widget {
            constructor(
                readonly a: number,
                readonly s: string,
            ) {}
        }
        const { client } = wires();
        commit(client, client.encodeMessage(new Widget(1, "x\ny")));
        commit(client, client.encodeMessage(new Widget(300, "é")));
        const header = ["ff", "01", "1f000000", "01", "0b000000"];
        const bytes = ["00", "c8", "0a", "01", "83", "00", "e0", "da", "2c01", "81"];
        const text = Buffer.from("Widget\0a\0sx\nyé").toString("hex");
        expect(taken(client).toString("hex")).to.equal([...header, ...bytes, text].join(""));
    });

    it("decodes each kind of message as JSON lines do", () => {
        const { client, server } = wires();
        const value = { a: [1, null, "x"] };
        const error = { code: "ERR_X", message: "failed" };
        const call = new Call();
        const request = new Call();
        client.identify(call);
        client.identify(request);
        const reply = { id: call.uuid, uuid: request.uuid };
        const pairs: [frame: ReturnType<BinaryWire["encodeMessage"]>, line: string][] = [
            [client.encodeMessage(value), json.encodeMessage(value)],
        ];
        const add = (frame: () => ReturnType<BinaryWire["encodeMessage"]>, line: string): void => {
            commit(client, pairs.at(-1)![0]);
            pairs.push([frame(), line]);
        };
        add(() => client.encodeMessage([1], "Named"), json.encodeMessage([1], "Named"));
        add(() => client.encodeCall(value, call), json.encodeCall(value, call));
        add(() => client.encodeRequest(value, request), json.encodeRequest(value, request));
        add(() => client.encodeRequest([value], request, "T"), json.encodeRequest([value], request, "T"));
        add(() => client.encodeCancel(request), json.encodeCancel(request));
        commit(client, pairs.at(-1)![0]);
        const messages = decoded(server, taken(client)) as Message[];
        expect(messages).to.have.length(pairs.length);
        for (const [n, message] of messages.entries()) {
            const wanted = json.decode(pairs[n]![1].trimEnd()) as Message;
            expect(message.kind).to.equal(wanted.kind);
            expect(message.type).to.equal(wanted.type);
            expect(message.data).to.deep.equal(wanted.data);
            if (wanted.id !== undefined) expect(message.id).to.equal(wanted.id === call.uuid ? 1 : 2);
            expect(message.bytes).to.be.within(2, 100);
        }

        // The other direction.
        const packets = [
            { data: value, last: true },
            { data: value, last: false },
            { last: true, empty: true },
            { last: true, error },
        ];
        commit(server, server.encodeReply(value, 1, false));
        for (const packet of packets) {
            commit(server, server.encodeResponse({ ...packet, uuid: 2 as unknown as string }, false));
        }
        const answers = decoded(client, taken(server)) as Message[];
        expect(answers[0]).to.include({ kind: "reply", type: "Object", id: 1 });
        for (const [n, packet] of packets.entries()) {
            const line = json.encodeResponse({ ...packet, uuid: reply.uuid }, true);
            const wanted = json.decode(line.trimEnd()) as Message;
            expect(answers[n + 1]).to.include({ kind: wanted.kind, type: wanted.type, id: 2 });
            expect(answers[n + 1]!.data).to.deep.equal(wanted.data);
        }
    });

    it("gives both ends the same uuid of a number", () => {
        const { client, server } = wires();
        for (const number of [1, 2, 255, 256, 257, 2 ** 31, 2 ** 48 - 1]) {
            const call = new Call();
            call.assign(number, CLIENT);
            commit(client, client.encodeRequest({}, call));
            const [message] = decoded(server, taken(client)) as Message[];
            expect(message!.data).to.include({ uuid: uuidOf(CLIENT, number) });
            expect(message!.id).to.equal(number);
        }
        expect(uuidOf(SERVER, 1)).not.to.equal(uuidOf(CLIENT, 1));
    });

    it("replies to a call that came as a line by a line", () => {
        const { client } = wires();
        expect(client.encodeReply({ a: 1 }, "x", false)).to.equal(json.encodeReply({ a: 1 }, "x", false));
        expect(client.encodeResponse({ uuid: "x", data: 1, last: true }, false)).to.be.a("string");
        expect(client.encodeControl("ping", { a: 1 })).to.equal(json.encodeControl("ping", { a: 1 }));
    });

    it("replaces a message that is not committed, and its shapes", () => {
        const { client, server } = wires();
        client.encodeMessage({ dropped: 1 });
        commit(client, client.encodeMessage({ a: 1 }));
        client.encodeMessage({ b: 1 });
        commit(client, client.encodeMessage({ b: 2 }));
        client.encodeMessage({ c: 1 });
        expect(data(server, taken(client))).to.deep.equal([{ a: 1 }, { b: 2 }]);
        expect(client.length).to.equal(0);
        expect(taken(client)).to.have.length(0);
    });

    it("leaves no trace of a message that cannot be sent", () => {
        const { client, server } = wires();
        commit(client, client.encodeMessage({ a: 1 }));
        const bad = { shape: { of: { its: "own" } }, f: () => 1 };
        expect(() => client.encodeMessage(bad)).to.throw("This value cannot be sent: a function, at .f");
        commit(client, client.encodeMessage({ shape: { of: { its: "own" } } }));
        expect(data(server, taken(client))).to.deep.equal([{ a: 1 }, { shape: { of: { its: "own" } } }]);
    });

    it("ends frames at about 4 KiB, and counts their bytes", () => {
        const { client, server } = wires();
        for (let n = 0; n < 190; n++) commit(client, client.encodeMessage({ n, text: "x".repeat(100) }));
        const { length } = client;
        const bytes = taken(client);
        expect(length).to.be.within(bytes.length - 20, bytes.length);
        expect(frames(bytes)).to.have.length(5);
        for (const frame of frames(bytes)) expect(frame.length).to.be.below(4400);
        expect(data(server, bytes)).to.have.length(190);
    });

    it("keeps bytes that are still in use", () => {
        const { client, server } = wires();
        commit(client, client.encodeMessage({ a: 1 }));
        const first = client.take();
        client.release(false);
        commit(client, client.encodeMessage({ b: 2 }));
        const second = client.take();
        client.release(false);
        commit(client, client.encodeMessage({ c: 3 }));
        taken(client);
        expect(data(server, first)).to.deep.equal([{ a: 1 }]);
        expect(data(server, second)).to.deep.equal([{ b: 2 }]);
    });

    it("keeps no large memory for a few bytes, if a large message behind them fails", () => {
        const { client, server } = wires();
        commit(client, client.encodeMessage({ a: 1 }));
        expect(() => client.encodeMessage([Buffer.alloc(500_000), () => 1])).to.throw("a function");
        const bytes = client.take();
        client.release(false);
        expect(bytes.buffer.byteLength).to.be.below(100_000);
        expect(data(server, bytes)).to.deep.equal([{ a: 1 }]);
    });

    it("takes the messages before the one that is being encoded, also if they have no text", () => {
        for (const first of [[1, 2, 3], { text: "a" }]) {
            const { client, server } = wires();
            commit(client, client.encodeMessage(first));
            let bytes: Buffer | undefined;
            const value = {
                get a() {
                    bytes ??= client.take();
                    return 1;
                },
            };
            commit(client, client.encodeMessage(value));
            expect(data(server, bytes!)).to.deep.equal([first]);
            expect(data(server, taken(client))).to.deep.equal([{ a: 1 }]);
        }
    });

    it("encodes for several connections in turn", () => {
        const shared = format();
        const ends = Array.from({ length: 50 }, () => shared.createWire({ own: CLIENT, peer: SERVER }));
        for (let n = 0; n < 3; n++) for (const end of ends) commit(end, end.encodeMessage({ n, text: "é".repeat(n) }));
        const { server } = wires();
        const wanted = [0, 1, 2].map((n) => ({ n, text: "é".repeat(n) }));
        for (const end of ends) expect(data(server, taken(end))).to.deep.equal(wanted);
    });

    it("accepts frames for all connections", () => {
        const { client, server } = wires();
        commit(client, client.encodeMessage({ a: 1 }));
        client.commit(client.format.encodeShared({ b: 2 }, "Named"));
        commit(client, client.encodeMessage({ c: 3 }));
        expect(data(server, taken(client))).to.deep.equal([{ a: 1 }, { b: 2 }, { c: 3 }]);
        const [message] = client.format.decodeShared(client.format.encodeShared([1], "Named"));
        expect(message).to.include({ kind: "message", type: "Named" });
    });

    it("describes messages", () => {
        const { client } = wires();
        const frame = client.encodeRequest([1], new Call());
        expect(client.describe(frame)).to.deep.equal({ type: "SockhopRequest", bytes: frame.length });
        commit(client, frame);
        expect(client.describe(frame)).to.deep.equal({ type: "SockhopRequest", bytes: 5 });
        expect(client.describe(client.encodeMessage([1], "T")).type).to.equal("T");
        expect(client.latestType).to.equal("T");
        expect(client.describe(client.format.encodeShared([1])).type).to.equal("Array");
    });

    it("refuses reserved names and messages that are too large", () => {
        const { client } = wires({ maxSize: 1000 });
        class SockhopPing {}
        expect(() => client.encodeMessage(new SockhopPing())).to.throw("sockhop reserves this name");
        for (const text of ["x".repeat(1000), "é".repeat(500), "\ud800".repeat(334)]) {
            expect(() => client.encodeMessage({ text }))
                .to.throw("is larger than max_message_size (1000 bytes)")
                .with.property("code", "ERR_MESSAGE_TOO_LARGE");
        }
        commit(client, client.encodeMessage({ text: "x".repeat(900) }));
        expect(() => client.encodeMessage(new Array(2000).fill(null))).to.throw("max_message_size");
    });

    describe("code of the program inside of a message", () => {
        it("sends on the same connection: its message follows", () => {
            const { client, server } = wires();
            commit(client, client.encodeMessage({ first: 1 }));
            const value = {
                a: 1,
                toJSON(): object {
                    commit(client, client.encodeMessage({ inner: 1 }));
                    return { outer: 1 };
                },
            };
            commit(client, client.encodeMessage(value));
            commit(client, client.encodeMessage({ last: 1 }));
            const wanted = [{ first: 1 }, { outer: 1 }, { inner: 1 }, { last: 1 }];
            expect(data(server, taken(client))).to.deep.equal(wanted);
        });

        it("sends, and the outer message fails or is dropped", () => {
            const { client, server } = wires();
            const value = {
                get a(): number {
                    commit(client, client.encodeMessage({ inner: 1 }));
                    return 1;
                },
                get b(): number {
                    throw new Error("oops");
                },
            };
            expect(() => client.encodeMessage({ value })).to.throw("oops, at .value.b");
            client.encodeMessage({ get a() { return value.a; } }); // prettier-ignore
            expect(client.length).to.be.above(20);
            expect(data(server, taken(client))).to.deep.equal([{ inner: 1 }, { inner: 1 }]);
        });

        it("takes the frames: the message is encoded once more", () => {
            const { client, server } = wires();
            commit(client, client.encodeMessage({ first: 1 }));
            const bytes: Buffer[] = [];
            const value = {
                text: "some",
                get a(): number {
                    bytes.push(taken(client));
                    return 1;
                },
                text2: "text",
            };
            const frame = client.encodeMessage(value);
            commit(client, frame);
            commit(client, client.encodeMessage({ last: 1 }));
            bytes.push(taken(client));
            expect(bytes.map((part) => data(server, part))).to.deep.equal([
                [{ first: 1 }],
                [],
                [{ text: "some", a: 1, text2: "text" }, { last: 1 }],
            ]);
        });

        it("takes the frames, and the message fails", () => {
            const { client, server } = wires();
            commit(client, client.encodeMessage({ first: 1 }));
            let bytes: Buffer | undefined;
            const value = {
                get a(): number {
                    bytes ??= taken(client);
                    throw new Error("oops");
                },
            };
            expect(() => client.encodeMessage(value)).to.throw("oops");
            commit(client, client.encodeMessage({ last: 1 }));
            expect(data(server, bytes!)).to.deep.equal([{ first: 1 }]);
            expect(data(server, taken(client))).to.deep.equal([{ last: 1 }]);
        });
    });

    it("keeps the cause of an exception of the program", () => {
        const { client } = wires();
        const cause = new Error("line 1\nline 2");
        let error: SockhopError | undefined;
        try {
            client.encodeMessage({ list: [1, new Map([["k", { toJSON: () => { throw cause; } }]])] }); // prettier-ignore
        } catch (thrown) {
            error = thrown as SockhopError;
        }
        expect(error).to.include({ code: "ERR_BAD_DATA", cause });
        expect(error!.message).to.equal('This value cannot be sent: line 1 line 2, at .list[1].get("k")');
    });
});
