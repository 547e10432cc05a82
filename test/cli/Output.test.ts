import { expect } from "chai";
import type { OutputFlags, ReceivedMessage } from "../../src/cli/terminal/Output";
import { later } from "../support/pair";
import { CapturedStream, outputOf } from "./CapturedStream";

const MESSAGE: ReceivedMessage = { type: "Widget", data: { color: "red" }, from: "h:5" };

describe("Output", () => {
    function print(flags: OutputFlags, message: Partial<ReceivedMessage> = {}, label?: string): string {
        const { output, out } = outputOf(flags);
        output.printMessage({ ...MESSAGE, ...message }, label);
        return out.text;
    }

    it("prints a message as a line of JSON", () => {
        expect(print({})).to.equal('{"type":"Widget","data":{"color":"red"},"from":"h:5"}\n');
        expect(print({}, { question: "request" })).to.include('"from":"h:5","question":"request"}');
        expect(print({}, { answer: 2 })).to.include('"from":"h:5","answer":2}');
    });

    it("prints a message in readable form with --pretty, and marks calls and replies", () => {
        expect(print({ pretty: true })).to.equal("← Widget { color: 'red' }\n");
        expect(print({ pretty: true }, {}, "#1")).to.equal("#1 ← Widget { color: 'red' }\n");
        expect(print({ pretty: true }, { question: "callback" })).to.match(/^← ! Widget /);
        expect(print({ pretty: true }, { question: "request" })).to.match(/^← \? Widget /);
        expect(print({ pretty: true }, { answer: 2 })).to.match(/^↳2 Widget /);
    });

    it("prints undefined in the form that stands for it", () => {
        const form = '{"$undefined":true}';
        expect(print({}, { data: undefined })).to.equal(`{"type":"Widget","data":${form},"from":"h:5"}\n`);
        expect(print({ bare: true }, { data: undefined })).to.equal(`${form}\n`);
    });

    it("prints only the data with --bare, and nothing with --quiet", () => {
        expect(print({ bare: true })).to.equal('{"color":"red"}\n');
        expect(print({ bare: true }, { data: null })).to.equal("null\n");
        expect(print({ quiet: true })).to.equal("");
    });

    it("prints readable values on a terminal, unless --json-output is given", () => {
        for (const [flags, pretty] of [
            [{}, true],
            [{ jsonOutput: true }, false],
        ] as const) {
            const out = new CapturedStream();
            out.isTTY = true;
            Object.assign(out, { hasColors: () => false });
            expect(outputOf(flags, out).output.pretty).to.equal(pretty);
        }
    });

    it("adds colors with FORCE_COLOR, and escapes those of a peer", () => {
        const { FORCE_COLOR: before } = process.env;
        later(() => {
            if (before === undefined) Reflect.deleteProperty(process.env, "FORCE_COLOR");
            else process.env["FORCE_COLOR"] = before;
        });
        process.env["FORCE_COLOR"] = "1";
        const { output, out } = outputOf({});
        output.printLine(output.style("red", "text"));
        process.env["FORCE_COLOR"] = "0";
        outputOf({}, out).output.printLine("\x1b[31mtext");
        expect(out.text).to.equal("\x1b[31mtext\x1b[39m\n\\x1b[31mtext\n");
    });

    it("drops notes while stderr is not read", () => {
        const err = new CapturedStream(true);
        const { output } = outputOf({}, new CapturedStream(), err);
        for (let count = 0; count < 40; count++) output.printNote("x".repeat(2 ** 17));
        expect(err.writableLength).to.be.within(2 ** 20, 2 ** 20 + 2 ** 18);
    });

    it("calls back when a slow stdout has printed its backlog", async () => {
        const out = new CapturedStream(true);
        const { output } = outputOf({}, out);
        await output.drained(); // nothing is pending
        output.printLine("x".repeat(2 ** 21));
        expect(output.isOverLimit).to.equal(true);
        let count = 0;
        for (let number = 0; number < 20; number++) output.onceDrained(() => (count += 1));
        expect(out.listenerCount("drain")).to.equal(1);
        const drained = output.drained();
        expect(count).to.equal(0);
        out.release();
        await drained;
        expect(count).to.equal(20);
        expect(output.isOverLimit).to.equal(false);
    });
});
