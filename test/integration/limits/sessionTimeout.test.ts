import { expect } from "chai";
import { SockhopSession } from "../../../src";
import { raw, server } from "../../support/pair";
import { errorsOf, closed } from "../../support/events";

describe("session_timeout", () => {
    it("limits start() independent of frame_timeout", async () => {
        let ended = 0;
        class Slow extends SockhopSession {
            override start(): Promise<void> {
                return new Promise(() => undefined);
            }
            override end(): void {
                ended += 1;
            }
        }
        const s = server({ session_type: Slow, session_timeout: 60, frame_timeout: 10 });
        await s.listen();
        const errors = errorsOf(s);
        const peer = await raw(s);
        peer.write('{"half');
        await closed(peer);
        expect(errors.map(([code]) => code)).to.deep.equal(["ERR_SESSION_TIMEOUT"]);
        expect([s.sockets.length, ended]).to.deep.equal([0, 0]);
    });
});
