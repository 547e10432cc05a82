import { expect } from "chai";
import { once } from "node:events";
import type { SockhopClient, SockhopServer, SockhopSession } from "../../../src";
import { pair } from "../../support/pair";

const OPTIONS = { codec: "binary" } as const;

/** Value whose encoding runs code of the program. */
function running(code: () => void, value: unknown = "value"): object {
    return {
        get member(): unknown {
            code();
            return value;
        },
    };
}

/** Collects messages until one is "end". */
function until(c: SockhopClient | SockhopServer): Promise<unknown[]> {
    const received: unknown[] = [];
    return new Promise((resolve) => {
        (c as SockhopClient).on("receive", (value: unknown) => {
            received.push(value);
            if (value === "end") resolve(received);
        });
    });
}

describe("A getter of a value that is sent with the codec binary", () => {
    it("may send on the same connection: all messages arrive once", async () => {
        const { s, c } = await pair(OPTIONS);
        await once(c, "codec");
        const received = until(s);
        void c.send("first");
        void c.send(running(() => void c.send("inner")));
        void c.send("end");
        expect(await received).to.have.deep.members(["first", "inner", { member: "value" }, "end"]);
    });

    it("may send calls and large messages", async () => {
        const { s, c } = await pair(OPTIONS);
        await once(c, "codec");
        const received = until(s);
        const calls: unknown[] = [];
        s.handle("Number", (n: number) => n + 1);
        void c.send("first");
        void c.send(
            running(() => {
                void c.ask(1).then((answer) => calls.push(answer));
                void c.send("large".repeat(1000));
            }),
        );
        await c.send("end");
        expect(await received).to.have.lengthOf(4);
        expect(await c.ask(5)).to.equal(6);
        expect(calls).to.deep.equal([2]);
    });

    it("may throw, and the messages around it arrive", async () => {
        const { s, c } = await pair(OPTIONS);
        await once(c, "codec");
        const received = until(s);
        void c.send({ a: 1 });
        const failing = running(() => {
            throw new Error("no");
        });
        const error = await c.send([{ deep: failing }]).catch((reason: unknown) => reason);
        expect(error).to.have.property("code", "ERR_BAD_DATA");
        expect(error).to.have.property("message").that.includes("[0].deep.member");
        void c.send({ a: 2 });
        void c.send("end");
        expect(await received).to.deep.equal([{ a: 1 }, { a: 2 }, "end"]);
    });

    it("may close the connection: the message fails", async () => {
        const { c, s } = await pair(OPTIONS);
        await once(c, "codec");
        const closed = once(s, "disconnect");
        const error = await c.send(running(() => c.socket?.destroy())).catch((reason: unknown) => reason);
        expect(error).to.have.property("code", "ERR_SOCKET_DESTROYED");
        await closed;
    });

    it("may end the socket: what was sent before arrives", async () => {
        const { c, s } = await pair(OPTIONS);
        await once(c, "codec");
        const received: unknown[] = [];
        s.on("receive", (value) => received.push(value));
        const closed = once(s, "disconnect");
        void c.send("before");
        await c.send(running(() => c.socket?.end())).catch(() => undefined);
        await closed;
        expect(received[0]).to.equal("before");
    });

    it("may disconnect, and connect again", async () => {
        const { c, s } = await pair(OPTIONS);
        await once(c, "codec");
        let again: Promise<void> | undefined;
        const sent = c.send(running(() => (again ??= c.disconnect().then(() => c.connect()))));
        await sent.catch(() => undefined);
        await again;
        const received = until(s);
        await c.send("end");
        expect((await received).at(-1)).to.equal("end");
    });

    it("may broadcast to the same connection", async () => {
        const { c, s } = await pair(OPTIONS);
        await once(c, "codec");
        const received = until(c);
        const session = s.sessions[0] as SockhopSession;
        void session.send("first");
        void session.send(running(() => void s.sendall("broadcast")));
        void session.send("end");
        const values = await received;
        expect(values).to.have.deep.members(["first", "broadcast", { member: "value" }, "end"]);
    });

    it("may broadcast while a broadcast is encoded", async () => {
        const { c, s } = await pair(OPTIONS);
        await once(c, "codec");
        const received = until(c);
        void s.sendall(running(() => void s.sendall("inner")));
        void s.sendall("end");
        expect(await received).to.have.deep.members(["inner", { member: "value" }, "end"]);
    });
});

describe("fromJSON of a class", () => {
    class Eager {
        static onData: () => void = () => undefined;

        static fromJSON(data: unknown): unknown {
            Eager.onData();
            return Object.assign(new Eager(), data);
        }
    }

    it("may send, reply and close: other messages of its frame are not disturbed", async () => {
        const { c, s } = await pair({ codec: "binary", classes: [Eager] });
        await once(c, "codec");
        const received: unknown[] = [];
        s.on("receive", (value: object) => received.push(value));
        const [session] = s.sessions as [SockhopSession];
        Eager.onData = () => void session.send("from inside");
        const answer = once(c, "receive");
        void c.send({ n: 1 });
        void c.send({ list: [Object.assign(new Eager(), { n: 2 })] });
        void c.send({ n: 3 });
        expect((await answer)[0]).to.equal("from inside");
        expect(received).to.have.lengthOf(3);
        Eager.onData = () => void session.kill();
        const closed = once(c, "disconnect");
        void c.send(new Eager());
        await closed;
    });
});
