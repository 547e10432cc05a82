import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import net from "node:net";
import type { Connection } from "../../src/connection/Connection";
import { Endpoint } from "../../src/endpoint/Endpoint";
import { AutoReconnect } from "../../src/mixins/AutoReconnect";
import type { Pauses } from "../../src/timers/backoff";

/** The smallest endpoint that reconnects. Counts attempts; the test decides their outcome. */
class Probe extends AutoReconnect(Endpoint) {
    attempts = 0;
    cancelled = 0;
    /** True if there is another server to try. */
    movesOn = false;
    #connection: Connection | undefined;

    constructor(readonly cap = 0) {
        super({});
    }

    get _reconnectDelay(): Pauses {
        return { interval: 200, cap: this.cap };
    }

    _startReconnect(): void {
        this.attempts += 1;
        this.#connection = this._attach(new net.Socket());
    }

    _onLost(): boolean {
        return this.movesOn;
    }

    _abortReconnect(): void {
        this.cancelled += 1;
    }

    protected get _isWaiting(): boolean {
        return false;
    }

    succeed(): void {
        this._onOpen(this.#connection!);
    }

    /** Lets the attempt fail, or closes the connection. */
    lose(): void {
        this._close(this.#connection!, { code: "CLOSED" });
    }

    protected override _receiveMeta(): object {
        throw new Error("nothing is sent here");
    }
}

describe("AutoReconnect", () => {
    let clock: FakeTimers.Clock;
    let probe: Probe;

    beforeEach(() => {
        clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
        probe = new Probe();
    });

    afterEach(() => {
        clock.uninstall();
    });

    it("is off by default", () => {
        expect(probe.auto_reconnect).to.equal(false);
        probe._startReconnect();
        probe.lose();
        clock.tick(10_000);
        expect(probe.attempts).to.equal(1);
    });

    it("starts an attempt at once", () => {
        probe.auto_reconnect = true;
        expect(probe.auto_reconnect).to.equal(true);
        expect(probe.attempts).to.equal(1);
    });

    it("starts the next attempt one interval after a failed one", () => {
        probe.auto_reconnect = true;
        for (const attempts of [1, 2, 3]) {
            expect(probe.attempts).to.equal(attempts);
            probe.lose();
            clock.tick(199);
            expect(probe.attempts).to.equal(attempts);
            clock.tick(1);
        }
        expect(probe.attempts).to.equal(4);
    });

    it("starts an attempt at once after a long connection", () => {
        probe.auto_reconnect = true;
        probe.succeed();
        clock.tick(200);
        probe.lose();
        clock.tick(0);
        expect(probe.attempts).to.equal(2);
    });

    it("waits after a short connection, so that a server that closes each one at once is not flooded", () => {
        probe.auto_reconnect = true;
        probe.succeed();
        clock.tick(199);
        probe.lose();
        clock.tick(199);
        expect(probe.attempts).to.equal(1);
        clock.tick(1);
        expect(probe.attempts).to.equal(2);
    });

    it("starts an attempt at once after a short connection if there is another server", () => {
        const told: unknown[] = [];
        probe.on("reconnecting", (attempt, delay) => told.push([attempt, delay]));
        probe.auto_reconnect = true;
        probe.movesOn = true;
        probe.succeed();
        probe.lose();
        clock.tick(0);
        expect(probe.attempts).to.equal(2);
        probe.lose(); // the attempt fails: each server was tried
        expect(told).to.deep.equal([
            [1, 0],
            [2, 200],
        ]);
    });

    it("emits an event before each attempt but the first", () => {
        const told: unknown[] = [];
        probe.on("reconnecting", (...args) => told.push(args));
        probe.auto_reconnect = true;
        probe.lose();
        clock.tick(200);
        probe.lose();
        clock.tick(200);
        probe.succeed();
        clock.tick(200);
        probe.lose();
        expect(told).to.deep.equal([
            [2, 200, undefined],
            [3, 200, undefined],
            [1, 0, undefined],
        ]);
    });

    it("waits for a random part of a doubling interval with a maximum delay", () => {
        const patient = new Probe(1000);
        const delays: number[] = [];
        patient.on("reconnecting", (_: number, delay: number) => delays.push(delay));
        const { random } = Math;
        Math.random = () => 0.5;
        try {
            patient.auto_reconnect = true;
            for (let failure = 0; failure < 5; failure++) {
                patient.lose();
                clock.tick(delays.at(-1)!);
                expect(patient.attempts).to.equal(failure + 2);
            }
        } finally {
            Math.random = random;
        }
        expect(delays).to.deep.equal([100, 200, 400, 500, 500]);
    });

    it("stops when it is turned off", () => {
        probe.auto_reconnect = true;
        probe.lose();
        probe.auto_reconnect = false;
        expect(probe.cancelled).to.equal(1);
        clock.tick(10_000);
        expect(probe.attempts).to.equal(1);
    });

    it("stops when it is turned off by a disconnect handler", () => {
        probe.on("disconnect", () => (probe.auto_reconnect = false));
        probe.auto_reconnect = true;
        probe.succeed();
        probe.lose();
        clock.tick(10_000);
        expect(probe.attempts).to.equal(1);
    });
});
