import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { SockhopError } from "../../src";
import { CallSite } from "../../src/runtime/CallSite";
import { Listener, type ListenerOptions } from "../../src/transport/Listener";
import { later, rejection } from "../support/pair";
import { until } from "../support/eventLoop";

type Place = Parameters<Listener["listen"]>[0];

const LOCAL = { address: "127.0.0.1", port: 0, path: null } as Place;

/** A listener and a log of its reports. */
function listener(options: Partial<ListenerOptions> = {}) {
    const accepted: net.Socket[] = [];
    const failed: Error[] = [];
    const refused: Error[] = [];
    const created = new Listener(
        { tls: undefined, most: Infinity, mode: undefined, reusePort: false, ...options },
        {
            accepted: (socket) => {
                later(() => socket.destroy());
                accepted.push(socket);
            },
            failed: (error) => failed.push(error) > 0,
            refused: (error) => refused.push(error),
        },
    );
    later(() => created.close());
    const listen = (place = LOCAL): Promise<net.Server> => created.listen(place, new CallSite(listen));
    return { created, accepted, failed, refused, listen };
}

/** A socket that connects to a server. */
async function connected(server: net.Server): Promise<net.Socket> {
    const socket = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1");
    later(() => socket.destroy());
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
}

describe("Listener", () => {
    it("accepts connections", async () => {
        const { accepted, listen } = listener();
        const server = await listen();
        await connected(server);
        await until(() => accepted.length === 1);
        expect(accepted[0]).to.be.instanceOf(net.Socket);
    });

    it("returns the pending promise of listen() when called again", async () => {
        const { listen } = listener();
        const [first, second] = [listen(), listen()];
        expect(second).to.equal(first);
        await first;
    });

    it("rejects a second listen(), and continues to listen", async () => {
        const { listen, failed } = listener();
        const server = await listen();
        expect(await rejection(listen())).to.have.property("code", "ERR_SERVER_ALREADY_LISTEN");
        expect([server.listening, failed]).to.deep.equal([true, []]);
    });

    it("rejects with the system error, which is reported once", async () => {
        const { port } = (await listener().listen()).address() as net.AddressInfo;
        const { listen, failed } = listener();
        const error = await rejection(listen({ ...LOCAL, port }));
        expect(error).to.have.property("code", "EADDRINUSE");
        expect(failed).to.deep.equal([error]);
        expect((await listen()).listening).to.equal(true);
    });

    it("rejects if node's permission model does not allow sockets", function () {
        if (!process.allowedNodeEnvironmentFlags.has("--allow-net")) this.skip(); // older versions do not restrict them
        const program = `
            const { server, client } = require(${JSON.stringify(join(__dirname, "../../dist"))});
            const print = (end) => ({ code }) => console.log(end, code);
            new server({ port: 0 }).listen().catch(print("listen"));
            new client({ port: 1 }).connect().catch(print("connect"));`;
        const args = ["--permission", "--allow-fs-read=*", "-e", program];
        const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
        expect(stdout.trim().split("\n").sort(), stderr).to.deep.equal([
            "connect ERR_ACCESS_DENIED",
            "listen ERR_ACCESS_DENIED",
        ]);
    });

    it("refuses connections beyond the limit, with an error", async () => {
        const { accepted, refused, listen } = listener({ most: 1 });
        const server = await listen();
        await connected(server);
        const second = await connected(server);
        await once(second.resume(), "close");
        await until(() => refused.length === 1);
        expect(accepted).to.have.length(1);
        expect(refused[0]).to.be.instanceOf(SockhopError).with.property("code", "ERR_MAX_CONNECTIONS");
    });

    it("aborts listen() when it is closed in the same tick", async () => {
        const { created, listen, failed } = listener();
        const aborted = rejection(listen());
        await created.close();
        expect(await aborted)
            .to.be.instanceOf(SockhopError)
            .with.property("code", "ERR_ABORTED");
        expect(failed).to.deep.equal([]);
    });

    it("closes when all connections have closed", async () => {
        const { created, accepted, listen } = listener();
        const socket = await connected(await listen());
        await until(() => accepted.length === 1);
        let closed = false;
        const closing = created.close().then(() => (closed = true));
        await new Promise(setImmediate);
        expect(closed).to.equal(false);
        socket.destroy();
        accepted[0]!.destroy();
        await closing;
    });

    it("closes at once if it does not listen", async () => {
        await listener().created.close();
    });
});
