import { expect } from "chai";
import { parseFrame } from "../../../src/inspect/frames/parseFrame";
import { helloData, type ResumeHello } from "../../../src/protocol/Hello";

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

describe("parseFrame() of connections that can be resumed", () => {
    const token = "0123456789abcdef";
    const secret = "9a0c64f6f3be2a15d07e88c1b2493e6d";
    const greeting = (resume: ResumeHello): string =>
        frame("SockhopPong", helloData({ codecs: ["binary"], token, resume }));

    it("shows only the first digits of a token that can resume a connection", () => {
        const answer = greeting({ timeout: 30_000, token: secret });
        expect(parseFrame(answer, false)).to.deep.equal({
            kind: "hello",
            data: { resume: { token: "9a0c64f6…", timeout: 30_000 }, codecs: ["binary"], token },
        });
        const request = greeting({ timeout: 5, token: secret, received: 1, sent: 2, only: true });
        expect(parseFrame(request, false)).to.deep.equal({
            kind: "resume",
            data: {
                resume: { received: 1, sent: 2, token: "9a0c64f6…", timeout: 5, only: true },
                codecs: ["binary"],
                token,
            },
        });
        for (let length = 1; length < request.length; length++) {
            const { kind, text } = parseFrame(request.slice(0, length), false);
            expect(kind).to.equal("invalid");
            expect(text).to.not.include(secret.slice(0, 9));
        }
        const deep = `${request}${"[".repeat(201)}`;
        expect(parseFrame(deep, false).text).to.include('"token":"9a0c64f6…"').and.not.include(secret);
    });

    it("shows only these digits in other forms of a greeting, too", () => {
        const request = greeting({ timeout: 5, token: secret, received: 1, sent: 2, only: true });
        const hidden = request.replace(secret, "9a0c64f6…");
        expect(parseFrame(request, true).data).to.deep.equal(JSON.parse(hidden));
        expect(parseFrame(`${request}x`, true).text).to.equal(`${hidden}x`);
        const escaped = [...secret].map((digit) => `\\u00${digit.charCodeAt(0).toString(16)}`).join("");
        const forms = [
            JSON.stringify(JSON.parse(request), null, 4),
            request.replaceAll(":", " : "),
            request.replaceAll("token", String.raw`\u0074oken`),
            request.replace(secret, escaped),
            request.replace(secret.slice(3, 9), escaped.slice(18, 54)),
        ];
        for (const form of forms) {
            expect((JSON.parse(form) as { data: object }).data).to.have.nested.property("hello.resume.token", secret);
            for (const [length, plainJson] of [...form].flatMap((_, i) => [[i, true] as const, [i, false] as const])) {
                const start = form.slice(0, length);
                const { text, data = text } = parseFrame(start, plainJson);
                const shown = typeof data === "string" ? unescape(data) : JSON.stringify(data);
                expect(shown, start).to.not.include(secret.slice(0, 9));
            }
        }
    });

    it("shows other digits", () => {
        const texts = ['{"token":"0123456789abcdef"', `{"sha":"${secret}${secret}"`, `{"n":${"1".repeat(40)}`];
        for (const text of texts) expect(parseFrame(text, false)).to.deep.equal({ kind: "invalid", text });
        const values = [{ token: secret }, { hello: { token: secret } }, { data: { hello: { resume: { token: 5 } } } }];
        for (const value of values) expect(parseFrame(JSON.stringify(value), true).data).to.deep.equal(value);
    });

    it("distinguishes acknowledgements and pongs", () => {
        const receipt = (data: object): unknown => parseFrame(frame("SockhopPong", data), false);
        expect(receipt({ ack: 3 })).to.deep.equal({ kind: "receipt", data: { ack: 3 } });
        expect(receipt({ ack: 3, bye: true, ask: false, off: 5, more: 1 })).to.deep.equal({
            ...{ kind: "receipt", data: { ack: 3, bye: true } },
        });
        expect(receipt({ _id: "p", ack: 3 })).to.deep.equal({ kind: "pong", id: "p" });
    });
});

/** Replaces the escaped characters of JSON text. */
function unescape(text: string): string {
    return text.replace(/\\u([\da-f]{4})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}
