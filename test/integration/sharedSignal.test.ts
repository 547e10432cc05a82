import { expect } from "chai";
import { getEventListeners } from "node:events";
import { pair } from "../support/pair";

describe("signal of many calls", () => {
    it("has one listener, which is removed after the last reply", async () => {
        const { s, c } = await pair();
        s.on("request", (_, response) => void response.send(1));
        const { signal } = new AbortController();
        const replies = Array.from({ length: 1000 }, () => c.ask(1, { signal }));
        expect(getEventListeners(signal, "abort")).to.have.length(1);
        await Promise.all(replies);
        expect(getEventListeners(signal, "abort")).to.have.length(0);
    });
});
