import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import { AsyncLocalStorage } from "node:async_hooks";
import { SockhopError } from "../../src";
import { uuidOf } from "../../src/protocol/uuid";
import { type CallbackHost, PendingCallback } from "../../src/replies/PendingCallback";
import { TimerLists } from "../../src/timers/TimerLists";
import { later } from "../support/pair";
import { uncaught } from "../support/rejections";

const TOKEN = "0123456789abcdef";

/** A connection without a transfer. */
class TestHost implements CallbackHost {
    isBehind = false;
    isInterrupted = false;
    callbacks: CallbackHost["callbacks"];
    readonly pausedFrames = undefined;
    readonly peer = "a peer";
    readonly bytesBefore = 0;
    readonly transfers = { wait: () => false };
    ended = 0;

    endReply(): void {
        this.ended += 1;
    }
}

/** An error of a closed connection. */
const closed = (): SockhopError => new SockhopError("closed", "ERR_SOCKET_DESTROYED");

describe("PendingCallback", () => {
    let host: TestHost;
    let log: unknown[];

    beforeEach(() => {
        host = new TestHost();
        log = [];
    });

    /** A PendingCallback that logs its outcome. */
    function create(): PendingCallback {
        return new PendingCallback(
            (value, { type }) => log.push([value, type]),
            ({ code }) => log.push(code),
        );
    }

    /** An attached PendingCallback that logs its outcome. */
    function pending(): PendingCallback {
        const created = create();
        created.attach(host);
        return created;
    }

    it("is found by its UUID until it settles", () => {
        const call = create();
        const { uuid } = call;
        call.attach(host);
        expect(host.callbacks!.get(uuid)).to.equal(call);
        call.receive(1, "Number");
        expect([host.callbacks!.get(uuid), host.ended]).to.deep.equal([undefined, 1]);
    });

    it("is found by the number that an encoder of bytes has assigned", () => {
        const call = create();
        call.assign(7, TOKEN);
        call.attach(host);
        expect([host.callbacks!.get(7), host.callbacks!.get("7")]).to.deep.equal([call, undefined]);
        expect(call.uuid).to.equal(uuidOf(TOKEN, 7));
        call.receive(1, "Number");
        expect(host.callbacks!.get(7)).to.equal(undefined);
    });

    it("calls the callback once, with the value and its type", () => {
        const call = pending();
        call.receive(1, "Number");
        call.receive(2, "Number");
        call.fail(closed());
        expect(log).to.deep.equal([[1, "Number"]]);
        expect(host.ended).to.equal(1);
    });

    it("calls failed once, and not the callback", () => {
        const call = pending();
        call.fail(closed());
        call.fail(closed());
        call.receive(1, "Number");
        expect(log).to.deep.equal(["ERR_SOCKET_DESTROYED"]);
    });

    it("fails at its timeout, and leaves no timer after a reply", () => {
        const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
        later(() => clock.uninstall());
        const lists = new TimerLists();
        const late = pending();
        late.limit(lists, 100, undefined);
        clock.tick(100);
        expect(log).to.deep.equal(["ERR_RESPONSE_TIMEOUT"]);
        const inTime = pending();
        inTime.limit(lists, 100, undefined);
        inTime.receive(1, "Number");
        clock.tick(1000);
        expect(log).to.deep.equal(["ERR_RESPONSE_TIMEOUT", [1, "Number"]]);
    });

    it("notifies the queue when it fails there", () => {
        const call = pending();
        call.onQueueError = ({ code }) => log.push(`queue: ${code}`);
        call.fail(closed());
        expect(log).to.deep.equal(["queue: ERR_SOCKET_DESTROYED", "ERR_SOCKET_DESTROYED"]);
    });

    it("works without a failed callback", () => {
        const call = new PendingCallback(() => log.push("called"), undefined);
        call.fail(closed());
        expect(log).to.deep.equal([]);
    });

    it("runs in the asynchronous context of its call", () => {
        const user = new AsyncLocalStorage<string>();
        const call = user.run("Alice", () => new PendingCallback(() => log.push(user.getStore()), undefined));
        user.run("Bob", () => call.receive(1, "Number"));
        expect(log).to.deep.equal(["Alice"]);
    });

    it("reports an error thrown by failed as uncaught, and calls a nested failed in a later tick", async () => {
        const error = new Error("of failed");
        const thrown = uncaught();
        const nested = new PendingCallback(
            () => undefined,
            () => log.push("nested"),
        );
        new PendingCallback(
            () => undefined,
            () => {
                nested.fail(closed());
                log.push("outer");
                throw error;
            },
        ).fail(closed());
        expect(log).to.deep.equal(["outer"]);
        expect(await thrown).to.equal(error);
        await new Promise(setImmediate);
        expect(log).to.deep.equal(["outer", "nested"]);
    });
});
