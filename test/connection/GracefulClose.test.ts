import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import net from "node:net";
import { Duplex } from "node:stream";
import { GracefulClose, closeOptions } from "../../src/connection/GracefulClose";
import type { TransferWatch } from "../../src/connection/TransferWatch";
import { later } from "../support/pair";
import { uncaught } from "../support/rejections";

/** A transfer watch without a transfer; tests override its members. */
class Transfers {
    inTransit = false;
    closed = 0;
    readonly waits: ((grace: number | undefined) => void)[] = [];

    wait(ended: (grace: number | undefined) => void): boolean {
        if (this.inTransit) this.waits.push(ended);
        return this.inTransit;
    }

    close(): void {
        this.closed += 1;
    }
}

/** A socket without a network. The test simulates the FIN of the peer. */
function socket(): net.Socket {
    const created = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    later(() => created.destroy());
    return created as net.Socket;
}

describe("GracefulClose", () => {
    let clock: FakeTimers.Clock;
    let transfers: Transfers;

    beforeEach(() => {
        clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
        later(() => clock.uninstall());
        transfers = new Transfers();
    });

    function close(target: net.Socket): GracefulClose {
        return new GracefulClose({
            socket: target,
            transfers: transfers as unknown as TransferWatch,
            isLeaving: false,
            endLeaving: () => undefined,
        });
    }

    it("ends the socket, and resolves when the peer has ended it too", async () => {
        const target = socket();
        const closing = close(target);
        closing.limit(1000);
        expect([target.writableEnded, target.destroyed]).to.deep.equal([true, false]);
        target.push(null);
        await closing.promise;
        expect([target.destroyed, transfers.closed, clock.countTimers()]).to.deep.equal([true, 1, 0]);
    });

    it("continues to read, so that the FIN of the peer arrives after other data", async () => {
        const target = socket().pause();
        const closing = close(target);
        target.push("data");
        target.push(null);
        await closing.promise;
    });

    it("destroys the socket after the timeout", async () => {
        const target = socket();
        const closing = close(target);
        closing.limit(1000);
        clock.tick(999);
        expect(target.destroyed).to.equal(false);
        clock.tick(1);
        expect(target.destroyed).to.equal(true);
        await closing.promise;
    });

    it("accepts a shorter timeout later, and ignores a longer one", () => {
        const target = socket();
        const closing = close(target);
        closing.limit(1000);
        closing.limit(100);
        closing.limit(5000);
        clock.tick(100);
        expect(target.destroyed).to.equal(true);
    });

    it("destroys the socket at once during a transfer with a timeout of 0", () => {
        transfers.inTransit = true;
        const target = socket();
        close(target).limit(0);
        clock.tick(0);
        expect(target.destroyed).to.equal(true);
    });

    it("waits for a transfer, and then starts the timeout for the peer again", () => {
        transfers.inTransit = true;
        const target = socket();
        close(target).limit(1000);
        clock.tick(5000);
        expect(target.destroyed).to.equal(false);
        transfers.waits[0]!(200);
        clock.tick(1199);
        expect(target.destroyed).to.equal(false);
        clock.tick(1);
        expect(target.destroyed).to.equal(true);
    });

    it("destroys the socket when a transfer stalls", () => {
        transfers.inTransit = true;
        const target = socket();
        close(target).limit(1000);
        clock.tick(1000);
        transfers.waits[0]!(undefined);
        expect(target.destroyed).to.equal(true);
    });

    it("destroys a socket that is not connected", async () => {
        const target = new net.Socket();
        await close(target).promise;
        expect(target.destroyed).to.equal(true);
    });

    it("resolves at once for a socket that has closed", async () => {
        const target = new net.Socket().destroy();
        await new Promise((resolve) => target.once("close", resolve));
        await close(target).promise;
        expect(transfers.closed).to.equal(1);
    });

    it("destroys a socket whose end() throws, and reports the error as uncaught", async () => {
        const error = new Error("of end()");
        const thrown = uncaught();
        const target = Object.assign(socket(), {
            end: () => {
                throw error;
            },
        }) as unknown as net.Socket;
        await close(target).promise;
        expect(target.destroyed).to.equal(true);
        expect(await thrown).to.equal(error);
    });
});

describe("closeOptions()", () => {
    it("is 5 s by default", () => {
        for (const options of [undefined, null, {}, { timeout: undefined }]) {
            expect(closeOptions(options)).to.deep.equal({ timeout: 5000, drain: false });
        }
    });

    it("may be 0", () => {
        expect(closeOptions({ timeout: 0, drain: true })).to.deep.equal({ timeout: 0, drain: true });
    });

    it("rejects an invalid value", () => {
        for (const timeout of [-1, NaN, "soon" as unknown as number]) {
            expect(() => closeOptions({ timeout }))
                .to.throw()
                .with.property("code", "ERR_BAD_OPTION");
        }
    });
});
