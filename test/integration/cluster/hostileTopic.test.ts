import { expect } from "chai";
import { type ServerOptions, type SockhopError, memory_engine } from "../../../src";
import { until } from "../../support/eventLoop";
import { later } from "../../support/pair";
import { serve } from "./support";

/** Values that no server sends. */
const LINES = [
    "{garbage}",
    '{"type":5,"data":1}',
    "#AAAA",
    "#!",
    '{"type":"SockhopPing"}',
    "{}",
    `{"a":${"[".repeat(5000)}}`,
];

describe("Values of a stranger on the topic of a cluster", () => {
    const codecs: Record<string, ServerOptions> = {
        lines: {},
        binary: { codec: "binary" },
        "another terminator": { terminator: "\u0000" },
        "json peers": { peer_type: "json" },
    };
    for (const [codec, options] of Object.entries(codecs)) {
        it(`do not stop a server, which reports those that it cannot decode: ${codec}`, async () => {
            const engine = memory_engine();
            const { s, c } = await serve(engine, options);
            const errors: SockhopError[] = [];
            s.on("error", (error) => errors.push(error as SockhopError));
            c.on("error", () => undefined);
            const stranger = await engine.connect(
                [],
                () => undefined,
                () => undefined,
            );
            later(() => stranger.close());
            for (const [index, line] of LINES.entries()) {
                await stranger.publish("sockhop.sockhop.all", `1 stranger * ${index + 1} 1\n${line}\n`);
            }
            await until(() => s.cluster!.stats.messages_received === LINES.length);
            // Another server goes on, and so do clients that connect now.
            const other = await serve(engine, options);
            await c.connect().catch(() => undefined);
            await until(() => other.s.cluster!.members.length >= 2 && s.sessions.length === 1);
            await other.s.sendall({ after: true });
            await until(() => other.received.length === 1);
            await s.sendall({ end: true });
            await until(() => other.received.length === 2);
            expect(s.cluster!.state).to.equal("joined");
            for (const { code } of errors) expect(code).to.equal("ERR_OBJECTBUFFER_BAD_BUFFER_DATA");
            if (codec === "json peers") expect(errors).to.have.lengthOf.above(3);
        });
    }
});
