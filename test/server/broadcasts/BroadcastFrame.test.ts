import { expect } from "chai";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { ObjectBuffer } from "../../../src/codec/ObjectBuffer";
import { Connection } from "../../../src/connection/Connection";
import { limitsOf } from "../../../src/connection/limits";
import { BroadcastFrame } from "../../../src/server/broadcasts/BroadcastFrame";
import { ValueMessage } from "../../../src/server/broadcasts/SharedMessage";
import { broadcastOf } from "../../support/broadcastOf";
import { later, rejection } from "../../support/pair";
import { TestSocket } from "../../support/TestSocket";
import { TestFormat, split } from "../../support/TestWire";

/** Values that only one of the two formats can express. */
const BYTES_ONLY = 1n;
const LINES_ONLY = { toJSON: () => "text" };
const NEITHER = (): number => 1;

describe("BroadcastFrame", () => {
    const objectBuffer = new ObjectBuffer();
    let format: TestFormat;
    let sockets: TestSocket[];
    /** A connection with lines, and two with frames of bytes. */
    let connections: Connection[];

    beforeEach(() => {
        format = new TestFormat();
        sockets = Array.from({ length: 3 }, () => new TestSocket());
        connections = sockets.map((socket) => {
            const owner = {
                _objectBuffer: objectBuffer,
                _limits: limitsOf({}),
                _peerName: () => "a peer",
                _onSocketTaken: () => undefined,
                _onAborted: () => undefined,
            };
            return new Connection(socket.asSocket, owner);
        });
        for (const connection of connections.slice(1)) connection.agree(format.createWire());
    });

    const message = (value: unknown): ValueMessage => new ValueMessage(objectBuffer, value, undefined);
    const create = (value: unknown): BroadcastFrame => new BroadcastFrame(connections, message(value));
    const parts = (): unknown[] => sockets.map(({ chunks }) => split(Buffer.concat(chunks)));
    const line = (data: unknown): string => objectBuffer.json.encodeMessage(data);

    it("has one frame for each format", () => {
        const frame = create("a");
        expect(frame.text).to.equal(line("a"));
        expect(frame.errors).to.equal(undefined);
        expect([...frame.bytes!.keys()]).to.deep.equal([format]);
        expect(frame.for(connections[0]!)).to.equal(frame.text);
        expect(frame.for(connections[1]!)).to.equal(frame.for(connections[2]!));
    });

    it("has no frames of bytes if all connections have lines, and no line if none has", () => {
        expect(new BroadcastFrame(connections.slice(0, 1), message("a")).bytes).to.equal(undefined);
        expect(new BroadcastFrame(connections.slice(1), message(BYTES_ONLY))).to.include({ text: "" });
    });

    it("has the error of a format that cannot express the value, and throws if none can", () => {
        expect([...create(BYTES_ONLY).errors!.keys()]).to.deep.equal([undefined]);
        expect([...create(LINES_ONLY).errors!.keys()]).to.deep.equal([format]);
        expect(() => create(NEITHER))
            .to.throw()
            .with.property("code", "ERR_BAD_DATA");
    });

    it("is sent to each connection in its format", async () => {
        const broadcast = broadcastOf(connections, create("a"));
        broadcast.push(create("b"));
        await broadcast.promise;
        expect(parts()).to.deep.equal([
            [line("a"), line("b")],
            [["a"], ["b"]],
            [["a"], ["b"]],
        ]);
    });

    it("is sent to the connections that can get it; the others get the next one", async () => {
        for (const [value, failed] of [
            [BYTES_ONLY, [0]],
            [LINES_ONLY, [1, 2]],
        ] as const) {
            const broadcast = broadcastOf(connections, create(value));
            expect(broadcast.isFor(connections)).to.equal(false);
            await broadcastOf(connections, create("next")).promise;
            const { failures } = (await rejection(broadcast.promise)) as unknown as {
                failures: { socket: unknown; error: { code: string } }[];
            };
            expect(failures.map(({ socket }) => sockets.indexOf(socket as TestSocket))).to.deep.equal(failed);
            expect(failures.every(({ error }) => error.code === "ERR_BAD_DATA")).to.equal(true);
        }
        const frames = [[BYTES_ONLY], ["next"], ["next"]];
        expect(parts()).to.deep.equal([
            [line("next"), line("text").replace("String", "Object"), line("next")],
            frames,
            frames,
        ]);
    });

    it("is published for the connections that can get it", async () => {
        const published: unknown[] = [];
        const onSent = ({ socket, type }: { socket: unknown; type: unknown }): void => {
            published.push([sockets.indexOf(socket as TestSocket), type]);
        };
        subscribe("sockhop:message:sent", onSent as (message: unknown) => void);
        later(() => unsubscribe("sockhop:message:sent", onSent as (message: unknown) => void));
        await rejection(broadcastOf(connections, create(BYTES_ONLY)).promise);
        await rejection(broadcastOf(connections, create(LINES_ONLY)).promise);
        expect(published.map((entry) => (entry as unknown[])[0])).to.deep.equal([1, 2, 0]);
    });
});
