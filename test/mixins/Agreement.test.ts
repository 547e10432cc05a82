import { expect } from "chai";
import type { Connection } from "../../src/connection/Connection";
import { Endpoint } from "../../src/endpoint/Endpoint";
import { Agreement } from "../../src/mixins/Agreement";
import type { Envelope } from "../../src/protocol/Envelope";
import { helloData } from "../../src/protocol/Hello";
import { type Message, toMessage } from "../../src/protocol/Message";
import { turns } from "../support/eventLoop";
import { TestSocket } from "../support/TestSocket";

const TOKEN = "0123456789abcdef";

/** The smallest endpoint that agrees on a codec. */
class Probe extends Agreement(Endpoint) {
    readonly log: unknown[] = [];

    constructor(
        protected readonly _greetsFirst: boolean,
        options: object = { codec: "binary" },
    ) {
        super(options);
        this.on("receive", (value) => this.log.push(value));
        this.on("codec", (name) => this.log.push(["codec", name]));
    }

    open(socket: TestSocket): Connection {
        const connection = this._attach(socket.asSocket);
        this._onOpen(connection);
        return connection;
    }

    receive(connection: Connection, envelope: Envelope): void {
        this._onMessage(connection, toMessage(envelope) as Message);
    }

    hello(connection: Connection, codecs = ["binary"]): void {
        this.receive(connection, { type: "SockhopPong", data: helloData({ codecs, token: TOKEN }) });
    }

    close(connection: Connection): void {
        this._close(connection, { code: "CLOSED" });
    }

    protected override _receiveMeta(): object {
        return {};
    }
}

describe("Agreement", () => {
    let socket: TestSocket;

    beforeEach(() => {
        socket = new TestSocket();
    });

    /** Greetings that were written. */
    const hellos = (): unknown[] => socket.frames.flatMap(({ data }) => (data as { hello?: unknown }).hello ?? []);

    describe("of an end that greets", () => {
        let probe: Probe;
        let connection: Connection;

        beforeEach(() => {
            probe = new Probe(true);
            connection = probe.open(socket);
            probe._greet(connection, () => probe.log.push("end"), false);
            connection.flush();
        });

        it("sends a greeting, then a ping", () => {
            const { token, ...hello } = hellos()[0] as { token: string };
            expect(hello).to.deep.equal({ version: 1, codecs: ["binary"] });
            expect(token).to.match(/^[0-9a-f]{16}$/);
            expect(socket.frames.map(({ type }) => type)).to.deep.equal(["SockhopPong", "SockhopPing"]);
            expect(probe._isAgreeing(connection)).to.equal(true);
        });

        it("uses the codec of the answer, once", async () => {
            probe.hello(connection);
            expect([connection.codec, probe._isAgreeing(connection)]).to.deep.equal(["binary", false]);
            const { wire } = connection;
            probe.hello(connection);
            expect(connection.wire).to.equal(wire);
            await turns(1);
            expect(probe.log).to.deep.equal(["end", ["codec", "binary"]]);
        });

        it("keeps JSON for an answer with other codecs, and for the pong to its ping", async () => {
            probe.hello(connection, ["other"]);
            await turns(1);
            expect([connection.codec, probe.log]).to.deep.equal(["json", ["end", ["codec", "json"]]]);
            const second = probe.open((socket = new TestSocket()));
            probe._greet(second, () => probe.log.push("end 2"), false);
            second.flush();
            probe.receive(second, { type: "SockhopPong", data: { _id: "another" } });
            expect(probe._isAgreeing(second)).to.equal(true);
            probe.receive(second, { type: "SockhopPong", data: socket.frames[1]!.data });
            expect([probe._isAgreeing(second), second.codec]).to.deep.equal([false, "json"]);
        });

        it("ends when the connection closes, without a codec", async () => {
            const agreed = probe._agreed(connection);
            probe.close(connection);
            await agreed;
            expect([probe._isAgreeing(connection), probe.log]).to.deep.equal([false, []]);
        });
    });

    describe("of an end that answers", () => {
        it("answers with a token of its own, and uses the codec from the next frame on", () => {
            const probe = new Probe(false);
            const connection = probe.open(socket);
            probe.hello(connection);
            expect(connection.codec).to.equal("binary");
            expect(hellos()).to.have.length(1);
            expect(hellos()[0]).to.have.property("token").that.is.not.equal(TOKEN);
        });

        it("answers other codecs, and keeps JSON", () => {
            const probe = new Probe(false);
            const connection = probe.open(socket);
            probe.hello(connection, ["other"]);
            connection.flush();
            expect([connection.codec, hellos().length]).to.deep.equal(["json", 1]);
        });

        it("does not agree if its answer cannot be sent", () => {
            for (const options of [{ max_buffered: 1 }, { max_message_size: 50 }]) {
                const probe = new Probe(false, { codec: "binary", ...options });
                const connection = probe.open((socket = new TestSocket()));
                connection.writeAndForget("{}\n");
                probe.hello(connection);
                connection.flush();
                expect([connection.codec, socket.text]).to.deep.equal(["json", "{}\n"]);
            }
        });
    });

    it("ignores greetings without the option, and delivers values", () => {
        const probe = new Probe(false, {});
        const connection = probe.open(socket);
        probe.hello(connection);
        probe.receive(connection, { type: "String", data: "x" });
        connection.flush();
        expect([connection.codec, socket.text, probe.log]).to.deep.equal(["json", "", ["x"]]);
    });
});
