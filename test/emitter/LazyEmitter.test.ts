import { expect } from "chai";
import { EventEmitter, once } from "node:events";
import { LazyEmitter } from "../../src/emitter/LazyEmitter";

class Lazy extends LazyEmitter {}

describe("LazyEmitter", () => {
    it("is an EventEmitter", () => {
        expect(new Lazy()).to.be.instanceOf(EventEmitter);
    });

    it("has no own members before a listener is added", () => {
        expect(Object.keys(new Lazy())).to.deep.equal([]);
    });

    it("returns listeners, and emits, before a listener is added", () => {
        const lazy = new Lazy();
        expect([lazy.emit("event"), lazy.listenerCount("event"), lazy.eventNames()]).to.deep.equal([false, 0, []]);
        lazy.off("event", () => undefined);
        lazy.removeAllListeners();
        expect(() => lazy.emit("error", new Error("without a listener"))).to.throw("without a listener");
    });

    it("keeps the listeners of each instance separate", () => {
        const [one, other] = [new Lazy(), new Lazy()];
        const calls: string[] = [];
        one.on("event", () => calls.push("one"));
        other.once("event", () => calls.push("other"));
        one.emit("event");
        other.emit("event");
        other.emit("event");
        expect(calls).to.deep.equal(["one", "other"]);
    });

    it("works with once() of node", async () => {
        const lazy = new Lazy();
        const next = once(lazy, "event");
        lazy.emit("event", 5);
        expect(await next).to.deep.equal([5]);
    });
});
