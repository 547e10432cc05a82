import { expect } from "chai";
import type { Connection } from "../../src/connection/Connection";
import { Endpoint } from "../../src/endpoint/Endpoint";
import { Agreement } from "../../src/mixins/Agreement";
import { Answers } from "../../src/mixins/Answers";
import { Resume } from "../../src/mixins/Resume";
import type { Envelope } from "../../src/protocol/Envelope";
import { helloData } from "../../src/protocol/Hello";
import { type Message, toMessage } from "../../src/protocol/Message";
import { TestSocket } from "../support/TestSocket";

const TOKEN = "0123456789abcdef";

const WithResume = Resume(Endpoint);

/** The smallest endpoint that answers. */
class Probe extends Answers(Agreement(WithResume)) {
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

    protected _agreeToResume(): never {
        throw new Error("The options have no resume");
    }
}

describe("Answers", () => {
    let socket: TestSocket;

    beforeEach(() => {
        socket = new TestSocket();
    });

    /** Greetings that were written. */
    const hellos = (): unknown[] => socket.frames.flatMap(({ data }) => (data as { hello?: unknown }).hello ?? []);

    it("answers with a token of its own, and uses the codec from the next frame on", () => {
        const probe = new Probe();
        const connection = probe.open(socket);
        probe.hello(connection);
        expect(connection.codec).to.equal("binary");
        expect(hellos()).to.have.length(1);
        expect(hellos()[0]).to.have.property("token").that.is.not.equal(TOKEN);
    });

    it("answers other codecs, and keeps JSON", () => {
        const probe = new Probe();
        const connection = probe.open(socket);
        probe.hello(connection, ["other"]);
        connection.flush();
        expect([connection.codec, hellos().length]).to.deep.equal(["json", 1]);
    });

    it("does not agree if its answer cannot be sent", () => {
        for (const options of [{ max_buffered: 1 }, { max_message_size: 50 }]) {
            const probe = new Probe({ codec: "binary", ...options });
            const connection = probe.open((socket = new TestSocket()));
            connection.writeAndForget("{}\n");
            probe.hello(connection);
            connection.flush();
            expect([connection.codec, socket.text]).to.deep.equal(["json", "{}\n"]);
        }
    });

    it("ignores greetings without the option, and delivers values", () => {
        const probe = new Probe({});
        const connection = probe.open(socket);
        probe.hello(connection);
        probe.receive(connection, { type: "String", data: "x" });
        connection.flush();
        expect([connection.codec, socket.text, probe.log]).to.deep.equal(["json", "", ["x"]]);
    });
});
