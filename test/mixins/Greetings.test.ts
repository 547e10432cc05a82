import { expect } from "chai";
import type { Connection } from "../../src/connection/Connection";
import { Greetings } from "../../src/mixins/Greetings";
import { AgreeingProbe } from "../support/AgreeingProbe";
import { turns } from "../support/eventLoop";
import { TestSocket } from "../support/TestSocket";

/** The smallest endpoint that greets. */
class Probe extends Greetings(AgreeingProbe) {}

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
