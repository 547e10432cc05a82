import { expect } from "chai";
import type { Connection } from "../../src/connection/Connection";
import { Endpoint } from "../../src/endpoint/Endpoint";
import { Agreement } from "../../src/mixins/Agreement";
import { Greetings } from "../../src/mixins/Greetings";
import { Resume } from "../../src/mixins/Resume";
import type { Envelope } from "../../src/protocol/Envelope";
import { helloData } from "../../src/protocol/Hello";
import { type Message, toMessage } from "../../src/protocol/Message";
import { turns } from "../support/eventLoop";
import { TestSocket } from "../support/TestSocket";

const TOKEN = "0123456789abcdef";

const WithResume = Resume(Endpoint);

/** The smallest endpoint that greets. */
class Probe extends Greetings(Agreement(WithResume)) {
    readonly log: unknown[] = [];

    constructor(options: object = { codec: "binary" }) {
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

    protected _onInterrupted(): void {
        throw new Error("The options have no resume");
    }

    protected _onResumed(): void {
        this._onInterrupted();
    }
}

describe("Greetings", () => {
    let socket: TestSocket;

    beforeEach(() => {
        socket = new TestSocket();
    });

    /** Greetings that were written. */
    const hellos = (): unknown[] => socket.frames.flatMap(({ data }) => (data as { hello?: unknown }).hello ?? []);

    describe("with the option codec", () => {
        let probe: Probe;
        let connection: Connection;

        beforeEach(() => {
            probe = new Probe();
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
});
