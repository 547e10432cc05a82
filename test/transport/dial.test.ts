import { expect } from "chai";
import { once } from "node:events";
import type net from "node:net";
import { dial } from "../../src/transport/dial";
import { later, rawServer } from "../support/pair";
import { selfConnecting } from "../support/selfConnecting";

type Place = Parameters<typeof dial>[0];

/** A connecting socket, its received bytes, and its number of connect events. */
function dialed(place: Partial<Place>): { socket: net.Socket; bytes: string[]; connected: () => number } {
    const bytes: string[] = [];
    let count = 0;
    const whole = { address: "127.0.0.1", port: 0, path: null, ...place };
    const socket = dial(
        whole,
        undefined,
        () => (count += 1),
        (chunk, length) => bytes.push(chunk.toString("utf8", 0, length)),
    );
    later(() => socket.destroy());
    return { socket, bytes, connected: () => count };
}

/** The error of a socket, which then closes. */
async function errorOf(socket: net.Socket): Promise<NodeJS.ErrnoException> {
    return new Promise((resolve) => socket.once("error", resolve));
}

describe("dial()", () => {
    it("connects, and passes received bytes on", async () => {
        const { port } = await rawServer((socket) => socket.end("hello"));
        const { socket, bytes, connected } = dialed({ port });
        await once(socket, "close");
        expect([bytes.join(""), connected()]).to.deep.equal(["hello", 1]);
    });

    it("emits data if the program listens for it, with bytes that stay unchanged", async () => {
        const { port } = await rawServer((socket) => {
            socket.write("first");
            setImmediate(() => socket.end("later"));
        });
        const { socket } = dialed({ port });
        const chunks: Buffer[] = [];
        socket.on("data", () => undefined).on("data", (chunk: Buffer) => chunks.push(chunk));
        await once(socket, "close");
        expect(Buffer.concat(chunks).toString()).to.equal("firstlater");
    });

    it("reports an invalid address as an error of the socket", async () => {
        const { socket, connected } = dialed({ port: 70_000 });
        expect(await errorOf(socket)).to.have.property("code", "ERR_BAD_OPTION");
        expect([socket.destroyed, connected()]).to.deep.equal([true, 0]);
    });

    it("reports a path that is too long as an error of the socket", async () => {
        const { socket } = dialed({ path: `/${"x".repeat(200)}` });
        expect(await errorOf(socket)).to.have.property("code", "ERR_PATH_TOO_LONG");
    });

    it("refuses a connection to itself", async () => {
        const { socket, connected } = dialed({ port: await selfConnecting() });
        expect(await errorOf(socket)).to.have.property("code", "ECONNREFUSED");
        expect(connected()).to.equal(0);
    });
});
