import { expect } from "chai";
import { raw, server } from "../../support/pair";
import { frame, turns } from "../../support/eventLoop";
import { type Coded } from "../../support/events";

describe("ids that a peer gives to its calls", () => {
    const DEEP = "[".repeat(100_000) + "]".repeat(100_000);
    const LIMIT = 1_000_000;
    /** So long that every answer, in which it has to stand as well, is larger than a message may be. */
    const long = (text: string): string => JSON.stringify("x".repeat(LIMIT - text.length - 2));

    // Answering threw, in a program that did nothing wrong.
    for (const [what, name] of [
        ["nested deeply", () => DEEP],
        ["as large as a message", long],
    ] as const) {
        it(`${what} do not make replying throw`, async () => {
            const s = server({ max_message_size: LIMIT });
            await s.listen();
            s.on("error", () => undefined);
            const thrown: unknown[] = [];
            s.on("receive", (_, { callback }) => {
                try {
                    callback?.("answer");
                } catch (error) {
                    thrown.push((error as Coded).code);
                }
            });
            s.on("request", (_, response) => {
                response.send("answer").catch((error: unknown) => thrown.push((error as Coded).code));
            });
            const last = new Promise<void>((resolve) => s.on("receive", (value) => value === "last" && resolve()));
            const peer = await raw(s);
            peer.resume();
            const [question, asked] = [
                '{"type":"String","data":"","id":NAME}',
                '{"type":"SockhopRequest","data":{"uuid":NAME,"data":""}}',
            ].map((text) => text.replace("NAME", name(text.replace("NAME", "")))) as [string, string];
            peer.write(`${question}\n${asked}\n${frame("last")}`);
            await last;
            await turns(2);
            expect(thrown).to.deep.equal([]);
        });
    }
});
