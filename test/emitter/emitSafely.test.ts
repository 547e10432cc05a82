import { expect } from "chai";
import { EventEmitter } from "node:events";
import { emitSafely, throwLater } from "../../src/emitter/emitSafely";
import "../support/pair";
import { uncaught } from "../support/rejections";

describe("emitSafely()", () => {
    it("calls the listeners with the arguments", () => {
        const emitter = new EventEmitter();
        const calls: unknown[][] = [];
        emitter.on("event", (...args: unknown[]) => calls.push(args));
        emitSafely(emitter, "event", 1, "two");
        expect(calls).to.deep.equal([[1, "two"]]);
    });

    it("returns if a listener throws, and reports the error as uncaught", async () => {
        const thrown = uncaught();
        const error = new Error("of a listener");
        const emitter = new EventEmitter().on("event", () => {
            throw error;
        });
        emitSafely(emitter, "event");
        expect(await thrown).to.equal(error);
    });
});

describe("throwLater()", () => {
    it("throws after the caller has returned", async () => {
        const thrown = uncaught();
        const error = new Error("later");
        throwLater(error);
        expect(await thrown).to.equal(error);
    });
});
