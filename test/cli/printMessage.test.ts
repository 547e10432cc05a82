import { expect } from "chai";
import { once } from "node:events";
import { printMessage } from "../../src/cli/chat/printMessage";
import { CapturedStream, outputOf } from "./CapturedStream";

describe("printMessage()", () => {
    it("pauses the socket while the output is over its limit", async () => {
        const { output, out } = outputOf({ bare: true }, new CapturedStream(true));
        const calls: string[] = [];
        const socket = {
            isPaused: () => calls.at(-1) === "pause",
            pause: () => calls.push("pause"),
            resume: () => calls.push("resume"),
        };
        const source = { from: "#1", respond: undefined };
        const receive = (data: unknown): void => {
            printMessage(output, data, { type: "String" }, source, socket as never);
        };
        receive("x".repeat(2 ** 20));
        receive("y");
        receive("z");
        expect(calls).to.deep.equal(["pause"]);
        const drained = once(out, "drain");
        out.release();
        await drained;
        receive("more");
        expect(calls).to.deep.equal(["pause", "resume"]);
        expect(out.lines).to.have.length(4);
    });
});
