import { expect } from "chai";
import { SockhopError } from "../../src";
import type { Connection } from "../../src/connection/Connection";
import { reasonOf } from "../../src/connection/DisconnectReason";
import { type EndOptions, closeOptions } from "../../src/connection/GracefulClose";
import { Endpoint } from "../../src/endpoint/Endpoint";
import { turns } from "../support/eventLoop";
import { uncaught } from "../support/rejections";
import { TestSocket } from "../support/TestSocket";

/** The smallest endpoint. It keeps a log of its events. */
class Probe extends Endpoint {
    readonly log: unknown[] = [];

    constructor(options: object = {}) {
        super(options);
        this.on("receive", (data, meta) => this.log.push(["receive", data, meta]));
        this.on("error", ({ message }: Error, socket) => this.log.push(["error", message, socket]));
        for (const event of ["connect", "disconnect", "drain"]) {
            this.on(event, (...args: unknown[]) => this.log.push([event, ...args]));
        }
    }

    get names(): unknown[] {
        return this.log.map((entry) => (entry as unknown[])[0]);
    }

    get size(): number {
        return this._connections.size;
    }

    attach(socket: TestSocket): Connection {
        return this._attach(socket.asSocket);
    }

    open(socket: TestSocket): Connection {
        const connection = this.attach(socket);
        this._onOpen(connection);
        return connection;
    }

    close(connection: Connection, options?: EndOptions): Promise<undefined> {
        return this._closeAndWait(connection, { code: "KILLED" }, closeOptions(options));
    }

    closeAll(): Promise<unknown> {
        return this._closeAll(closeOptions(null));
    }

    destroy(connection: Connection, error?: Error): void {
        this._destroy(connection, error ? reasonOf(error) : { code: "CLOSED" });
    }

    owns(socket: TestSocket): boolean {
        return this._connectionOf(socket.asSocket) !== undefined;
    }

    protected override _receiveMeta(_connection: Connection, type: string): object {
        return { type };
    }
}

function frame(data: unknown, type = "Object"): string {
    return `${JSON.stringify({ type, data })}\n`;
}

describe("Endpoint", () => {
    let probe: Probe;
    let socket: TestSocket;

    beforeEach(() => {
        probe = new Probe();
        socket = new TestSocket();
    });

    it("emits `connect` when a connection opens, and reads only then", async () => {
        const connection = probe.attach(socket);
        socket.push(frame(1));
        await turns(2);
        expect([probe.log, connection.state, probe.size]).to.deep.equal([[], "pending", 1]);
        probe["_onOpen"](connection);
        expect(connection.state).to.equal("open");
        await turns(2);
        expect(probe.log).to.deep.equal([
            ["connect", socket],
            ["receive", 1, { type: "Object" }],
        ]);
    });

    it("emits the event of the type, too", async () => {
        probe.open(socket);
        probe.on("receive:Widget", (data, meta) => probe.log.push(["Widget", data, meta]));
        socket.push(frame(1, "Widget") + frame(2, "Other"));
        await turns(2);
        expect(probe.names).to.deep.equal(["connect", "receive", "Widget", "receive"]);
    });

    it("delivers no messages of kinds that no mixin handles", async () => {
        probe.open(socket);
        const ping = frame({ _id: 1 }, "SockhopPing");
        const call = `${JSON.stringify({ type: "String", data: "q", id: 1 })}\n`;
        socket.push(ping + call + frame(1));
        await turns(2);
        expect(probe.names).to.deep.equal(["connect", "receive"]);
    });

    it("emits `disconnect` once, when the peer has ended", async () => {
        const connection = probe.open(socket);
        socket.push(null);
        await turns(3);
        await probe.close(connection);
        expect(probe.log.slice(1)).to.deep.equal([["disconnect", socket, { code: "PEER_ENDED" }]]);
        expect([connection.state, probe.size, socket.destroyed]).to.deep.equal(["closed", 0, true]);
    });

    it("emits no `disconnect` for a connection that was never open", async () => {
        const connection = probe.attach(socket);
        socket.destroy();
        await turns(2);
        expect([probe.log, connection.state, probe.size]).to.deep.equal([[], "closed", 0]);
    });

    it("reports an error of an open socket, and not an abort by the peer", async () => {
        for (const [code, expected] of [
            ["EIO", ["connect", "error", "disconnect"]],
            ["ECONNRESET", ["connect", "disconnect"]],
            ["EPIPE", ["connect", "disconnect"]],
        ] as const) {
            probe = new Probe();
            socket = new TestSocket();
            const connection = probe.open(socket);
            const error = Object.assign(new Error("of the socket"), { code });
            socket.destroy(error);
            await turns(2);
            expect(probe.names).to.deep.equal(expected);
            expect(connection.error).to.equal(error);
        }
    });

    it("reports a bad frame, and keeps the connection", async () => {
        const connection = probe.open(socket);
        socket.push(`nonsense\n${frame(1)}`);
        await turns(2);
        expect(probe.names).to.deep.equal(["connect", "error", "receive"]);
        expect(connection.state).to.equal("open");
    });

    it("destroys a connection with a frame above max_message_size", async () => {
        probe = new Probe({ max_message_size: 100 });
        const connection = probe.open(socket);
        socket.push(frame("x".repeat(200)));
        await turns(2);
        expect(probe.names).to.deep.equal(["connect", "error", "disconnect"]);
        expect(connection.error).to.have.property("code", "ERR_MESSAGE_TOO_LARGE");
        expect(socket.destroyed).to.equal(true);
    });

    it("emits `drain` after its pending writes are done", async () => {
        const connection = probe.open(socket);
        socket.isSlow = true;
        connection.writeAndForget("x".repeat(100_000));
        let buffered: number | undefined;
        probe.on("drain", () => (buffered = connection.buffered));
        await turns(2);
        socket.accept();
        await turns(2);
        expect([probe.names, buffered]).to.deep.equal([["connect", "drain"], 0]);
    });

    it("continues when a handler of `connect` throws", async () => {
        const thrown = uncaught();
        probe.on("connect", () => {
            throw new Error("of the handler");
        });
        probe.open(socket);
        socket.push(frame(1));
        expect((await thrown).message).to.equal("of the handler");
        await turns(2);
        expect(probe.names).to.deep.equal(["connect", "receive"]);
    });

    describe("_closeAndWait()", () => {
        it("sends what was accepted, and ignores what arrives", async () => {
            const connection = probe.open(socket);
            connection.writeAndForget("last\n");
            const closed = probe.close(connection);
            expect(probe.names).to.deep.equal(["connect", "disconnect"]);
            expect(probe.owns(socket)).to.equal(false);
            socket.push(frame(1));
            socket.push(null);
            await closed;
            expect([socket.text, probe.names]).to.deep.equal(["last\n", ["connect", "disconnect"]]);
        });

        it("waits for open replies with `drain`", async () => {
            const connection = probe.open(socket);
            connection.openReplies = 1;
            void probe.close(connection, { drain: true });
            await turns(2);
            expect(connection.state).to.equal("open");
            connection.openReplies = 0;
            connection.endReply();
            await turns(2);
            expect(connection.state).to.equal("closed");
        });

        it("frees the bytes of a frame that has not ended", async () => {
            const connection = probe.open(socket);
            socket.push('{"type"');
            await turns(2);
            expect(connection.partialFrame).to.not.equal(undefined);
            void probe.close(connection);
            expect(connection.partialFrame).to.equal(undefined);
        });
    });

    describe("_closeAll()", () => {
        it("resolves when all sockets are closed, also those that were being closed", async () => {
            const sockets = [socket, new TestSocket(), new TestSocket()];
            const connections = sockets.map((each) => probe.open(each));
            void probe.close(connections[0]!);
            const closed = probe.closeAll();
            expect(connections.map(({ state }) => state)).to.deep.equal(Array(3).fill("closed"));
            for (const each of sockets) each.push(null);
            await closed;
            expect(sockets.map(({ destroyed }) => destroyed)).to.deep.equal([true, true, true]);
        });
    });

    describe("_destroy()", () => {
        it("reports the error, destroys the socket and emits `disconnect`, at once and once", () => {
            const connection = probe.open(socket);
            const error = new SockhopError("The reason", "ERR_FRAME_TIMEOUT");
            probe.destroy(connection, error);
            probe.destroy(connection, error);
            expect(probe.log.slice(1)).to.deep.equal([
                ["error", "The reason", socket],
                ["disconnect", socket, { code: "FRAME_TIMEOUT", error }],
            ]);
            expect([socket.destroyed, connection.error]).to.deep.equal([true, error]);
        });
    });

    it("does not own the sockets of another endpoint", () => {
        const other = new Probe();
        probe.open(socket);
        expect([probe.owns(socket), other.owns(socket), probe.owns(new TestSocket())]).to.deep.equal([
            true,
            false,
            false,
        ]);
    });
});
