import { expect } from "chai";
import net from "node:net";
import { SockhopResponseWriteableStream } from "../../src";
import { Connection } from "../../src/core/Connection";
import { Framing } from "../../src/core/Framing";
import { limitsOf } from "../../src/core/limits";
import { growth } from "../support/memory";

describe("Connection", () => {
    const connection = (): Connection => new Connection(new net.Socket(), {}, new Framing({}), limitsOf({}));

    it("keeps the answers that the peer waits for, however many there have been", () => {
        const here = connection();
        const open: SockhopResponseWriteableStream[] = [];
        for (let n = 0; n < 5000; n++) {
            const response = new SockhopResponseWriteableStream();
            here.respond(response);
            if (open.push(response) > 300) here.responses!.delete(open.shift()!.uuid);
        }
        expect([...here.responses!.values()]).to.deep.equal(open);
    });

    it("lets go of answers without a full collection", () => {
        const here = connection();
        const open: SockhopResponseWriteableStream[] = [];
        const pass = (): void => {
            const response = new SockhopResponseWriteableStream();
            here.respond(Object.assign(response, { filling: new Array<number>(100).fill(0) }));
            if (open.push(response) > 50) here.responses!.delete(open.shift()!.uuid);
        };
        expect(growth(pass)).to.be.below(4e6);
    });
});
