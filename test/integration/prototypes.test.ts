import { expect } from "chai";
import { raw, received, server } from "../support/pair";

describe("value of a peer", () => {
    it("has __proto__ as an ordinary member", async () => {
        const s = server();
        await s.listen();
        const peer = await raw(s);
        const arrived = received(s, 1);
        peer.write('{"type":"Object","data":{"__proto__":{"polluted":true}}}\n');
        const value = (await arrived)[0] as { polluted?: boolean };
        expect(Object.hasOwn(value, "__proto__")).to.equal(true);
        expect(value.polluted).to.equal(undefined);
        expect(Object.getPrototypeOf(value)).to.equal(Object.prototype);
    });
});
