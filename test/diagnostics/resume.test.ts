import { expect } from "chai";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ResumeDiagnostics } from "../../src";
import { cut, cutOff, next, reasonOfEnd, resumable, RESUME } from "../support/resume";
import { later } from "../support/pair";

describe("diagnostics of connections that are resumed", () => {
    it("are an interruption and a resumption at both ends", async () => {
        const { s, c } = await resumable();
        const messages: [channel: string, message: ResumeDiagnostics][] = [];
        for (const name of ["sockhop:interrupt", "sockhop:resume", "sockhop:disconnect"]) {
            const listener = (message: unknown): unknown => messages.push([name, message as ResumeDiagnostics]);
            subscribe(name, listener);
            later(() => unsubscribe(name, listener));
        }
        const old = c.socket;
        await cut(s, c);
        for (const endpoint of [s, c]) {
            const own = messages.filter(([, message]) => message.endpoint === endpoint);
            expect(own.map(([name]) => name)).to.deep.equal(["sockhop:interrupt", "sockhop:resume"]);
            expect(own[0]![1].error).to.be.an("error");
            expect(own[1]![1]).to.include({ missed: 0, replayed: 0 }).and.have.property("duration").that.is.a("number");
        }
        const sockets = messages.filter(([, { endpoint }]) => endpoint === c).map(([, { socket }]) => socket);
        expect(sockets).to.deep.equal([old, c.socket]);
    });

    it("count interruptions, what is kept and what is sent again", async () => {
        const { s, c } = await resumable({ ...RESUME, resume: { timeout: 100 } });
        expect(c.stats).to.include({ interruptions: 0, replayed: 0, unacknowledged: 0, kept: 0 });
        const ended = Promise.all([reasonOfEnd(c), reasonOfEnd(s)]);
        const interrupted = next(c, "interrupted");
        await cutOff(s);
        await interrupted;
        c.send("kept").catch(() => undefined);
        await new Promise(setImmediate);
        expect(c.stats).to.include({
            interruptions: 1,
            unacknowledged: 1,
            kept: '{"type":"String","data":"kept"}\n'.length,
        });
        await ended;
        expect(c.stats).to.include({ interruptions: 1, unacknowledged: 0, kept: 0 });
        expect(s.stats).to.include({ interruptions: 1, unacknowledged: 0, kept: 0 });
    });
});
