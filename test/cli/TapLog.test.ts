import { expect } from "chai";
import { once } from "node:events";
import { TapLog } from "../../src/cli/tap/TapLog";
import { CapturedStream, outputOf } from "./CapturedStream";

describe("TapLog", () => {
    it("prints nothing while the output is stuck, then the number of dropped messages", async () => {
        const { output, out, err } = outputOf({}, new CapturedStream(true));
        const log = new TapLog(output, {}, undefined);
        const message = { bytes: 1, kind: "invalid" as const, text: "x".repeat(2 ** 20) };
        for (let sent = 0; sent < 40; sent++) log.add(1, "client", [message]);
        expect(out.writableLength).to.be.below(18 * 2 ** 20);
        expect(err.lines).to.deep.equal(["the output is too slow: messages are not printed until it has caught up"]);
        const drained = once(out, "drain");
        out.release();
        await drained;
        expect(err.lines.at(-1)).to.equal(`messages not printed: ${40 - out.lines.length}`);
        log.add(1, "client", [{ ...message, text: "again" }]);
        expect(out.lines.at(-1)).to.include("again");
    });
});
