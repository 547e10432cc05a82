import { expect } from "chai";
import { ProgressBar } from "../../src/cli/terminal/ProgressBar";
import { CapturedStream } from "./CapturedStream";

describe("ProgressBar", () => {
    it("shows the share and a text in one line of a terminal, and removes it", () => {
        const stream = new CapturedStream();
        const bar = new ProgressBar(stream as unknown as NodeJS.WriteStream);
        bar.show(0.5, "unseen");
        expect(stream.text).to.equal("");
        stream.isTTY = true;
        bar.show(0.25, "5 per second");
        bar.show(1, "6 per second");
        bar.clear();
        const parts = stream.text.split("\x1b[K");
        expect(parts).to.deep.equal([
            `\r${"█".repeat(10)}${"░".repeat(30)} 25%  5 per second`,
            `\r${"█".repeat(40)} 100%  6 per second`,
            "\r",
            "",
        ]);
    });
});
