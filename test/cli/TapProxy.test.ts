import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { TapLog } from "../../src/cli/tap/TapLog";
import { TapProxy } from "../../src/cli/tap/TapProxy";
import { later, rawServer } from "../support/pair";
import { CapturedStream, outputOf } from "./CapturedStream";

/** Starts a tap in this process. Without a target, the tap is its own target. */
async function tap(
    target?: number,
    record?: CapturedStream,
): Promise<{ port: number; proxy: TapProxy; err: CapturedStream; l: net.Server }> {
    const { output, err } = outputOf({ quiet: true });
    const l = net.createServer({ allowHalfOpen: true });
    l.listen(0, "127.0.0.1");
    await once(l, "listening");
    const { port } = l.address() as net.AddressInfo;
    const proxy = new TapProxy(
        output,
        {},
        { port: target ?? port },
        new TapLog(output, { quiet: true }, record as never),
    );
    l.on("connection", (socket: net.Socket) => {
        proxy.accept(socket);
    });
    l.on("connection", (socket: net.Socket) => {
        proxy.track(socket);
    });
    later(() => {
        l.close();
        proxy.destroyAll();
    });
    return { port, proxy, err, l };
}

function connect(port: number): net.Socket {
    const socket = net.connect({ port, host: "127.0.0.1" });
    later(() => socket.destroy());
    return socket;
}

describe("TapProxy", () => {
    it("pauses a client while the file of --record is behind, and loses nothing", async () => {
        const total = 20 * 2 ** 20;
        let arrived = 0;
        const target = await rawServer((socket) => socket.on("data", (chunk: Buffer) => (arrived += chunk.length)));
        const record = new CapturedStream(true);
        const { port, l } = await tap(target.port, record);
        const accepted = once(l, "connection") as Promise<[net.Socket]>;
        const client = connect(port);
        const frame = Buffer.from(`"${"x".repeat(2 ** 16 - 3)}"\n`);
        for (let sent = 0; sent < total; sent += frame.length) client.write(frame);
        const [socket] = await accepted;
        await once(socket, "pause");
        expect(record.writableLength).to.be.within(2 ** 14, 2 ** 20);
        expect(arrived).to.be.below(total / 2);
        const ended = once(socket, "close");
        record.release();
        client.end();
        await ended;
        expect(arrived).to.equal(total);
        expect(record.lines).to.have.length(total / frame.length);
    });

    it("refuses a target socket that is connected to itself", async () => {
        // Linux does this once in thousands of attempts. Force it.
        const listener = net.createServer().listen(0, "127.0.0.1");
        await once(listener, "listening");
        const { port: free } = listener.address() as net.AddressInfo;
        listener.close();
        await once(listener, "close");
        const { port, err } = await tap(free);
        const { prototype } = net.Socket;
        const original = Reflect.get(prototype, "connect") as (this: net.Socket, ...args: unknown[]) => net.Socket;
        later(() => Reflect.set(prototype, "connect", original));
        Reflect.set(prototype, "connect", function (this: net.Socket, ...args: unknown[]) {
            const options = [args[0]].flat()[0] as { port?: number };
            if (options.port === free) Object.assign(options, { localPort: free, localAddress: "127.0.0.1" });
            return original.apply(this, args);
        });
        const client = connect(port);
        let echo = "";
        client.on("data", (chunk) => (echo += String(chunk)));
        client.write("is there a server?\n");
        await once(client, "close");
        expect(echo).to.equal("");
        expect(err.text).to.include(`no server is listening on 127.0.0.1:${free} (ECONNREFUSED)`);
    });

    it("retries while the accept queue of the target is full", async () => {
        const target = await rawServer((socket) => socket.end("there"));
        const { port, err } = await tap(target.port);
        const { prototype } = net.Socket;
        const original = Reflect.get(prototype, "connect") as (this: net.Socket, ...args: unknown[]) => net.Socket;
        later(() => Reflect.set(prototype, "connect", original));
        let refusals = 0;
        Reflect.set(prototype, "connect", function (this: net.Socket, ...args: unknown[]) {
            const options = [args[0]].flat()[0] as { port?: number };
            if (options.port !== target.port || refusals === 2) return original.apply(this, args);
            refusals += 1;
            return this.destroy(Object.assign(new Error("connect EAGAIN"), { code: "EAGAIN" }));
        });
        const client = connect(port);
        const [data] = (await once(client, "data")) as [Buffer];
        expect(String(data)).to.equal("there");
        expect(refusals).to.equal(2);
        expect(err.text).to.not.include("EAGAIN");
    });

    it("rejects loopError when it is its own target", async () => {
        const { port, proxy } = await tap();
        const client = connect(port);
        const failure = await proxy.loopError.catch((error: unknown) => error as Error);
        expect(failure).to.have.property(
            "message",
            `127.0.0.1:${port} leads back to this tap: it cannot be its own target`,
        );
        await once(client, "close");
    });

    it("forwards bytes that it cannot parse", async () => {
        const chunks: Buffer[] = [];
        const target = await rawServer((socket) => socket.on("data", (chunk: Buffer) => chunks.push(chunk)));
        const record = new CapturedStream();
        const { port, l } = await tap(target.port, record);
        const accepted = once(l, "connection") as Promise<[net.Socket]>;
        const client = connect(port);
        const whole = Buffer.from(
            `${"[".repeat(1e6)}\n{"type":"Array","data":${"[".repeat(3e4)}${"]".repeat(3e4)}}\n\n\xff{`,
        );
        const [socket] = await accepted;
        const ended = once(socket, "close");
        client.end(whole);
        await ended;
        expect(Buffer.concat(chunks).equals(whole)).to.equal(true);
        const kinds = record.lines.map((line) => (JSON.parse(line) as { kind: string }).kind);
        expect(kinds).to.deep.equal(["deep", "deep", "incomplete"]);
    });
});
