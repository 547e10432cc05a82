import { expect } from "chai";
import { once } from "node:events";
import type net from "node:net";
import tls from "node:tls";
import {
    type ClientOptions,
    type ServerOptions,
    SockhopClient,
    type SockhopError,
    type SockhopServer,
} from "../../src";
import { client, later, raw, rawServer, rejection, server } from "../support/pair";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { ca, own } from "../support/tls";
import { V2Peer, type V2PeerOptions, frame } from "./V2Peer";

/** One end of this library with a peer of sockhop 2.1.0. */
interface Link {
    peer: V2Peer;
    end: SockhopClient | SockhopServer;
    /** Values, types and callbacks that the program has received. */
    received: { value: unknown; type: string; callback?: (value: unknown) => void }[];
    codecs: unknown[];
    codec: () => string;
    send: (value: unknown, callback?: (value: unknown, meta: { type: string }) => void, type?: string) => Promise<void>;
    ask: () => Promise<unknown>;
}

/** Records what the program gets. */
function watch(end: SockhopClient | SockhopServer): Pick<Link, "received" | "codecs"> {
    const received: Link["received"] = [];
    const codecs: unknown[] = [];
    end.on("receive", (value: unknown, meta: { type: string; callback?: (value: unknown) => void }) => {
        received.push({ value, type: meta.type, ...(meta.callback && { callback: meta.callback }) });
    });
    end.on("codec", (name: unknown) => codecs.push(name));
    return { received, codecs };
}

async function serverLink(peerOptions: V2PeerOptions, options: ServerOptions): Promise<Link> {
    const end = server(options);
    const watched = watch(end);
    await end.listen();
    const connected = once(end, "connect");
    const peer = new V2Peer(await raw(end), peerOptions);
    const [socket] = (await connected) as [net.Socket];
    return {
        peer,
        end,
        ...watched,
        codec: () => end.sessions[0]!.codec,
        send: (value, callback, type) => end.send(socket, value, callback ?? null, type ? { type } : null),
        ask: () => end.ask(socket, {}),
    };
}

async function clientLink(peerOptions: V2PeerOptions, options: ClientOptions): Promise<Link> {
    let peer: V2Peer | undefined;
    const { port } = await rawServer((socket) => (peer = new V2Peer(socket, peerOptions)));
    const end = client({ port, ...options });
    const watched = watch(end);
    await end.connect();
    while (!peer) await new Promise((resolve) => setImmediate(resolve));
    return {
        peer,
        end,
        ...watched,
        codec: () => end.codec,
        send: (value, callback, type) => end.send(value, callback ?? null, type ? { type } : null),
        ask: () => end.ask({}),
    };
}

class Order {
    constructor(readonly id: number) {}
}

for (const [role, link] of [
    ["server", serverLink],
    ["client", clientLink],
] as const) {
    describe(`a ${role} with a peer of sockhop 2.1.0`, () => {
        /** Resolves when both directions have frames, and this end does not wait with its own. */
        async function inFrames(options: ClientOptions & ServerOptions = {}): Promise<Link> {
            const made = await link({}, options);
            await made.peer.until(() => made.peer.receivesFrames && made.peer.sendsFrames);
            return made;
        }

        it("changes to frames in both directions", async () => {
            const { peer, received, send, codec, codecs } = await inFrames();
            await send({ a: 1 });
            expect(await peer.message("Object")).to.deep.equal({ form: 10, type: "Object", data: { a: 1 } });
            await send(new Order(1));
            expect(await peer.message("Order")).to.deep.equal({ form: 10, type: "Order", data: { id: 1 } });
            peer.send("String", "é→");
            await peer.until(() => received.length === 1);
            expect(received).to.deep.equal([{ value: "é→", type: "String" }]);
            expect(codec()).to.equal("sockhop-2");
            expect(codecs).to.deep.equal(["sockhop-2"]);
            expect(peer.lost).to.equal(0);
        });

        it("carries Buffers of any type", async () => {
            const { peer, received, send } = await inFrames();
            await send(Buffer.of(0, 255));
            await send(Buffer.of(7), undefined, "Img");
            expect(await peer.message("Buffer")).to.deep.include({ form: 13, data: Buffer.of(0, 255) });
            expect(await peer.message("Img")).to.deep.include({ form: 13, data: Buffer.of(7) });
            peer.send("Buffer", Buffer.of(1));
            peer.send("Img", Buffer.of(2));
            await peer.until(() => received.length === 2);
            expect(received).to.deep.equal([
                { value: Buffer.of(1), type: "Buffer" },
                { value: Buffer.of(2), type: "Img" },
            ]);
        });

        it("calls and replies in both directions", async () => {
            const { peer, received, send } = await inFrames();
            const replies: unknown[] = [];
            await send("ask", (value, { type }) => replies.push([value, type]));
            const asked = await peer.message("String");
            expect(asked).to.include({ form: 11, data: "ask" });
            expect(asked.id).to.have.length(36);
            peer.send("Buffer", Buffer.from("ok"), { callback_id: asked.id! });
            await peer.until(() => replies.length === 1);
            expect(replies).to.deep.equal([[Buffer.from("ok"), "Buffer"]]);
            peer.send("Object", { q: 1 }, { id: "30d9dbeb-b861-42a9-9e71-77576c09a7fa" });
            await peer.until(() => received.length === 1);
            received[0]!.callback!({ r: 1 });
            expect(await peer.message("Object")).to.deep.equal({
                form: 12,
                type: "Object",
                data: { r: 1 },
                callback_id: "30d9dbeb-b861-42a9-9e71-77576c09a7fa",
            });
        });

        it("keeps the order of messages that are sent all along, and loses none", async () => {
            const { peer, send } = await link({}, {});
            for (let n = 0; n < 300; n++) {
                void send({ n });
                if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
            }
            await peer.until(() => peer.messages.length === 300);
            expect(peer.messages.map(({ data }) => (data as { n: number }).n)).to.deep.equal(
                Array.from({ length: 300 }, (_, n) => n),
            );
            expect(peer.lost).to.equal(0);
            expect(peer.messages[0]!.form).to.equal("line");
            await peer.until(() => peer.receivesFrames);
        });

        it("receives all that the peer sends around its transition in one write", async () => {
            const { peer, received } = await link({ greets: false }, {});
            peer.greet();
            await peer.until(() => peer.sendsFrames || received.length > 0);
            peer.socket.write(Buffer.concat(Array.from({ length: 50 }, (_, n) => frame(10, "Number", n))));
            await peer.until(() => received.length === 50);
            expect(received.map(({ value }) => value)).to.deep.equal(Array.from({ length: 50 }, (_, n) => n));
        });

        it("stays with lines if the peer does not allow frames; Buffers are base64", async () => {
            const { peer, received, send, codec } = await link({ allowsBinary: false }, {});
            await peer.until(() => peer.lines.length >= 2);
            await send(Buffer.from("hi"));
            await peer.until(() => peer.lines.includes('{"type":"Buffer","data":"aGk="}'));
            peer.send("Buffer", Buffer.from("ho"));
            await peer.until(() => received.length === 1);
            expect(received).to.deep.equal([{ value: Buffer.from("ho"), type: "Buffer" }]);
            expect(peer.receivesFrames || peer.sendsFrames).to.equal(false);
            expect(codec()).to.equal("sockhop-2");
        });

        it("stays with lines if the peer does not reply to its handshake", async () => {
            const { peer, received, send, end } = await link({ replies: false }, {});
            await peer.until(() => peer.sendsFrames);
            peer.send("Number", 1);
            await peer.until(() => received.length === 1);
            await send(2);
            expect(await peer.message("Number")).to.include({ form: "line", data: 2 });
            const options = { drain: true, timeout: Infinity }; // the missing reply is not pending
            if (end instanceof SockhopClient) await end.disconnect(options);
            else await end.close(options);
        });

        it("sends 1.x to a peer in compatibility mode", async () => {
            const { peer, received, send, codec, codecs } = await link({ greets: false }, {});
            await send(Buffer.from("hi"));
            await peer.until(() => peer.lines.length === 1);
            expect(peer.lines).to.deep.equal(['{"type":"Buffer","data":{"type":"Buffer","data":[104,105]}}']);
            peer.send("Buffer", Buffer.from("hi")); // as base64, also in compatibility mode
            peer.send("Object", { a: 1 });
            await peer.until(() => received.length === 2);
            expect(received).to.deep.equal([
                { value: "aGk=", type: "Buffer" },
                { value: { a: 1 }, type: "Object" },
            ]);
            expect([codec(), codecs]).to.deep.equal(["json", []]);
        });

        it("refuses requests", async () => {
            const { ask } = await inFrames();
            expect(await rejection(ask())).to.have.property("code", "ERR_REQUEST_TYPE");
        });

        it("pings in frames, and keeps the connection of a peer that replies", async () => {
            const { peer, end, send } = await inFrames();
            end.ping(20);
            await new Promise((resolve) => setTimeout(resolve, 200));
            end.ping(0);
            await send("alive");
            expect(await peer.message("String")).to.include({ data: "alive" });
        });

        it("makes instances of registered classes, in frames", async () => {
            const { peer, received } = await inFrames({ classes: [Order] });
            peer.send("Order", { id: 4 });
            await peer.until(() => received.length === 1);
            expect(received[0]!.value).to.be.instanceOf(Order).and.deep.equal(new Order(4));
        });

        it("closes the connection at a frame above max_message_size", async () => {
            const { peer, end } = await inFrames({ max_message_size: 5000 });
            const errors: unknown[] = [];
            end.on("error", (error: { code?: string }) => errors.push(error.code));
            const closed = once(peer.socket, "close");
            peer.socket.write(Buffer.from("ffffff7f0a", "hex"));
            await closed;
            expect(errors).to.deep.equal(["ERR_MESSAGE_TOO_LARGE"]);
        });

        it("speaks 2.x with the option codec, too", async () => {
            const { peer, send, received, codec, codecs } = await inFrames({ codec: "binary" });
            await send({ a: 1 });
            expect(await peer.message("Object")).to.include({ form: 10 });
            peer.send("Number", 1);
            await peer.until(() => received.length === 1);
            await peer.until(() => codecs.length === 1);
            expect([codec(), codecs]).to.deep.equal(["sockhop-2", ["sockhop-2"]]);
        });

        it("publishes types and sizes", async () => {
            const { peer, send, received } = await inFrames();
            const seen: unknown[] = [];
            const onMessage = (message: unknown): void => {
                const { type, bytes } = message as { type: string; bytes: number };
                if (type !== "SockhopPong") seen.push([type, bytes]); // the last of the handshake
            };
            for (const channel of ["sockhop:message:sent", "sockhop:message:received"]) {
                subscribe(channel, onMessage);
                later(() => unsubscribe(channel, onMessage));
            }
            await send(Buffer.of(1));
            peer.send("Number", 5);
            await peer.until(() => received.length === 1);
            expect(seen).to.deep.equal([
                ["Buffer", 17],
                ["Number", 17],
            ]);
        });
    });
}

describe("a server with peers of several releases", () => {
    it("broadcasts to each in its form", async () => {
        const s = server();
        await s.listen();
        const frames = new V2Peer(await raw(s));
        const lines = new V2Peer(await raw(s), { allowsBinary: false });
        const old = new V2Peer(await raw(s), { greets: false });
        await frames.until(() => frames.receivesFrames && lines.lines.length >= 2 && s.sockets.length === 3);
        const sent = [s.sendall(Buffer.from("hi")), s.sendall({ n: 1 })];
        await Promise.all(sent);
        expect(await frames.message("Buffer")).to.deep.equal({ form: 13, type: "Buffer", data: Buffer.from("hi") });
        expect(await frames.message("Object")).to.deep.equal({ form: 10, type: "Object", data: { n: 1 } });
        await lines.message("Object");
        expect(lines.lines.slice(-2)).to.deep.equal([
            '{"type":"Buffer","data":"aGk="}',
            '{"type":"Object","data":{"n":1}}',
        ]);
        await old.message("Object");
        expect(old.lines[0]).to.equal('{"type":"Buffer","data":{"type":"Buffer","data":[104,105]}}');
    });

    it("broadcasts around the transition without a loss", async () => {
        const s = server();
        await s.listen();
        const peer = new V2Peer(await raw(s));
        await peer.until(() => s.sockets.length === 1);
        for (let n = 0; n < 200; n++) {
            void s.sendall(n);
            if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        await peer.until(() => peer.messages.length === 200);
        expect(peer.messages.map(({ data }) => data)).to.deep.equal(Array.from({ length: 200 }, (_, n) => n));
        expect(peer.lost).to.equal(0);
    });
});

describe("a client and a server of sockhop 2.1.0", () => {
    it("sends what was queued before the codec was known", async () => {
        const peers: V2Peer[] = [];
        const { port } = await rawServer((socket) => void peers.push(new V2Peer(socket)));
        const c = client({ port, codec: "binary", queue: {} });
        const replies: unknown[] = [];
        const queued = Array.from({ length: 20 }, (_, n) => c.send(n));
        const asked = rejection(c.ask({}));
        void c.send("ask", (value) => replies.push(value));
        await c.connect();
        queued.push(c.send(20));
        await Promise.all(queued);
        const [peer] = peers as [V2Peer];
        const { id } = await peer.message("String");
        peer.send("Number", 5, { callback_id: id! });
        await peer.until(() => replies.length === 1);
        expect(peer.messages.map(({ data }) => data)).to.deep.equal(Array.from({ length: 21 }, (_, n) => n));
        expect(await asked).to.have.property("code", "ERR_REQUEST_TYPE");
        expect(peer.lost).to.equal(0);
    });

    it("does not connect with codec_required", async () => {
        const { port } = await rawServer((socket) => {
            new V2Peer(socket);
        });
        const c = client({ port, codec: "binary", codec_required: true });
        c.on("error", () => undefined);
        expect(await rejection(c.connect())).to.have.property("code", "ERR_CODEC");
    });

    it("sends the queue as lines, and reconnects", async () => {
        const peers: V2Peer[] = [];
        const { port } = await rawServer((socket) => void peers.push(new V2Peer(socket)));
        const c = client({ port, queue: {}, auto_reconnect: true, auto_reconnect_interval: 10 } as ClientOptions);
        const queued = Array.from({ length: 20 }, (_, n) => c.send(n));
        await c.connect();
        await Promise.all(queued);
        await new Promise((resolve) => setTimeout(resolve, 50));
        const [first] = peers as [V2Peer];
        await first.until(() => first.receivesFrames && first.messages.length === 20);
        first.socket.destroy();
        const later = Array.from({ length: 20 }, (_, n) => c.send(n).catch(() => undefined));
        await first.until(() => peers.length === 2);
        const again = c.send("again");
        const second = peers[1]!;
        await second.until(() => second.receivesFrames);
        await Promise.all([...later, again]);
        expect(await second.message("String")).to.include({ data: "again" });
        expect(second.lost).to.equal(0);
    });
});

describe("a server with a peer of sockhop 2.1.0 and TLS", () => {
    it("changes to frames without a loss", async () => {
        const s = server({ ssl_options: own });
        await s.listen();
        const connected = once(s, "connect");
        const socket = tls.connect({ port: s.get_bound_port()!, host: "127.0.0.1", ca: ca.cert });
        const peer = new V2Peer(socket);
        await connected;
        for (let n = 0; n < 200; n++) {
            void s.send(s.sockets[0]!, n);
            if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        await peer.until(() => peer.messages.length === 200 && peer.receivesFrames);
        expect(peer.messages.map(({ data }) => data)).to.deep.equal(Array.from({ length: 200 }, (_, n) => n));
        await s.send(s.sockets[0]!, Buffer.of(1));
        expect(await peer.message("Buffer")).to.include({ form: 13 });
        expect(peer.lost).to.equal(0);
    });
});

describe("a server with a peer of sockhop 2.1.0 that does not read", () => {
    it("keeps the order, and the rules of slow_consumer", async () => {
        const s = server({ max_buffered: 1_000_000, slow_consumer: "drop" });
        await s.listen();
        const connected = once(s, "connect");
        const peer = new V2Peer(await raw(s));
        const [socket] = (await connected) as [net.Socket];
        await peer.until(() => peer.receivesFrames);
        peer.socket.pause();
        const codes: unknown[] = [];
        const results = Array.from({ length: 200 }, (_, n) =>
            s.send(socket, Buffer.alloc(100_000, n)).then(
                () => n,
                (error: unknown) => {
                    codes.push((error as SockhopError).code);
                },
            ),
        );
        await new Promise((resolve) => setTimeout(resolve, 50));
        peer.socket.resume();
        const sent = (await Promise.all(results)).filter((n) => n !== undefined);
        await peer.until(() => peer.messages.length === sent.length);
        expect(peer.messages.map(({ data }) => (data as Buffer)[50])).to.deep.equal(sent);
        expect(sent.length).to.be.within(8, 199);
        expect(new Set(codes)).to.deep.equal(new Set(["ERR_BUFFER_FULL"]));
    });
});
