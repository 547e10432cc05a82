import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import type { Connection } from "../../src/connection/Connection";
import { FrameTimeouts } from "../../src/connection/FrameTimeouts";

/** The members of a connection that FrameTimeouts reads. */
interface Watched {
    framesReceived: number;
    partialFrame: { length: number } | undefined;
    socket: { isPaused(): boolean };
}

const LIMIT = 1000;
/** Check interval: a quarter of the timeout. */
const LOOK = LIMIT / 4;

describe("FrameTimeouts", () => {
    let clock: FakeTimers.Clock;
    let connections: Set<Watched>;
    let expired: Watched[];
    let stalled: Watched[];
    let watch: FrameTimeouts;

    beforeEach(() => {
        clock = FakeTimers.install({ toFake: ["setInterval", "clearInterval"] });
        connections = new Set();
        expired = [];
        stalled = [];
        watch = new FrameTimeouts(
            connections as unknown as ReadonlySet<Connection>,
            LIMIT,
            (connection) => expired.push(connection),
            (connection) => stalled.push(connection),
        );
        watch.start();
    });

    afterEach(() => {
        watch.stop();
        clock.uninstall();
    });

    /** A connection with a partial frame of this length. */
    function connection(length: number | undefined): Watched {
        const partialFrame = length === undefined ? undefined : { length };
        const created = { framesReceived: 0, partialFrame, socket: { isPaused: () => false } };
        connections.add(created);
        return created;
    }

    it("finds a frame that does not end, within the timeout and one check interval", () => {
        const slow = connection(10);
        clock.tick(LIMIT);
        expect(expired).to.deep.equal([]);
        clock.tick(LOOK);
        expect(expired).to.deep.equal([slow]);
    });

    it("reports once that the first frame of a connection does not grow, and no later frame", () => {
        const first = connection(10);
        const growing = connection(10);
        connection(10).framesReceived = 1;
        for (let look = 0; look < 4; look++) {
            clock.tick(LOOK);
            growing.partialFrame!.length *= 1000;
            expect(stalled).to.deep.equal(look === 0 ? [] : [first]);
        }
    });

    it("finds a frame that grows by few bytes", () => {
        const slow = connection(10);
        for (let look = 0; look < 5; look++) {
            clock.tick(LOOK);
            slow.partialFrame!.length += 100;
        }
        expect(expired).to.deep.equal([slow]);
    });

    it("finds a long frame that grows by less than one percent per check", () => {
        const slow = connection(1_000_000);
        for (let look = 0; look < 5; look++) {
            clock.tick(LOOK);
            slow.partialFrame!.length += 9000;
        }
        expect(expired).to.deep.equal([slow]);
    });

    it("allows a frame more time while it grows by 1 KiB and one percent per check", () => {
        const growing = connection(10);
        for (let look = 0; look < 40; look++) {
            clock.tick(LOOK);
            growing.partialFrame!.length += Math.max(1024, Math.ceil(0.01 * growing.partialFrame!.length));
        }
        expect(expired).to.deep.equal([]);
    });

    it("starts again with the next frame", () => {
        const busy = connection(10);
        for (let look = 0; look < 40; look++) {
            clock.tick(LOOK);
            if (look % 3 === 0) busy.framesReceived += 1;
        }
        expect(expired).to.deep.equal([]);
    });

    it("ignores connections without a partial frame, and paused ones", () => {
        connection(undefined);
        Object.assign(connection(10), { socket: { isPaused: () => true } });
        clock.tick(10 * LIMIT);
        expect(expired).to.deep.equal([]);
    });

    it("has one timer, however often it is started, which a start does not delay", () => {
        const slow = connection(10);
        for (let step = 0; step < 10; step++) {
            clock.tick(LOOK / 2);
            watch.start();
        }
        expect(clock.countTimers()).to.equal(1);
        expect(expired).to.deep.equal([slow]);
    });

    it("has no timer after a stop, and drops its state", () => {
        connection(10);
        clock.tick(LIMIT);
        watch.stop();
        expect(clock.countTimers()).to.equal(0);
        watch.start();
        clock.tick(LIMIT);
        expect(expired).to.deep.equal([]);
    });
});
