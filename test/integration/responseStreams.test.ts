import { expect } from "chai";
import { once } from "node:events";
import type net from "node:net";
import { client, rawServer } from "../support/pair";
import { frame, turns, until } from "../support/eventLoop";

describe("SockhopResponseReadableStream", () => {
    async function streamOf(
        text: (uuid: string) => string,
    ): Promise<{ c: ReturnType<typeof client>; peer: Promise<net.Socket> }> {
        let give: (socket: net.Socket) => void;
        const peer = new Promise<net.Socket>((resolve) => (give = resolve));
        const { port } = await rawServer((socket) => {
            give(socket);
            socket.once("data", (chunk: Buffer) => {
                const { uuid } = (JSON.parse(String(chunk)) as { data: { uuid: string } }).data;
                socket.write(text(uuid));
            });
        });
        const c = client({ port });
        await c.connect();
        return { c, peer };
    }
    const part = (uuid: string, data: number, last = false): string =>
        frame({ uuid, data, type: "Number", last }, { type: "SockhopResponsePacket" });

    it("emits its packets in order to a listener that is added between two of them", async () => {
        const log: unknown[] = [];
        const { c } = await streamOf(
            (uuid) => part(uuid, 1) + frame("now") + part(uuid, 2) + part(uuid, 3) + part(uuid, 4, true),
        );
        const sent = c.request("x");
        const stream = await sent;
        c.once("receive", () => {
            stream.on("end", () => log.push("end")).on("data", (data) => log.push(data));
        });
        await until(() => log.includes("end"));
        expect(log).to.deep.equal([1, 2, 3, 4, "end"]);
    });

    it("emits the end after the packets to a listener that is added first", async () => {
        const log: unknown[] = [];
        const { c } = await streamOf((uuid) => part(uuid, 1) + part(uuid, 2, true));
        const stream = await c.request("x");
        await until(() => stream.ended);
        const off = (): unknown => log.push("was removed");
        stream
            .on("end", () => log.push("end"))
            .on("end", off)
            .on("data", (data) => log.push(data));
        stream.off("end", off);
        await until(() => log.includes("end"));
        await turns(2);
        expect(log).to.deep.equal([1, 2, "end"]);
    });

    it("emits nothing after a listener has ended it in the middle", async () => {
        const log: unknown[] = [];
        const { c } = await streamOf((uuid) => part(uuid, 1) + part(uuid, 2) + part(uuid, 3));
        const stream = await c.request("x");
        const third = once(c.socket!, "data");
        await Promise.race([third, until(() => c.stats.messages_received >= 3)]);
        stream.on("end", () => log.push("end"));
        stream.on("data", (data) => {
            log.push(data);
            stream.end();
        });
        await until(() => log.includes("end"));
        await turns(2);
        expect(log).to.deep.equal([1, "end"]);
    });
});
