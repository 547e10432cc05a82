import { expect } from "chai";
import { once } from "node:events";
import type { SockhopRequest, SockhopResponseWriteableStream } from "../../src";
import { pair, raw, server } from "../support/pair";

class Widget {
    size = 1;
}

describe("type events", () => {
    it("receive messages of their type only, after the general handlers, at both ends", async () => {
        const { s, c, socket } = await pair();
        const heard: unknown[] = [];
        s.on("receive", (value, { type }) => heard.push(["all", type]));
        s.on("receive:Widget", (value, meta) =>
            heard.push([value, meta.type, meta.socket === socket, meta.session.sock === socket]),
        );
        s.on("receive:String", (value) => heard.push(value));
        const last = once(s, "receive:Number");
        await Promise.all([c.send(new Widget()), c.send("text"), c.send(new Widget()), c.send([]), c.send(7)]);
        await last;
        expect(heard).to.deep.equal([
            ["all", "Widget"],
            [{ size: 1 }, "Widget", true, true],
            ["all", "String"],
            "text",
            ["all", "Widget"],
            [{ size: 1 }, "Widget", true, true],
            ["all", "Array"],
            ["all", "Number"],
        ]);
        const widget = once(c, "receive:Widget");
        await s.sendall(new Widget());
        expect(await widget).to.deep.equal([{ size: 1 }, { type: "Widget" }]);
    });

    it("can reply", async () => {
        const { s, c } = await pair();
        s.on("receive:Widget", ({ size }: Widget, { callback }) => callback?.(size + 1));
        expect(await new Promise((resolve) => void c.send(new Widget(), resolve))).to.equal(2);
        s.on("request:Widget", (request, response) => void response.send([request.type, request.data]));
        expect(await c.ask(new Widget())).to.deep.equal(["Widget", { size: 1 }]);
    });

    it("count as request handlers", async () => {
        const { s, c } = await pair();
        s.on("request:Widget", () => {
            throw new Error("not that one");
        });
        const error: unknown = await c.ask("text").catch((thrown: unknown) => thrown);
        expect(error).to.have.property("code", "ERR_REQUEST_UNHANDLED");
        s.on("request", (_, response) => void response.send("all"));
        expect(await c.ask("text")).to.equal("all");
    });

    it("that have handled one request do not delay an error for another type", async () => {
        const { s, c } = await pair();
        s.on("request:Number", (_, response) => void response.send("number"));
        expect(await c.ask(1)).to.equal("number");
        const error: unknown = await c.ask("text").catch((thrown: unknown) => thrown);
        expect(error).to.have.property("code", "ERR_REQUEST_UNHANDLED");
    });

    it("of a request replace the general handler, which would respond, too", async () => {
        const { s, c, socket } = await pair();
        const ends = [
            { end: s, ask: (value: unknown): Promise<unknown> => c.ask(value) },
            { end: c, ask: (value: unknown): Promise<unknown> => s.ask(socket, value) },
        ];
        for (const { end, ask } of ends) {
            const heard: string[] = [];
            end.on("request", ({ type }: SockhopRequest, response: SockhopResponseWriteableStream) => {
                heard.push(`general ${type}`);
                void response.send("general");
            });
            const specific = (_: unknown, response: SockhopResponseWriteableStream): void => {
                heard.push("specific");
                void response.send("specific");
            };
            end.on("request:String", specific);
            expect(await ask("text")).to.equal("specific");
            expect(await ask(5)).to.equal("general");
            end.off("request:String", specific);
            end.once("request:String", specific);
            expect([await ask("text"), await ask("text")]).to.deep.equal(["specific", "general"]);
            expect(heard).to.deep.equal(["specific", "general Number", "specific", "general String"]);
        }
    });

    it("are not emitted for an invalid name, nor twice", async () => {
        const s = server();
        await s.listen();
        const heard: string[] = [];
        for (const event of ["receive", "receive:undefined", "receive:7", "receive:[object Object]", "receive:"]) {
            s.on(event, () => heard.push(event));
        }
        const socket = await raw(s);
        const last = once(s, "receive:last");
        for (const type of [undefined, 7, { toString: 1 }, ["a"], null, "", "last"]) {
            socket.write(JSON.stringify({ type, data: { constructor: 1 } }) + "\n");
        }
        await last;
        expect(heard.filter((event) => event === "receive")).to.have.length(7);
        expect(heard.filter((event) => event !== "receive")).to.deep.equal(["receive:"]);
    });

    it("work on a session, and with json peers", async () => {
        const { s, c } = await pair({ peer_type: "json" });
        const number = once(s, "receive:Array");
        await c.send([1]);
        expect((await number)[0]).to.deep.equal([1]);
    });
});
