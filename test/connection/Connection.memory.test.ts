import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { ObjectBuffer } from "../../src/codec/ObjectBuffer";
import { Connection } from "../../src/connection/Connection";
import { limitsOf } from "../../src/connection/limits";
import { turns, until } from "../support/eventLoop";
import { later, rawServer } from "../support/pair";
import { TestFormat, type TestWire, split } from "../support/TestWire";

describe("memory of the frames of a connection", () => {
    let port: number;
    let accepted: net.Socket | undefined;
    let received: Buffer[];
    let wire: TestWire;

    beforeEach(async () => {
        accepted = undefined;
        received = [];
        ({ port } = await rawServer((socket) => {
            accepted = socket;
            socket.on("data", (chunk) => received.push(chunk));
        }));
    });

    function create(socket: net.Socket): Connection {
        later(() => socket.destroy());
        const connection = new Connection(socket, {
            _objectBuffer: new ObjectBuffer(),
            _limits: limitsOf({}),
            _peerName: () => "a peer",
            _onSocketTaken: () => undefined,
            _onAborted: () => undefined,
        });
        wire = new TestFormat().createWire();
        connection.agree(wire);
        return connection;
    }

    async function connect(): Promise<Connection> {
        const socket = net.connect(port, "127.0.0.1");
        await once(socket, "connect");
        return create(socket);
    }

    const send = (connection: Connection, value: unknown): Promise<undefined> =>
        connection.send(connection.encoder.encodeMessage(value));
    const parts = (): unknown[] => split(Buffer.concat(received));

    // TestWire overwrites memory that it may use again.

    it("is used again when the system has the bytes, which arrive unchanged", async () => {
        const connection = await connect();
        for (let n = 0; n < 20; n++) await send(connection, n);
        await until(() => parts().length === 20);
        expect(parts()).to.deep.equal(Array.from({ length: 20 }, (_, n) => [n]));
        expect(wire.releases).to.deep.equal(Array(20).fill(true));
    });

    it("is kept while the system does not have all bytes", async () => {
        const connection = await connect();
        await until(() => accepted !== undefined);
        accepted!.pause();
        const large = "x".repeat(20_000_000);
        const sent = [send(connection, large)];
        connection.flush();
        sent.push(send(connection, "behind"));
        await turns(1);
        expect([connection.hasPendingWrites, wire.releases]).to.deep.equal([true, [false, false]]);
        accepted!.resume();
        await Promise.all(sent);
        await until(() => Buffer.concat(received).length === connection.bytesSent);
        expect(parts().length === 2 && (parts()[0] as [string])[0] === large).to.equal(true);
        await send(connection, "last");
        expect(wire.releases).to.deep.equal([false, false, true]);
    });

    it("is kept while the socket connects", async () => {
        const socket = net.connect(port, "127.0.0.1");
        const connection = create(socket);
        const sent = send(connection, "early");
        connection.flush();
        expect(wire.releases).to.deep.equal([false]);
        await sent;
        await until(() => received.length > 0);
        expect(parts()).to.deep.equal([["early"]]);
    });

    it("is kept while the socket is corked", async () => {
        const connection = await connect();
        connection.socket.cork();
        const sent = send(connection, "corked");
        await turns(1);
        expect(wire.releases).to.deep.equal([false]);
        connection.socket.uncork();
        await sent;
        await until(() => received.length > 0);
        expect(parts()).to.deep.equal([["corked"]]);
    });

    it("is kept if the program has replaced write(), which may keep the bytes", async () => {
        const connection = await connect();
        const { socket } = connection;
        const write = socket.write.bind(socket);
        socket.write = ((chunk: Buffer, encoding: BufferEncoding, done?: () => void) => {
            setTimeout(() => write(chunk, encoding, done), 5);
            return true;
        }) as typeof socket.write;
        await send(connection, "late");
        expect(wire.releases).to.deep.equal([false]);
        await until(() => received.length > 0);
        expect(parts()).to.deep.equal([["late"]]);
    });
});
