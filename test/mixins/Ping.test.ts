import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import net from "node:net";
import { SockhopError } from "../../src";
import type { Connection } from "../../src/connection/Connection";
import { Endpoint } from "../../src/endpoint/Endpoint";
import type { Envelope } from "../../src/protocol/Envelope";
import { type Message, toMessage } from "../../src/protocol/Message";
import { Ping } from "../../src/mixins/Ping";
import { SockhopPing, SockhopPong } from "../../src/protocol/SockhopPing";

/** The smallest endpoint with pings. Records its messages. */
class Probe extends Ping(Endpoint) {
    readonly sent: { connection: Connection; envelope: Envelope }[] = [];
    readonly delivered: unknown[] = [];

    constructor() {
        super({});
        this.on("receive", (value) => this.delivered.push(value));
    }

    connection(): Connection {
        const connection = this._attach(new net.Socket());
        connection.sendControl = (kind, data) => {
            const type = kind === "ping" ? "SockhopPing" : "SockhopPong";
            this.sent.push({ connection, envelope: { type, data } });
        };
        this._onOpen(connection);
        return connection;
    }

    receive(connection: Connection, envelope: Envelope): void {
        this._onMessage(connection, toMessage(envelope) as Message);
    }

    protected override _receiveMeta(): object {
        return {};
    }
}

/** Longer than any real pause of this process: after one, Ping lets the event loop run first. */
const INTERVAL = 100_000;

describe("Ping", () => {
    let clock: FakeTimers.Clock;
    let probe: Probe;
    let dropped: unknown[];

    beforeEach(() => {
        clock = FakeTimers.install({
            toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout", "setImmediate"],
        });
        probe = new Probe();
        dropped = [];
        probe.on("disconnect", (socket) => dropped.push(socket));
    });

    afterEach(() => {
        clock.uninstall();
    });

    /** Advances the clock, and lets the event loop run once, so that arrived data is read before the next pings. */
    function tick(time: number): void {
        clock.tick(time);
        clock.tick(1);
    }

    function pong(connection: Connection): void {
        const { _id, _created } = connection.pings!.pings.at(-1)!;
        probe.receive(connection, { type: "SockhopPong", data: { _id, _created, _returned: "then" } });
    }

    it("pings every connection once per interval, also later connections", () => {
        const first = probe.connection();
        probe.ping(INTERVAL);
        tick(INTERVAL);
        const second = probe.connection();
        tick(INTERVAL);
        expect(probe.sent.map(({ connection }) => connection)).to.deep.equal([first, first, second]);
        expect(probe.sent[0]!.envelope.type).to.equal("SockhopPing");
        expect(probe.sent[0]!.envelope.data).to.include({ _returned: null, _finished: null });
    });

    it("drops a connection after four pings without a pong, and no other", () => {
        const mute = [probe.connection(), probe.connection()];
        const alive = probe.connection();
        probe.ping(INTERVAL);
        for (let round = 1; round < 4; round++) {
            tick(INTERVAL);
            pong(alive);
        }
        expect(dropped).to.deep.equal([]);
        tick(INTERVAL);
        expect(dropped).to.deep.equal(mute.map(({ socket }) => socket));
        expect(mute.map(({ socket }) => socket.destroyed)).to.deep.equal([true, true]);
    });

    it("keeps a connection with a pong for one of the last four pings", () => {
        const connection = probe.connection();
        probe.ping(INTERVAL);
        tick(3 * INTERVAL);
        pong(connection);
        tick(3 * INTERVAL);
        expect(dropped).to.deep.equal([]);
        tick(INTERVAL);
        expect(dropped).to.have.length(1);
    });

    it("keeps the newest four pings", () => {
        const connection = probe.connection();
        probe.ping(INTERVAL);
        for (let round = 0; round < 9; round++) {
            tick(INTERVAL);
            pong(connection);
        }
        expect(connection.pings!.pings).to.have.length(4);
        expect(connection.pings!.pings.every((ping) => ping instanceof SockhopPing && !ping.unanswered())).to.equal(
            true,
        );
        expect(connection.pings!.pings[0]).to.include({ _returned: "then" });
    });

    it("is stopped by 0 and restarted by another call", () => {
        const connection = probe.connection();
        probe.ping(INTERVAL);
        tick(3 * INTERVAL);
        probe.ping(10 * INTERVAL);
        expect(connection.pings!.pings).to.deep.equal([]);
        tick(10 * INTERVAL - 2);
        expect(probe.sent).to.have.length(3);
        tick(1);
        expect(probe.sent).to.have.length(4);
        probe.ping();
        expect(probe.interval_timer).to.equal(null);
        tick(100 * INTERVAL);
        expect(probe.sent).to.have.length(4);
    });

    it("replies to pings independent of its own setting, and copies only id and time", () => {
        const connection = probe.connection();
        probe.receive(connection, { type: "SockhopPing", data: { _id: "i", _created: "c", _returned: "r", more: 1 } });
        const { type, data } = probe.sent[0]!.envelope as { type: string; data: SockhopPong };
        expect(type).to.equal("SockhopPong");
        expect(data).to.be.instanceOf(SockhopPong);
        expect({ ...data, _returned: undefined }).to.deep.equal({
            _id: "i",
            _created: "c",
            _returned: undefined,
            _finished: null,
        });
        expect(data._returned).to.be.instanceOf(Date);
        expect(data.finished).to.equal(null);
    });

    it("ignores unexpected pongs, and malformed pings and pongs", () => {
        const connection = probe.connection();
        probe.ping(INTERVAL);
        tick(INTERVAL);
        const [ping] = connection.pings!.pings;
        probe.receive(connection, { type: "SockhopPong", data: { _id: "of another" } });
        for (const type of ["SockhopPing", "SockhopPong"]) {
            for (const data of [null, undefined, 5, "text"]) probe.receive(connection, { type, data });
        }
        expect(ping!.unanswered()).to.equal(true);
        expect(probe.sent).to.have.length(1);
        expect(probe.delivered).to.deep.equal([]);
    });

    it("passes other messages on", () => {
        probe.receive(probe.connection(), { type: "Widget", data: 7 });
        expect(probe.delivered).to.deep.equal([7]);
    });

    it("rejects an invalid delay", () => {
        expect(() => {
            probe.ping(-1);
        })
            .to.throw(SockhopError, "ping()")
            .with.property("code", "ERR_BAD_OPTION");
    });

    it("never pings when the delay is infinite", () => {
        probe.connection();
        probe.ping(Infinity);
        tick(1e9);
        expect(probe.sent).to.deep.equal([]);
    });
});
