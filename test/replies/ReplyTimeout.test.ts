import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import { getEventListeners } from "node:events";
import type { SockhopError } from "../../src";
import type { ReplyHost } from "../../src/replies/PendingReply";
import { ReplyTimeout } from "../../src/replies/ReplyTimeout";
import { TimerLists } from "../../src/timers/TimerLists";

type Host = ReplyHost;

/** A connection with or without a transfer. */
class TestHost {
    readonly peer = "a peer";
    pausedFrames: unknown;
    isBehind = false;
    isInterrupted = false;
    /** Callbacks for the end of the transfer; one for each wait. */
    readonly waits: ((grace: number | undefined) => void)[] = [];
    inTransit = false;
    readonly bytesBefore = 0;
    /** Position of the call of the last wait. */
    position: number | undefined;
    readonly transfers = {
        wait: (ended: (grace: number | undefined) => void, position: number): boolean => {
            this.position = position;
            if (this.inTransit) this.waits.push(ended);
            return this.inTransit;
        },
    };
    endReply(): void {
        // This member is not used.
    }
}

class Probe extends ReplyTimeout {
    readonly codes: string[] = [];
    readonly type = "Widget";
    message: string | undefined;

    constructor(protected readonly connection: Host | undefined) {
        super();
    }

    protected get missing(): string {
        return "No reply";
    }

    fail({ code, message }: SockhopError): void {
        this.codes.push(code);
        this.message = message;
    }
}

describe("ReplyTimeout", () => {
    let clock: FakeTimers.Clock;
    let lists: TimerLists;
    let host: TestHost;

    beforeEach(() => {
        clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
        lists = new TimerLists();
        host = new TestHost();
    });

    afterEach(() => {
        clock.uninstall();
    });

    it("names the type, the peer and the time, and a call that was not sent", () => {
        const sent = limited();
        const queued = new Probe(undefined);
        queued.limit(lists, 100, undefined);
        clock.tick(200);
        expect([sent.message, queued.message]).to.deep.equal([
            "No reply to Widget from a peer within 100 ms",
            "No reply to Widget within 100 ms: it was not sent, as the client was not connected",
        ]);
    });

    /** A timeout of 100 ms. */
    function limited(signal?: AbortSignal): Probe {
        const probe = new Probe(host);
        probe.limit(lists, 100, signal);
        return probe;
    }

    it("fails once, after the timeout", () => {
        const probe = limited();
        clock.tick(99);
        expect(probe.codes).to.deep.equal([]);
        clock.tick(1);
        expect(probe.codes).to.deep.equal(["ERR_RESPONSE_TIMEOUT"]);
        clock.tick(1000);
        expect(probe.codes).to.have.length(1);
    });

    it("fails once, when the signal is aborted", () => {
        const controller = new AbortController();
        const probe = limited(controller.signal);
        controller.abort();
        clock.tick(1000);
        expect(probe.codes).to.deep.equal(["ERR_ABORTED"]);
    });

    it("does not fail after clear(), and leaves no listener on the signal", () => {
        const controller = new AbortController();
        const probe = limited(controller.signal);
        probe.clear();
        expect(getEventListeners(controller.signal, "abort")).to.deep.equal([]);
        controller.abort();
        clock.tick(1000);
        expect(probe.codes).to.deep.equal([]);
    });

    it("leaves no listener on the signal after the timeout", () => {
        const { signal } = new AbortController();
        limited(signal);
        clock.tick(100);
        expect(getEventListeners(signal, "abort")).to.deep.equal([]);
    });

    it("treats null as no signal", () => {
        const probe = new Probe(undefined);
        probe.limit(lists, 100, null);
        clock.tick(100);
        expect(probe.codes).to.deep.equal(["ERR_RESPONSE_TIMEOUT"]);
    });

    it("throws for an aborted signal, and does not wait", () => {
        expect(() => limited(AbortSignal.abort()))
            .to.throw()
            .with.property("code", "ERR_ABORTED");
        expect(clock.countTimers()).to.equal(0);
    });

    describe("during a transfer", () => {
        beforeEach(() => {
            host.inTransit = true;
        });

        it("waits for the end of the transfer, and then for the whole timeout again", () => {
            const probe = limited();
            clock.tick(5000);
            expect(probe.codes).to.deep.equal([]);
            host.inTransit = false;
            host.waits[0]!(50);
            clock.tick(149);
            expect(probe.codes).to.deep.equal([]);
            clock.tick(1);
            expect(probe.codes).to.deep.equal(["ERR_RESPONSE_TIMEOUT"]);
        });

        it("fails at once when the transfer stalls", () => {
            const probe = limited();
            clock.tick(100);
            host.waits[0]!(undefined);
            expect(probe.codes).to.deep.equal(["ERR_RESPONSE_TIMEOUT"]);
        });

        it("waits for at most two transfers: the request and its reply", () => {
            const probe = limited();
            clock.tick(100);
            host.waits[0]!(0);
            clock.tick(100);
            host.waits[1]!(0);
            clock.tick(99);
            expect(probe.codes).to.deep.equal([]);
            clock.tick(1);
            expect(probe.codes).to.deep.equal(["ERR_RESPONSE_TIMEOUT"]);
            expect(host.waits).to.have.length(2);
        });

        it("gives the grace time of one transfer once", () => {
            const probe = limited();
            clock.tick(100);
            host.waits[0]!(50);
            clock.tick(150);
            host.waits[1]!(0);
            clock.tick(100);
            expect(probe.codes).to.deep.equal(["ERR_RESPONSE_TIMEOUT"]);
        });

        it("does not wait for bytes that were written after the call", () => {
            const probe = limited();
            probe.bytesBefore = 4900;
            clock.tick(100);
            expect(host.position).to.equal(4900);
        });

        it("waits for further transfers while received frames are held back", () => {
            host.pausedFrames = {};
            const probe = limited();
            for (let n = 0; n < 5; n++) {
                clock.tick(100);
                host.waits[n]!(0);
            }
            expect(probe.codes).to.deep.equal([]);
        });

        it("ignores the end of a transfer after clear()", () => {
            const probe = limited();
            clock.tick(100);
            probe.clear();
            host.waits[0]!(undefined);
            expect(probe.codes).to.deep.equal([]);
        });
    });
});
