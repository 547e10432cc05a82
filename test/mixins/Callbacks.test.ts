import type { RemoteCallback, Reply } from "../../src/replies/PendingReply";
import { expect } from "chai";
import { randomUUID } from "node:crypto";
import net from "node:net";
import { SockhopError } from "../../src";
import type { Connection } from "../../src/connection/Connection";
import { Endpoint } from "../../src/endpoint/Endpoint";
import type { Envelope } from "../../src/protocol/Envelope";
import { type Message, toMessage } from "../../src/protocol/Message";
import { Callbacks } from "../../src/mixins/Callbacks";
import { kept } from "../support/memory";
import { rejection } from "../support/pair";

/** The smallest endpoint with callbacks. Its connections record their messages. */
class Probe extends Callbacks(Endpoint) {
    readonly delivered: { value: unknown; type: string; callback: Reply | undefined }[] = [];

    constructor(options: object) {
        super(options);
        this.on("receive", (value: unknown, meta: { type: string; callback: Reply | undefined }) => {
            this.delivered.push({ value, ...meta });
        });
    }

    connection(): { connection: Connection; written: () => Envelope[] } {
        const connection = this._attach(new net.Socket());
        this._onOpen(connection);
        const written: string[] = [];
        connection.writeAndForget = (line) => void written.push(line as string);
        connection.write = (line) => {
            written.push(line as string);
            return Promise.resolve(undefined);
        };
        return { connection, written: () => written.map((text) => JSON.parse(text) as Envelope) };
    }

    receive(connection: Connection, envelope: Envelope): void {
        this._onMessage(connection, toMessage(envelope) as Message);
    }

    drop(connection: Connection): void {
        this._close(connection, { code: "CLOSED" });
    }

    protected override _receiveMeta(_connection: Connection, type: string, callback?: Reply): object {
        return { type, callback };
    }
}

describe("Callbacks", () => {
    const answers: unknown[] = [];
    const remember: RemoteCallback = (value, meta) => answers.push([value, meta]);

    beforeEach(() => {
        answers.length = 0;
    });

    it("calls the function of the call with the reply and its type", async () => {
        const probe = new Probe({});
        const { connection, written } = probe.connection();
        await probe._send(connection, "q", remember);
        const [question] = written();
        expect(question).to.include({ type: "String", data: "q" });
        expect(question!.id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        probe.receive(connection, { type: "Widget", data: { a: 1 }, callback_id: question!.id });
        expect(answers).to.deep.equal([[{ a: 1 }, { type: "Widget" }]]);
        expect(probe.delivered).to.deep.equal([]);
    });

    it("calls it once, even if it throws", async () => {
        const probe = new Probe({});
        const { connection, written } = probe.connection();
        let calls = 0;
        await probe._send(connection, "q", () => {
            calls += 1;
            throw new Error("mine");
        });
        const answer = { type: "Number", data: 1, callback_id: written()[0]!.id };
        expect(() => {
            probe.receive(connection, answer);
        }).to.throw("mine");
        probe.receive(connection, answer);
        expect(calls).to.equal(1);
    });

    it("accepts a reply only from the connection of the call", async () => {
        const probe = new Probe({});
        const asked = probe.connection();
        const other = probe.connection();
        await probe._send(asked.connection, "q", remember);
        const answer = { type: "String", data: "forged", callback_id: asked.written()[0]!.id };
        probe.receive(other.connection, answer);
        expect(answers).to.deep.equal([]);
        probe.receive(asked.connection, { ...answer, data: "real" });
        expect(answers).to.deep.equal([["real", { type: "String" }]]);
    });

    it("ignores replies without a call, for any id", () => {
        const probe = new Probe({});
        const { connection } = probe.connection();
        for (const callback_id of ["nope", "constructor", "__proto__", "toString", 7, {}, [], true]) {
            probe.receive(connection, { type: "String", data: "x", callback_id });
        }
        expect(probe.delivered).to.deep.equal([]);
    });

    it("removes pending replies with their connection", async () => {
        const probe = new Probe({});
        const { connection, written } = probe.connection();
        await probe._send(connection, "q", remember);
        probe.drop(connection);
        expect(connection.callbacks?.size).to.equal(0);
        probe.receive(connection, { type: "String", data: "late", callback_id: written()[0]!.id });
        expect(answers).to.deep.equal([]);
    });

    it("keeps no pending reply when the message is rejected", async () => {
        const probe = new Probe({});
        const { connection } = probe.connection();
        expect(await rejection(probe._send(connection, 1n, remember))).to.have.property("code", "ERR_BAD_DATA");
        expect(connection.callbacks).to.equal(undefined);
    });

    it("requires a function or nothing", async () => {
        const probe = new Probe({});
        const { connection, written } = probe.connection();
        for (const wrong of ["text", {}, 1]) {
            expect(() => probe._send(connection, "q", wrong as unknown as RemoteCallback))
                .to.throw(SockhopError)
                .with.property("code", "ERR_REMOTE_CALLBACK_TYPE");
        }
        for (const absent of [undefined, null]) await probe._send(connection, "q", absent);
        expect(written()).to.deep.equal(Array(2).fill({ type: "String", data: "q" }));
    });

    it("does not support json peers", () => {
        const probe = new Probe({ peer_type: "json" });
        const { connection } = probe.connection();
        expect(() => probe._send(connection, {}, remember))
            .to.throw(SockhopError)
            .with.property("code", "ERR_REMOTE_CALLBACK_TYPE");
    });

    describe("at the replying end", () => {
        function asked(id: unknown): { probe: Probe; connection: Connection; written: () => Envelope[]; reply: Reply } {
            const probe = new Probe({});
            const { connection, written } = probe.connection();
            probe.receive(connection, { type: "Ask", data: { z: 1 }, id });
            const { value, type, callback } = probe.delivered[0]!;
            expect([value, type]).to.deep.equal([{ z: 1 }, "Ask"]);
            return { probe, connection, written, reply: callback! };
        }

        it("sends the reply with the unchanged id of the call", () => {
            for (const id of ["my-id", 7, "0b2d5a3e-1111-4222-8333-444455556666", 'é"\\']) {
                const { written, reply } = asked(id);
                reply("rep");
                expect(written()).to.deep.equal([{ type: "String", data: "rep", callback_id: id }]);
            }
        });

        it("provides no reply function for an id that fits into no reply", () => {
            const probe = new Probe({});
            const { connection } = probe.connection();
            const told: unknown[] = [];
            probe.on("error", ({ code }: SockhopError) => told.push(code));
            for (const id of [{ any: ["json"] }, ["x"], true, "x".repeat(1025)]) {
                const frame = Buffer.from(`${JSON.stringify({ type: "Ask", data: 1, id })}\n`);
                probe["_onData"](connection, frame, frame.length);
            }
            expect(told).to.deep.equal(Array(4).fill("ERR_OBJECTBUFFER_BAD_BUFFER_DATA"));
            expect(probe.delivered).to.deep.equal([]);
        });

        it("sends one reply for several calls of the reply function", () => {
            const { written, reply } = asked("i");
            reply(1);
            reply(2);
            expect(written()).to.have.length(1);
        });

        it("replies {} without a value, and any other value unchanged", () => {
            for (const [value, data] of [
                [undefined, {}],
                [null, null],
                [0, 0],
                ["", ""],
                [false, false],
            ]) {
                const { written, reply } = asked("i");
                reply(value);
                expect(written()[0]!.data).to.deep.equal(data);
            }
        });

        it("throws for a value that cannot be sent, and can still reply then", () => {
            const { written, reply } = asked("i");
            expect(() => {
                reply(() => 1);
            })
                .to.throw(SockhopError)
                .with.property("code", "ERR_BAD_DATA");
            reply("better");
            expect(written()).to.have.length(1);
        });

        it("does not retain the chunk of the call, with or without a reply", () => {
            const probe = new Probe({});
            const { connection } = probe.connection();
            const filling = "x".repeat(60_000);
            for (const answered of [false, true]) {
                const replyTo = (): Reply => {
                    const chunk = Buffer.from(`${randomUUID()}${filling}`).toString();
                    probe.receive(connection, { type: "Ask", data: {}, id: chunk.slice(0, 36) });
                    const reply = probe.delivered.pop()!.callback!;
                    if (answered) reply();
                    return reply;
                };
                expect(kept(replyTo), `answered: ${answered}`).to.be.below(1e6);
            }
        });

        it("ignores a reply after the connection has closed, so that a closed client does not crash the program", () => {
            const { probe, connection, written, reply } = asked("i");
            probe.drop(connection);
            reply(1);
            reply(2);
            expect(written()).to.deep.equal([]);
        });

        it("replies once, even if the value replies in its toJSON()", () => {
            const { written, reply } = asked("i");
            reply({
                toJSON(): string {
                    reply("inner");
                    return "outer";
                },
            });
            expect(written().map(({ data }) => data)).to.deep.equal(["inner"]);
        });

        it("provides no reply function for a message without a call", () => {
            const probe = new Probe({});
            for (const id of [undefined, null, "", 0, false]) {
                probe.receive(probe.connection().connection, { type: "String", data: "x", id });
            }
            expect(probe.delivered.map(({ callback }) => callback)).to.deep.equal(Array(5).fill(undefined));
        });
    });
});
