import { expect } from "chai";
import { raw, server } from "../../support/pair";
import { frame, turns } from "../../support/eventLoop";
import { type Coded } from "../../support/events";

describe("ids of calls", () => {
    const DEEP = "[".repeat(100_000) + "]".repeat(100_000);
    const LIMIT = 1_000_000;
    /** So long that every reply, which contains the id, is larger than the size limit. */
    const long = (text: string): string => JSON.stringify("x".repeat(LIMIT - text.length - 2));

    // A release of 1.x threw in the reply function, in a correct program.
    for (const [what, name] of [
        ["nested deeply", () => DEEP],
        ["as large as a message", long],
    ] as const) {
        it(`never make the reply function throw: ${what}`, async () => {
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
