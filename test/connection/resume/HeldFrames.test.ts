import { expect } from "chai";
import { HeldFrames } from "../../../src/connection/resume/HeldFrames";

describe("HeldFrames", () => {
    function create(maxBytes: number): { held: HeldFrames; events: string[] } {
        const events: string[] = [];
        const held = new HeldFrames(maxBytes, () => {
            events.push("pause");
            return () => events.push("resume");
        });
        return { held, events };
    }

    it("returns the frames in order, and copies bytes", () => {
        const { held } = create(100);
        const bytes = Buffer.from("bytes");
        held.push("first");
        held.push(bytes);
        bytes.fill(0);
        expect(held.take().map(String)).to.deep.equal(["first", "bytes"]);
        expect(held.take()).to.deep.equal([]);
    });

    it("pauses the socket, once, above its limit, and resumes it when the frames are taken", () => {
        const { held, events } = create(10);
        held.push("x".repeat(1000)); // the last frame of a peer within the same limit
        for (let n = 0; n < 10; n++) held.push("x");
        expect(events).to.deep.equal([]);
        held.push("x");
        held.push("x");
        expect(events).to.deep.equal(["pause"]);
        held.take();
        expect(events).to.deep.equal(["pause", "resume"]);
        held.push("x");
        expect(events).to.have.length(2);
    });
});
