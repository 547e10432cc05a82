import { expect } from "chai";
import { parseFrame } from "../../src/cli/tap/parseFrame";

/** JSON text of a frame with this type and data. */
function frame(type: unknown, data: unknown, more: object = {}): string {
    return JSON.stringify({ type, data, ...more });
}

describe("parseFrame()", () => {
    it("distinguishes messages, calls and replies", () => {
        expect(parseFrame(frame("Widget", { n: 1 }), false)).to.deep.equal({
            ...{ kind: "message", type: "Widget", data: { n: 1 } },
        });
        expect(parseFrame(frame("Number", 1, { id: "i" }), false)).to.deep.equal({
            ...{ kind: "question", type: "Number", data: 1, id: "i" },
        });
        expect(parseFrame(frame("Number", 1, { callback_id: "i" }), false)).to.deep.equal({
            ...{ kind: "answer", type: "Number", data: 1, id: "i" },
        });
    });

    it("reads the id of pings and pongs", () => {
        expect(parseFrame(frame("SockhopPing", { _id: "p" }), false)).to.deep.equal({ kind: "ping", id: "p" });
        expect(parseFrame(frame("SockhopPong", { _id: "p" }), false)).to.deep.equal({ kind: "pong", id: "p" });
    });

    it("reads the content of requests and responses", () => {
        const request = { uuid: "u", type: "Query", data: { since: 0 } };
        expect(parseFrame(frame("SockhopRequest", request), false)).to.deep.equal({
            ...{ kind: "request", type: "Query", data: { since: 0 }, id: "u" },
        });
        const error = { code: "ERR_REQUEST_FAILED", message: "No" };
        const response = { uuid: "u", type: "Object", data: {}, last: true, error, cancel: true };
        expect(parseFrame(frame("SockhopResponsePacket", response), false)).to.deep.equal({
            ...{ kind: "response", type: "Object", data: {}, id: "u", last: true, error, cancel: true },
        });
        const open = { uuid: "u", type: "Object", data: {}, last: false, empty: "yes" };
        expect(parseFrame(frame("SockhopResponsePacket", open), false)).to.deep.equal({
            ...{ kind: "response", type: "Object", data: {}, id: "u" },
        });
    });

    it("returns the text of an invalid frame, and of one that is nested too deeply", () => {
        for (const text of ["5", "null", "[1]", "garbage", frame("SockhopPong", null), frame("SockhopRequest", 5)])
            expect(parseFrame(text, false)).to.deep.equal({ kind: "invalid", text });
        const deep = "[".repeat(201) + "]".repeat(201);
        expect(parseFrame(deep, false)).to.deep.equal({ kind: "deep", text: deep });
    });

    it("takes each value for a message if frames are plain JSON", () => {
        const types = ["null", "5", "[]", "{}"].map((text) => parseFrame(text, true).type);
        expect(types).to.deep.equal(["Object", "Number", "Array", "Object"]);
        expect(parseFrame("no JSON", true)).to.deep.equal({ kind: "invalid", text: "no JSON" });
    });
});
