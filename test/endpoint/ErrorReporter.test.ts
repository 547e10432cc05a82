import { expect } from "chai";
import { EventEmitter } from "node:events";
import { SockhopError } from "../../src";
import { ErrorReporter } from "../../src/endpoint/ErrorReporter";
import { turns } from "../support/eventLoop";
import { uncaught, warnings } from "../support/rejections";

describe("ErrorReporter", () => {
    let emitter: EventEmitter;
    let reporter: ErrorReporter;
    const error = new SockhopError("The peer is wrong", "ERR_FRAME_TIMEOUT");

    beforeEach(() => {
        emitter = new EventEmitter();
        reporter = new ErrorReporter(emitter);
    });

    describe("report()", () => {
        it("emits `error` with the arguments if there is a listener, and does not warn", async () => {
            const events: unknown[][] = [];
            const warned = warnings();
            emitter.on("error", (...args) => events.push(args));
            reporter.report(error, ["socket", "session"]);
            reporter.report(error, []);
            await turns(2);
            expect(events).to.deep.equal([[error, "socket", "session"], [error]]);
            expect(warned).to.deep.equal([]);
        });

        it("warns once without a listener, with the message and the code", async () => {
            const warned = warnings();
            for (let n = 0; n < 3; n++) reporter.report(error, []);
            await turns(2);
            expect(warned.map(({ code }) => code)).to.deep.equal(["ERR_FRAME_TIMEOUT"]);
            expect(warned[0]!.message).to.include("The peer is wrong").and.to.include('"error"');
        });

        it("warns once for each endpoint", async () => {
            const warned = warnings();
            reporter.report(error, []);
            new ErrorReporter(new EventEmitter()).report(error, []);
            await turns(2);
            expect(warned).to.have.length(2);
        });

        it("emits `error` to a listener that was added after the warning", async () => {
            const warned = warnings();
            const events: unknown[] = [];
            reporter.report(error, []);
            emitter.on("error", (reported) => events.push(reported));
            reporter.report(error, []);
            await turns(2);
            expect([warned.length, events]).to.deep.equal([1, [error]]);
        });

        it("keeps control characters of the peer out of the warning", async () => {
            const warned = warnings();
            const hostile = Object.assign(new Error("a\u001b[2Jb\nc"), { code: "x\u0007y" });
            reporter.report(hostile, []);
            await turns(2);
            // eslint-disable-next-line no-control-regex -- these are what must not be there
            expect(`${warned[0]!.message}${warned[0]!.code}`).to.not.match(/[\u0000-\u001f]/);
        });

        it("warns of errors without a code, and of whatever an error has as its members", async () => {
            for (const thrown of [
                new Error("plain"),
                Object.assign(new Error("e"), { code: 5 }),
                { message: 5 },
                null,
            ]) {
                const warned = warnings();
                new ErrorReporter(emitter).report(thrown as Error, []);
                await turns(2);
                expect(warned.map(({ code }) => code)).to.deep.equal([undefined]);
            }
        });

        it("does not throw the exception of a listener", async () => {
            const thrown = uncaught();
            emitter.on("error", () => {
                throw new Error("of the listener");
            });
            reporter.report(error, []);
            expect((await thrown).message).to.equal("of the listener");
        });
    });

    describe("warn()", () => {
        it("warns once, in one printable line, and does not emit `error`", async () => {
            const warned = warnings();
            const events: unknown[] = [];
            emitter.on("error", (reported) => events.push(reported));
            for (let n = 0; n < 3; n++) reporter.warn("The options\u001b differ");
            reporter.report(error, []);
            await turns(2);
            expect(warned.map(({ message }) => message)).to.deep.equal(["The options\uFFFD differ"]);
            expect(events).to.deep.equal([error]);
        });
    });

    describe("emit()", () => {
        it("is true if there is a listener", () => {
            emitter.on("error", () => undefined);
            expect(reporter.emit(error, [])).to.equal(true);
        });

        it("is false without a listener, and neither throws nor warns", async () => {
            const warned = warnings();
            expect(reporter.emit(error, [])).to.equal(false);
            await turns(2);
            expect(warned).to.deep.equal([]);
        });
    });
});
