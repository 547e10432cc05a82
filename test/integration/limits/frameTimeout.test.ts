import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import net from "node:net";
import type { SockhopSession } from "../../../src";
import { SockhopError } from "../../../src";
import type { Connection } from "../../../src/connection/Connection";
import { Endpoint } from "../../../src/endpoint/Endpoint";
import { client, pair, raw, rawServer, received, server } from "../../support/pair";
import { warnings } from "../../support/rejections";
import { frame } from "../../support/eventLoop";
import { type Coded, reported, valuesOf, parted, closed } from "../../support/events";

describe("frame_timeout", () => {
    /** The smallest endpoint. The test passes its input directly. */
    class Probe extends Endpoint {
        readonly values: unknown[] = [];

        constructor(options: object) {
            super(options);
            this.on("receive", (value) => this.values.push(value));
        }

        connection(): Connection {
            const connection = this._attach(new net.Socket());
            this._onOpen(connection);
            return connection;
        }

        take(connection: Connection, text: string): void {
            const chunk = Buffer.from(text);
            this._onData(connection, chunk, chunk.length);
        }

        protected override _receiveMeta(): object {
            return {};
        }
    }

    it("warns before it expires that the terminators may differ", async () => {
        const warned = warnings();
        const s = server({ frame_timeout: 100 });
        await s.listen();
        const peer = await raw(s);
        const gone = reported(s);
        peer.on("error", () => undefined).write('{"type":"String","data":1}\0');
        expect((await gone)[0].code).to.equal("ERR_FRAME_TIMEOUT");
        expect(warned.map(({ message }) => message)).to.deep.equal([
            "A peer has sent 27 bytes without a terminator: do both ends have the same option terminator?",
        ]);
    });

    describe("with a fake clock", () => {
        let clock: FakeTimers.Clock;
        let errors: unknown[];

        beforeEach(() => {
            clock = FakeTimers.install({
                toFake: [
                    "setInterval",
                    "clearInterval",
                    "setTimeout",
                    "clearTimeout",
                    "setImmediate",
                    "clearImmediate",
                ],
            });
            errors = [];
        });

        afterEach(() => {
            clock.uninstall();
        });

        function probe(options: { frame_timeout?: number }): Probe {
            const created = new Probe(options);
            created.on("error", ({ code }: Coded) => errors.push(code));
            return created;
        }

        it("closes a connection with a frame that does not end, within 1.25 times the timeout", () => {
            const end = probe({ frame_timeout: 1000 });
            const [slow, idle] = [end.connection(), end.connection()];
            clock.tick(600);
            end.take(slow, '{"type"');
            clock.tick(999);
            expect(errors).to.deep.equal([]);
            clock.tick(1 + 250 + 2); // and iterations of the event loop
            expect(errors).to.deep.equal(["ERR_FRAME_TIMEOUT"]);
            expect([slow.socket.destroyed, idle.socket.destroyed]).to.deep.equal([true, false]);
            clock.tick(1e6);
            expect(errors).to.have.length(1);
        });

        it("closes it also if single bytes arrive", () => {
            const end = probe({ frame_timeout: 1000 });
            const slow = end.connection();
            for (let n = 0; n < 16; n++) {
                end.take(slow, "x");
                clock.tick(100);
            }
            expect(errors).to.deep.equal(["ERR_FRAME_TIMEOUT"]);
            expect(slow.socket.destroyed).to.equal(true);
        });

        it("closes it also after complete frames", () => {
            const end = probe({ frame_timeout: 1000 });
            const slow = end.connection();
            for (let n = 0; n < 10; n++) {
                end.take(slow, frame(n));
                clock.tick(100);
            }
            end.take(slow, frame("last") + "{");
            clock.tick(1600);
            expect(end.values).to.have.length(11);
            expect(errors).to.deep.equal(["ERR_FRAME_TIMEOUT"]);
            expect(slow.socket.destroyed).to.equal(true);
        });

        it("accepts many frames that each end in time, although there is always a partial one", () => {
            const end = probe({ frame_timeout: 1000 });
            const busy = end.connection();
            const text = frame("x".repeat(10));
            end.take(busy, text.slice(0, 9));
            for (let n = 0; n < 40; n++) {
                clock.tick(900);
                end.take(busy, text.slice(9) + text.slice(0, 9));
            }
            expect(errors).to.deep.equal([]);
            expect(end.values).to.have.length(40);
        });

        it("ignores an idle connection, and one that is not being read", () => {
            const end = probe({ frame_timeout: 1000 });
            const [idle, paused] = [end.connection(), end.connection()];
            end.take(idle, frame("whole"));
            end.take(paused, "half");
            paused.socket.pause();
            clock.tick(100_000);
            expect(errors).to.deep.equal([]);
            paused.socket.resume();
            clock.tick(1600);
            expect(errors).to.deep.equal(["ERR_FRAME_TIMEOUT"]);
            expect(paused.socket.destroyed).to.equal(true);
        });

        it("is two minutes by default", () => {
            const end = probe({});
            end.take(end.connection(), "{");
            clock.tick(119_000);
            expect(errors).to.deep.equal([]);
            clock.tick(32_000);
            expect(errors).to.have.length(1);
        });

        it("is disabled by Infinity, without a timer of 1 ms", () => {
            const end = probe({ frame_timeout: Infinity });
            end.take(end.connection(), "{");
            clock.tick(24 * 3_600_000);
            expect(errors).to.deep.equal([]);
        });

        it("leaves no timer when all connections have closed", () => {
            const end = probe({ frame_timeout: 1000 });
            const connection = end.connection();
            connection.socket.destroy();
            end["_close"](connection, { code: "CLOSED" });
            clock.tick(10_000);
            expect(clock.countTimers()).to.equal(0);
        });
    });

    it("closes a client of a server that sends byte by byte, and no other", async () => {
        const { s, c } = await pair({ frame_timeout: 60 });
        const reportedError = reported(s);
        const slow = await raw(s);
        const text = frame("x".repeat(10_000));
        let at = 0;
        const timer = setInterval(() => slow.write(text[at++]!), 5);
        const [error, socket, session] = await reportedError;
        clearInterval(timer);
        expect(error).to.be.instanceOf(SockhopError).with.property("code", "ERR_FRAME_TIMEOUT");
        expect((session as SockhopSession).sock).to.equal(socket);
        expect((socket as net.Socket).destroyed).to.equal(true);
        await closed(slow);
        const value = received(s, 1);
        await c.send("still here");
        expect(await value).to.deep.equal(["still here"]);
    });

    it("closes the connection to a server that sends a partial frame", async () => {
        const { port } = await rawServer((socket) => socket.write(frame("whole") + '{"type":'));
        const c = client({ port, frame_timeout: 40 });
        const values = valuesOf(c);
        const reportedError = reported(c);
        const gone = parted(c);
        await c.connect();
        const [error, socket] = await reportedError;
        expect(error.code).to.equal("ERR_FRAME_TIMEOUT");
        expect(await gone).to.deep.equal([socket]);
        expect(values).to.deep.equal(["whole"]);
    });
});
