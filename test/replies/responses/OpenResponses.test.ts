import { expect } from "chai";
import { SockhopResponseWriteableStream } from "../../../src";
import { OpenResponses } from "../../../src/replies/responses/OpenResponses";
import { growth } from "../../support/memory";

describe("OpenResponses", () => {
    it("keeps open responses in order, after any number of them", () => {
        const responses = new OpenResponses();
        const open: SockhopResponseWriteableStream[] = [];
        for (let n = 0; n < 5000; n++) {
            const response = new SockhopResponseWriteableStream();
            responses.add(response.uuid, response);
            if (open.push(response) > 300) responses.delete(open.shift()!.uuid);
        }
        expect([...responses]).to.deep.equal(open);
        expect(responses.size).to.equal(300);
        expect(responses.get(open[7]!.uuid)).to.equal(open[7]);
    });

    it("releases ended responses without a full garbage collection", () => {
        const responses = new OpenResponses();
        const open: SockhopResponseWriteableStream[] = [];
        const pass = (): void => {
            const response = new SockhopResponseWriteableStream();
            responses.add(response.uuid, Object.assign(response, { filling: new Array<number>(100).fill(0) }));
            if (open.push(response) > 50) responses.delete(open.shift()!.uuid);
        };
        expect(growth(pass)).to.be.below(4e6);
    });
});
