import { expect } from "chai";
import { EventEmitter, getEventListeners, once } from "node:events";
import net from "node:net";
import { SockhopError, type SockhopServer, SockhopSession } from "../../src";
import { MessageStream } from "../../src/endpoint/MessageStream";
import { next, turns, until } from "../support/eventLoop";
import { client, later, pair, server } from "../support/pair";

/** Names of the events that have listeners, apart from those that the tests add. */
const listeners = (end: SockhopServer): number => end.listenerCount("receive") + end.listenerCount("disconnect");

describe("messages()", () => {
    it("yields the messages of a server in order, with type, and callback for a call", async () => {
        const { s, c, socket } = await pair();
        const messages = c.messages();
        void s.send(socket, [1]);
        const reply = new Promise((resolve) => void s.send(socket, "two", resolve));
        expect((await messages.next()).value).to.deep.equal({ type: "Array", value: [1] });
        const { value } = (await messages.next()) as { value: { callback(answer: number): void; value: string } };
        expect(value.value).to.equal("two");
        value.callback(2);
        expect(await reply).to.equal(2);
    });

    it("yields the messages of clients with their socket and session", async () => {
        const { s, c, socket } = await pair();
        const messages = s.messages();
        await c.send("hello");
        const session = s.sessions[0];
        expect((await messages.next()).value).to.deep.equal({ type: "String", value: "hello", socket, session });
    });

    it("keeps the messages that arrive between two next()", async () => {
        const { s, c } = await pair();
        const messages = s.messages();
        for (const value of [1, 2, 3]) await c.send(value);
        await turns(5);
        const seen: unknown[] = [];
        for await (const { value } of messages) {
            seen.push(value);
            await turns(3);
            if (value === 3) break;
        }
        expect(seen).to.deep.equal([1, 2, 3]);
    });

    it("serves several next() in order", async () => {
        const { s, c } = await pair();
        const messages = s.messages();
        const both = [messages.next(), messages.next()];
        void c.send("a");
        void c.send("b");
        expect((await Promise.all(both)).map(({ value }) => (value as { value: unknown }).value)).to.deep.equal([
            "a",
            "b",
        ]);
    });

    it("yields messages whose handler throws, and forgets a socket whose handler of disconnect throws", () => {
        const emitter = new EventEmitter();
        const fail = (): never => {
            throw new Error("of the program");
        };
        emitter.on("receive", fail).on("disconnect", fail);
        const socket = new net.Socket();
        const source = { emitter, streams: new Set<{ end(): void }>(), socketOf: () => socket };
        const messages = new MessageStream<{ value: unknown }>(source, {});
        for (let n = 0; n < 101; n++) expect(() => emitter.emit("receive", n, {})).to.throw("of the program");
        expect(socket.isPaused()).to.equal(true);
        expect(() => emitter.emit("disconnect", socket)).to.throw("of the program");
        expect(socket.isPaused()).to.equal(false);
        void messages.return();
        expect(emitter.listenerCount("receive")).to.equal(1);
    });

    it("leaves no listener after break", async () => {
        const { s, c } = await pair();
        const before = listeners(s);
        const messages = s.messages();
        expect(listeners(s)).to.equal(before + 2);
        void c.send(1);
        for await (const { value } of messages) {
            expect(value).to.equal(1);
            break;
        }
        expect(listeners(s)).to.equal(before);
        expect(await messages.next()).to.deep.equal({ done: true, value: undefined });
    });

    for (const end of ["server", "client"] as const) {
        it(`pauses the sockets of a ${end} while more than 100 messages wait`, async () => {
            const { s, c, socket } = await pair();
            const [reader, messages] = end === "server" ? [socket, s.messages()] : [c.socket!, c.messages()];
            const send = (value: unknown): void => void (end === "server" ? c.send(value) : s.send(socket, value));
            for (let count = 0; count < 100; count++) send(count);
            await until(() => reader.bytesRead > 0);
            await turns(5);
            expect(reader.isPaused()).to.equal(false);
            const large = "x".repeat(100_000);
            const sent = reader.bytesRead;
            for (let count = 100; count < 300; count++) send([count, large]);
            await until(() => reader.isPaused());
            await turns(20);
            expect(reader.bytesRead - sent).to.be.below(1_000_000);
            for (let count = 0; count < 300; count++) {
                const { value } = (await messages.next()) as { value: { value: number | [number] } };
                expect([value.value].flat()[0]).to.equal(count);
            }
            expect(reader.isPaused()).to.equal(false);
        });
    }

    it("resumes a paused socket after break", async () => {
        const { s, c, socket } = await pair();
        const messages = s.messages();
        for (let count = 0; count <= 100; count++) void c.send(count);
        await until(() => socket.isPaused());
        await messages.return!();
        expect(socket.isPaused()).to.equal(false);
    });

    it("ends when a client without auto_reconnect has lost its connection, after the last message", async () => {
        const { s, c, socket } = await pair();
        const messages = c.messages();
        await s.send(socket, "last");
        await s.close();
        const seen: unknown[] = [];
        for await (const { value } of messages) seen.push(value);
        expect(seen).to.deep.equal(["last"]);
    });

    it("goes on after a client has reconnected", async () => {
        const { s, c, socket } = await pair({}, { auto_reconnect_interval: 10 });
        c.auto_reconnect = true;
        const messages = c.messages();
        const again = next(s, "connect");
        await s.kill_socket(socket);
        await again;
        await s.sendall("again");
        expect((await messages.next()).value).to.deep.equal({ type: "String", value: "again" });
    });

    it("ends when disconnect() is called, without a connection, too", async () => {
        const { c } = await pair();
        const waits = c.messages().next();
        await c.disconnect();
        expect(await waits).to.deep.equal({ done: true, value: undefined });
        const idle = client().messages();
        expect(await idle.return!()).to.deep.equal({ done: true, value: undefined });
        const never = client();
        const none = never.messages().next();
        await never.disconnect();
        expect(await none).to.deep.equal({ done: true, value: undefined });
    });

    it("ends when close() of a server has settled, not when a client disconnects", async () => {
        const { s, c } = await pair();
        const before = listeners(s);
        const waits = s.messages().next();
        let isOver = false;
        void waits.then(() => (isOver = true));
        await c.disconnect();
        await turns(5);
        expect(isOver).to.equal(false);
        await s.close();
        expect(await waits).to.deep.equal({ done: true, value: undefined });
        expect(listeners(s)).to.equal(before - 0);
    });

    it("ends when a socket that the program has assigned closes", async () => {
        const s = server();
        await s.listen();
        const c = client();
        c.socket = net.connect(s.get_bound_port()!);
        const accepted = once(s, "connect");
        const messages = c.messages();
        const [socket] = (await accepted) as [net.Socket];
        const end = messages.next();
        socket.end();
        expect(await end).to.deep.equal({ done: true, value: undefined });
    });

    it("ends when auto_reconnect is turned off after a lost connection", async () => {
        const { s, c } = await pair();
        c.auto_reconnect = true;
        const end = c.messages().next();
        const lost = once(c, "disconnect");
        await s.close();
        await lost;
        c.auto_reconnect = false;
        expect(await end).to.deep.equal({ done: true, value: undefined });
    });

    it("does not delay the end of a connection while its session ends", async () => {
        let release = (): void => undefined;
        class Slow extends SockhopSession {
            override end(): Promise<void> {
                return new Promise((resolve) => (release = resolve));
            }
        }
        const { s, c, socket } = await pair({ session_type: Slow });
        s.messages();
        for (let n = 0; n < 200; n++) void c.send(n);
        await until(() => socket.isPaused());
        await s.kill_socket(socket, { timeout: 8000 });
        expect(socket.errored).to.equal(null);
        release();
    });

    it("ends when its signal is aborted, and forgets the signal", async () => {
        const { s } = await pair();
        const controller = new AbortController();
        const messages = s.messages({ signal: controller.signal });
        const waits = messages.next();
        controller.abort();
        expect(await waits).to.deep.equal({ done: true, value: undefined });
        expect(getEventListeners(controller.signal, "abort")).to.deep.equal([]);
        const other = new AbortController();
        await s.messages({ signal: other.signal }).return!();
        expect(getEventListeners(other.signal, "abort")).to.deep.equal([]);
    });

    it("is over at once with an aborted signal, and rejects what is no signal", async () => {
        const s = server();
        later(() => s.close());
        expect(await s.messages({ signal: AbortSignal.abort() }).next()).to.deep.equal({
            done: true,
            value: undefined,
        });
        expect(listeners(s)).to.equal(0);
        expect(() => s.messages({ signal: 5 as never }))
            .to.throw(SockhopError)
            .with.property("code", "ERR_BAD_OPTION");
    });

    it("pauses again when more than 100 of the messages wait that were held in the meantime", async () => {
        const { s, c } = await pair({ resume: true });
        await c.flush();
        let received = 0;
        s.on("receive", () => (received += 1));
        const messages = s.messages();
        for (let n = 0; n < 500; n++) void c.send(n);
        await c.flush();
        expect(received).to.equal(101);
        for (let n = 0; n < 51; n++) expect((await messages.next()).value).to.have.property("value", n);
        await turns(5);
        expect(received).to.equal(152);
        for (let n = 51; n < 500; n++) expect((await messages.next()).value).to.have.property("value", n);
    });

    it("forgets the socket of a connection that is interrupted, as it goes on with another one", () => {
        const emitter = new EventEmitter();
        const stream = new MessageStream(
            { emitter, streams: new Set(), socketOf: (meta) => (meta as Meta).socket },
            {},
        );
        const sockets = Array.from({ length: 3 }, () => new net.Socket());
        for (let n = 0; n < 100; n++) emitter.emit("receive", n, { socket: undefined });
        for (const socket of sockets) {
            emitter.emit("receive", 1, { socket });
            expect(socket.isPaused()).to.equal(true);
            emitter.emit("interrupted", new Error("lost"), socket);
            expect(socket.isPaused(), "released").to.equal(false);
        }
        stream.end();
        expect(emitter.eventNames()).to.deep.equal([]);
    });
});

interface Meta {
    socket: net.Socket | undefined;
}
