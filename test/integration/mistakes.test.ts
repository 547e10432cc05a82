import { expect } from "chai";
import type { SockhopClient, SockhopServer } from "../../src";
import { turns, until } from "../support/eventLoop";
import { client, pair, placeOf, rejection, server } from "../support/pair";
import { warnings } from "../support/rejections";

/** Connects both ends after `prepare`, and resolves to the warnings. */
async function warned(prepare: (s: SockhopServer, c: SockhopClient) => void): Promise<string[]> {
    const heard = warnings();
    const s = server();
    const c = client();
    prepare(s, c);
    await s.listen();
    Object.assign(c, placeOf(s));
    await c.connect();
    await c.flush();
    await turns(3);
    return heard.map(({ message }) => message);
}

const nothing = (): void => undefined;

describe("A mistake is told:", () => {
    for (const [name, meant] of [
        ["recieve", "receive"],
        ["recieve:Widget", "receive:Widget"],
        ["message", "receive"],
        ["connection", "connect"],
        ["disconected", "disconnect"],
    ] as const) {
        it(`an event with a name like another one, ${name}`, async () => {
            const texts = await warned((s) => s.on(name, nothing));
            expect(texts).to.deep.equal([`The event "${name}" is none of sockhop: did you mean "${meant}"?`]);
        });
    }

    it("but not an event of the program, nor one beside the event that is meant", async () => {
        const texts = await warned((s, c) => {
            s.on("my-event", nothing).on("message", nothing).on("receive", nothing).on(Symbol("receve"), nothing);
            c.on("receive:Widget", nothing).on("newListener", nothing).on("resumed", nothing);
        });
        expect(texts).to.deep.equal([]);
    });

    it("a message with a callback that nothing listens for", async () => {
        const { c } = await pair();
        const heard = warnings();
        void c.send("x", nothing, { failed: nothing });
        await c.flush();
        await until(() => heard.length > 0);
        expect(heard[0]!.message).to.equal(
            'A message of the type String has a callback, and nothing listens for "receive"',
        );
    });

    it("a message that was meant as a request, once", async () => {
        const { s, c } = await pair();
        const heard = warnings();
        s.handle("String", nothing);
        for (let n = 0; n < 2; n++) void c.send("x");
        await c.flush();
        await until(() => heard.length > 0);
        expect(heard.map(({ message }) => message)).to.deep.equal([
            "A message of the type String came by send(), and its handler responds to ask()",
        ]);
    });

    it("but not a message without a callback that nothing listens for", async () => {
        const { s, c } = await pair();
        const heard = warnings();
        c.handle("Number", nothing);
        await s.sendall("x");
        await c.flush();
        await turns(3);
        expect(heard).to.deep.equal([]);
    });

    it("a request to a program that listens for messages", async () => {
        const { s, c } = await pair();
        s.on("receive", nothing);
        const error = await rejection(c.ask("x"));
        expect(error.message).to.equal(
            'No handler for requests of the type String (listeners of "receive" get messages of send() only)',
        );
    });

    it("a handler for peers that send no requests", async () => {
        const heard = warnings();
        server({ peer_type: "json" }).handle("x", nothing);
        await until(() => heard.length > 0);
        expect(heard[0]!.message).to.equal('Peers of the type "json" send no requests to handle()');
    });

    it("a session in the place of its socket", async () => {
        const { s } = await pair();
        const [session] = s.sessions;
        const hint =
            "The first argument must be a socket of the server: call the method of the session, or pass its sock";
        for (const refused of [
            s.send(session as never, "x"),
            s.ask(session as never, "x"),
            s.kill_socket(session as never),
        ])
            expect(await rejection(refused)).to.include({ code: "ERR_NO_SOCKET", message: hint });
    });

    it("options in the place of the callback", async () => {
        const { c } = await pair();
        expect(() => c.send("x", { type: "chat" } as never))
            .to.throw("The callback must be a function; null, if only options follow")
            .with.property("code", "ERR_REMOTE_CALLBACK_TYPE");
    });
});
