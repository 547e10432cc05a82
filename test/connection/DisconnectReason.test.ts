import { expect } from "chai";
import type net from "node:net";
import { closeReasonOf, reasonOf } from "../../src/connection/DisconnectReason";

describe("reasonOf()", () => {
    for (const [code, reason] of [
        ["ECONNRESET", "PEER_RESET"],
        ["EPIPE", "PEER_RESET"],
        ["ERR_BUFFER_FULL", "SLOW_CONSUMER"],
        ["ERR_OBJECTBUFFER_BAD_BUFFER_DATA", "BAD_FRAMES"],
        ["ERR_FRAME_TIMEOUT", "FRAME_TIMEOUT"],
        ["ERR_MESSAGE_TOO_LARGE", "MESSAGE_TOO_LARGE"],
        ["ETIMEDOUT", "SOCKET_ERROR"],
        [undefined, "SOCKET_ERROR"],
    ]) {
        it(`is ${reason} for ${code}`, () => {
            const error = Object.assign(new Error("of the socket"), { code });
            expect(reasonOf(error)).to.deep.equal({ code: reason, error });
        });
    }
});

describe("closeReasonOf()", () => {
    const socket = (members: object): net.Socket => members as net.Socket;

    it("is the error of the socket, the end of the peer, or the program", () => {
        const errored = Object.assign(new Error("timeout"), { code: "ETIMEDOUT" });
        expect(closeReasonOf(socket({ errored, readableEnded: true }))).to.deep.equal({
            code: "SOCKET_ERROR",
            error: errored,
        });
        expect(closeReasonOf(socket({ errored: null, readableEnded: true }))).to.deep.equal({ code: "PEER_ENDED" });
        expect(closeReasonOf(socket({ errored: null, readableEnded: false }))).to.deep.equal({ code: "CLOSED" });
    });
});
