import { expect } from "chai";
import { uuidv4 } from "../../src/protocol/uuid";

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
