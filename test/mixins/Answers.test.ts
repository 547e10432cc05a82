import { expect } from "chai";
import { Answers } from "../../src/mixins/Answers";
import { AgreeingProbe, TOKEN } from "../support/AgreeingProbe";
import { TestSocket } from "../support/TestSocket";

/** The smallest endpoint that answers. */
class Probe extends Answers(AgreeingProbe) {
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
