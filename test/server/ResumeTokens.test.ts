import { expect } from "chai";
import type { Connection } from "../../src/connection/Connection";
import { Resumption } from "../../src/connection/resume/Resumption";
import { ResumeTokens } from "../../src/server/ResumeTokens";

function connection(token: string): Connection {
    const resumption = new Resumption({ maxBytes: 1, maxMessages: 1 }, { token, timeout: 1, framesSent: 0 });
    const fake = {
        state: "open",
        resumption,
        get isAlive() {
            return this.state === "open";
        },
    };
    return fake as unknown as Connection;
}

describe("ResumeTokens", () => {
    it("creates different tokens of 128 bits", () => {
        const tokens = new ResumeTokens();
        const created = new Set(Array.from({ length: 100 }, () => tokens.create()));
        expect(created.size).to.equal(100);
        for (const token of created) expect(token).to.match(/^[0-9a-f]{32}$/);
    });

    it("finds a connection by its token and by the one before, until they are deleted", () => {
        const tokens = new ResumeTokens();
        const [token, previous] = [tokens.create(), tokens.create()];
        const owner = connection(token);
        owner.resumption!.previousToken = previous;
        for (const each of [token, previous]) tokens.add(each, owner);
        expect(tokens.find(token)).to.equal(owner);
        expect(tokens.find(previous)).to.equal(owner);
        tokens.delete(previous);
        tokens.delete(undefined);
        expect(tokens.find(previous)).to.equal(undefined);
        expect(tokens.find(tokens.create())).to.equal(undefined);
    });

    it("finds no connection that has another token now, has ended, or cannot be resumed", () => {
        const tokens = new ResumeTokens();
        const token = tokens.create();
        const owner = connection(token);
        tokens.add(token, owner);
        owner.resumption!.token = tokens.create();
        expect(tokens.find(token)).to.equal(undefined);
        owner.resumption!.token = token;
        owner.resumption!.isOver = true;
        expect(tokens.find(token)).to.equal(undefined);
        owner.resumption!.isOver = false;
        owner.state = "closed";
        expect(tokens.find(token)).to.equal(undefined);
    });
});
