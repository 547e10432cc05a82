import { expect } from "chai";
import { once } from "node:events";
import { TapLog } from "../../src/cli/tap/TapLog";
import { CapturedStream, outputOf } from "./output";

describe("Journal", () => {
    it("prints no more while an output is stuck, and tells how much is missing", async () => {
        const { output, out, err } = outputOf({}, new CapturedStream(true));
        const log = new TapLog(output, {}, undefined);
        const frame = { bytes: 1, kind: "invalid", text: "x".repeat(2 ** 20) };
        for (let sent = 0; sent < 40; sent++) log.add(1, "client", [frame]);
        expect(out.writableLength).to.be.below(18 * 2 ** 20);
        expect(err.lines).to.deep.equal(["messages are not printed for now: they come faster than the output is read"]);
        const drained = once(out, "drain");
        out.release();
        await drained;
        expect(err.lines.at(-1)).to.equal(`messages that were not printed: ${40 - out.lines.length}`);
        log.add(1, "client", [{ ...frame, text: "again" }]);
        expect(out.lines.at(-1)).to.include("again");
    });
});
