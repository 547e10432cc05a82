import { expect } from "chai";
import { type InvalidMessage, type Message, message, toMessage } from "../../src/protocol/Message";

const UUID = "0b2d5a3e-1111-4222-8333-444455556666";
const TOO_LONG = "x".repeat(1025);
const LONGEST = "x".repeat(1024);

/** Values of every type that JSON has; `undefined` stands for a member that is missing. */
const ANY_TYPE = [undefined, null, true, false, 0, 7.5, "", "text", [], [1], {}, { type: "Widget", uuid: UUID }];

function kindOf(value: unknown): string {
    return toMessage(value).kind;
}

describe("toMessage()", () => {
    it("makes a message of a value without an id", () => {
        const data = { a: 1 };
        expect(toMessage({ type: "Widget", data })).to.deep.equal(message("message", "Widget", data));
    });

    it("makes a message of a value with an id that is empty", () => {
        for (const id of [undefined, null, "", 0, false])
            expect(kindOf({ type: "String", data: "x", id })).to.equal("message");
    });

    it("makes a call of a value with an id", () => {
        expect(toMessage({ type: "Ask", data: 1, id: UUID })).to.deep.equal(message("call", "Ask", 1, UUID, true));
        for (const id of ["my-id", 7, -0.5, LONGEST]) {
            expect(toMessage({ type: "Ask", data: 1, id })).to.deep.equal(message("call", "Ask", 1, id, false));
        }
    });

    it("makes a reply of a value with a callback id, even with an id beside it", () => {
        expect(toMessage({ type: "String", data: "x", callback_id: UUID })).to.include({ kind: "reply", id: UUID });
        expect(toMessage({ type: "String", data: "x", id: 1, callback_id: 2 })).to.include({ kind: "reply", id: 2 });
    });

    it("makes a message of a value with a callback id that is empty", () => {
        for (const callback_id of [null, "", 0, false]) {
            expect(kindOf({ type: "String", data: "x", callback_id })).to.equal("message");
        }
    });

    it("makes a request of a request packet, with its uuid as the id", () => {
        const data = { uuid: UUID, data: [1], type: "Array", errors: true };
        const expected = message("request", "SockhopRequest", data, UUID, true);
        expect(toMessage({ type: "SockhopRequest", data })).to.deep.equal(expected);
        expect(toMessage({ type: "SockhopRequest", data: { ...data, uuid: 7 } })).to.include({ id: 7, hasUuid: false });
    });

    it("makes a response of a response packet", () => {
        const data = { uuid: UUID, data: [1], type: "Array", last: true };
        expect(toMessage({ type: "SockhopResponsePacket", data })).to.include({ kind: "response", data, id: UUID });
    });

    it("makes a cancel of a response packet that cancels", () => {
        const data = { uuid: UUID, data: {}, type: "Object", last: true, cancel: true };
        expect(toMessage({ type: "SockhopResponsePacket", data })).to.include({ kind: "cancel", id: UUID });
    });

    it("makes pings and pongs of messages with their names", () => {
        const data = { _id: UUID };
        expect(toMessage({ type: "SockhopPing", data })).to.include({ kind: "ping", data });
        expect(toMessage({ type: "SockhopPong", data })).to.include({ kind: "pong", data });
    });

    it("ignores pings and pongs without an object", () => {
        for (const type of ["SockhopPing", "SockhopPong"]) {
            for (const data of [undefined, null, 5, "x", true]) expect(kindOf({ type, data })).to.equal("ignored");
        }
    });

    it("ignores the ids of messages with a reserved type", () => {
        const data = { uuid: UUID, _id: 1 };
        for (const type of ["SockhopPing", "SockhopPong", "SockhopRequest", "SockhopResponsePacket"]) {
            expect(kindOf({ type, data, id: {}, callback_id: {} })).to.equal(kindOf({ type, data }));
        }
    });

    it("uses the type of the data if `type` is not a string, as 1.x sends an object with a member `constructor`", () => {
        for (const type of [undefined, null, 5, {}, ["Widget"]]) {
            expect(toMessage({ type, data: [1] })).to.include({ kind: "message", type: "Array" });
            expect(toMessage({ type, data: 1, id: UUID })).to.include({ kind: "call", type: "Number", id: UUID });
        }
        expect(toMessage({ data: { constructor: "x" } })).to.include({ kind: "message", type: "Object" });
        expect(toMessage({ data: 1, callback_id: UUID })).to.include({ kind: "reply" });
    });

    it("rejects an object without a type that no sockhop has sent", () => {
        for (const value of [
            {},
            { a: 1 },
            { type: 5 },
            { id: 1 },
            { data: 1, a: 1 },
            { type: null, data: 1, user: "" },
        ]) {
            expect(kindOf(value)).to.equal("invalid");
        }
    });

    it("rejects a value that is not an envelope", () => {
        for (const value of [undefined, null, true, 5, "text", [], [{ type: "Widget" }]]) {
            expect(kindOf(value)).to.equal("invalid");
        }
    });

    it("rejects a type that is too long", () => {
        const packet = { uuid: UUID, data: 1, type: TOO_LONG };
        expect(kindOf({ type: TOO_LONG, data: 1 })).to.equal("invalid");
        expect(kindOf({ type: "SockhopRequest", data: packet })).to.equal("invalid");
        expect(kindOf({ type: "SockhopResponsePacket", data: packet })).to.equal("invalid");
        expect(kindOf({ type: LONGEST, data: 1 })).to.equal("message");
    });

    it("rejects the id of a call that a reply cannot repeat", () => {
        for (const id of [true, {}, [], ["x"], TOO_LONG])
            expect(kindOf({ type: "Ask", data: 1, id })).to.equal("invalid");
    });

    it("rejects requests and responses without an object, or with an id that a response cannot repeat", () => {
        for (const type of ["SockhopRequest", "SockhopResponsePacket"]) {
            for (const data of [undefined, null, 5, "x", true]) expect(kindOf({ type, data })).to.equal("invalid");
            for (const uuid of [true, {}, [], TOO_LONG]) expect(kindOf({ type, data: { uuid } })).to.equal("invalid");
        }
    });

    it("never throws, and returns a consistent message for members of any type", () => {
        const types = [...ANY_TYPE, "SockhopPing", "SockhopPong", "SockhopRequest", "SockhopResponsePacket"];
        const packets = ANY_TYPE.map((any) => ({
            uuid: any,
            type: any,
            data: any,
            last: any,
            cancel: any,
            error: any,
        }));
        for (const type of types) {
            for (const data of [...ANY_TYPE, ...packets]) {
                for (const id of ANY_TYPE) {
                    for (const callback_id of [undefined, id]) check(toMessage({ type, data, id, callback_id }));
                }
            }
        }
    });

    /** Asserts the properties of a message that its readers rely on. */
    function check(decoded: Message | InvalidMessage): void {
        if (decoded.kind === "invalid") {
            if (typeof decoded.fault !== "string") throw new Error(`Inconsistent: ${JSON.stringify(decoded)}`);
            return;
        }
        const { kind, type, data, id, hasUuid } = decoded;
        const isObject = typeof data === "object" && data !== null;
        const isSendable = !id || typeof id === "string" || Number.isFinite(id);
        const isConsistent =
            typeof type === "string" &&
            (!hasUuid || id === UUID) &&
            (kind !== "call" || (isSendable && Boolean(id))) &&
            (kind !== "reply" || Boolean(id)) &&
            (!["request", "response", "cancel"].includes(kind) || (isObject && isSendable)) &&
            (!["ping", "pong"].includes(kind) || isObject);
        if (!isConsistent) throw new Error(`Inconsistent: ${JSON.stringify({ kind, type, data, id, hasUuid })}`);
    }
});
