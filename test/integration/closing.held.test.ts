import { expect } from "chai";
import type { SockhopClient, SockhopServer } from "../../src";
import type { Reply } from "../../src/replies/PendingReply";
import { fakeTime, timeOf } from "../support/fakeTime";
import { turns } from "../support/eventLoop";
import { RESUME, resumable } from "../support/resume";

const COUNT = 400;
const NUMBERS = Array.from({ length: COUNT }, (_, n) => n);
/** So long that most of the messages are not read from the socket when it is paused. */
const TEXT = "x".repeat(2000);

interface Received {
    value: { n: number };
    callback?: Reply;
}

/** A slow loop over `messages()` of one end, to which the other one has sent more than it has read. */
async function slowLoop(
    options: object,
    which: "client" | "server",
): Promise<{
    s: SockhopServer;
    c: SockhopClient;
    read: (count?: number) => Promise<number[]>;
    reply: Promise<unknown>;
}> {
    const { s, c } = await resumable(options);
    const [here, sender] = which === "server" ? [s, c] : [c, s.sessions[0]!];
    const loop = here.messages() as AsyncIterableIterator<Received>;
    const sent = NUMBERS.map((n) => sender.send({ n, text: TEXT }));
    const reply = new Promise((resolve) => void sender.send({ n: COUNT }, resolve));
    await Promise.all(sent);
    const read = async (): Promise<number[]> => {
        const values: number[] = [];
        while (values.length <= COUNT) {
            const { value } = (await loop.next()) as { value: Received };
            values.push(value.value.n);
            value.callback?.("taken");
            if (values.length % 100 === 0) await turns(1);
        }
        return values;
    };
    await turns(10);
    return { s, c, read, reply };
}

const CLOSES: Record<string, (s: SockhopServer, c: SockhopClient, timeout: number) => Promise<unknown>> = {
    "server.close()": (s, _, timeout) => s.close({ drain: true, timeout }),
    "session.kill()": (s, _, timeout) => s.sessions[0]!.kill({ drain: true, timeout }),
    "client.disconnect()": (_, c, timeout) => c.disconnect({ drain: true, timeout }),
};

describe("closing with drain, while a loop over messages() is slow", () => {
    for (const [kind, options] of Object.entries({ with: RESUME, without: {} })) {
        for (const [name, close] of Object.entries(CLOSES)) {
            const which = name.startsWith("client") ? "client" : "server";

            it(`waits until the loop has got what has arrived: ${name}, ${kind} resume`, async () => {
                const { s, c, read, reply } = await slowLoop(options, which);
                const closed = close(s, c, Infinity);
                expect(await read()).to.deep.equal([...NUMBERS, COUNT]);
                expect(await reply).to.equal("taken");
                await closed;
            });

            it(`waits no longer than its timeout: ${name}, ${kind} resume`, async () => {
                const { s, c } = await slowLoop(options, which);
                const clock = fakeTime();
                expect(await timeOf(clock, close(s, c, 40))).to.be.within(40, 2000);
                clock.uninstall();
            });
        }
    }
});
