import { expect } from "chai";
import fc from "fast-check";
import { isUuid, uuidOf, uuidv4 } from "../../src/protocol/uuid";

describe("uuidv4()", () => {
    const many = Array.from({ length: 10_000 }, uuidv4);

    it("creates UUIDs of version 4 as in RFC 9562", () => {
        for (const uuid of many) {
            expect(uuid).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        }
    });

    it("creates no UUID twice", () => {
        expect(new Set(many).size).to.equal(many.length);
    });

    it("uses all digits at all positions but two", () => {
        const digits = Array.from({ length: 36 }, (_, place) => new Set(many.map((uuid) => uuid[place])).size);
        const expected = Array.from("xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx", (form) => ({ x: 16, y: 4 })[form] ?? 1);
        expect(digits).to.deep.equal(expected);
    });
});

describe("uuidOf()", () => {
    const TOKEN = "0123456789abcdef";

    it("has the digits of the token and of the number", () => {
        expect(uuidOf(TOKEN, 1)).to.equal("01234567-89ab-8cde-8f00-000000000001");
        expect(uuidOf(TOKEN, 0xabcdef)).to.equal("01234567-89ab-8cde-8f00-000000abcdef");
    });

    it("creates UUIDs of version 8 as in RFC 9562, which differ for each token and number", () => {
        const digits = Array.from("0123456789abcdef");
        const token = fc.array(fc.constantFrom(...digits), { minLength: 16, maxLength: 16 }).map((all) => all.join(""));
        const number = fc.integer({ min: 1, max: 2 ** 48 - 1 });
        fc.assert(
            fc.property(token, number, token, number, (a, m, b, n) => {
                const uuid = uuidOf(a, m);
                expect(uuid).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
                expect(isUuid(uuid)).to.equal(true);
                expect(uuid === uuidOf(b, n)).to.equal(a === b && m === n);
            }),
        );
    });

    it("needs no escaping in JSON, whatever number a peer sends", () => {
        for (const number of [0, 2 ** 48, Number.MAX_SAFE_INTEGER]) {
            expect(uuidOf(TOKEN, number)).to.match(/^[0-9a-f-]+$/);
        }
    });
});
