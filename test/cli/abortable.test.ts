import { expect } from "chai";
import { getEventListeners } from "node:events";
import { abortable } from "../../src/cli/run/abortable";

describe("abortable()", () => {
    const pending = new Promise<never>(() => undefined);

    it("settles as the promise does, and removes its listener", async () => {
        const { signal } = new AbortController();
        expect(await abortable(signal, Promise.resolve(5))).to.equal(5);
        const error = new Error("failed");
        expect(await abortable(signal, Promise.reject(error)).catch((reason: unknown) => reason)).to.equal(error);
        expect(getEventListeners(signal, "abort")).to.have.length(0);
    });

    it("rejects with the reason when the signal is aborted", async () => {
        const controller = new AbortController();
        const reason = new Error("interrupted");
        const rejected = abortable(controller.signal, pending).catch((error: unknown) => error);
        controller.abort(reason);
        expect(await rejected).to.equal(reason);
        expect(await abortable(controller.signal, pending).catch((error: unknown) => error)).to.equal(reason);
    });
});
