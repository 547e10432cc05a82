import { deepStrictEqual, strictEqual } from "node:assert";
import { once } from "node:events";
import net from "node:net";
import { client, pair, placeOf, rejection, server, socketPath } from "../support/pair";
import { uncaught } from "../support/rejections";

const fault = new Error("of the program");
const fail = (): never => {
    throw fault;
};

describe("A listener of the program that throws on a socket or server of Node", () => {
    for (const [end, options] of [
        ["client", {}],
        ["server", {}],
        ["client", { resume: true }],
        ["server", { resume: true }],
    ] as const) {
        it(`keeps no close from its end: ${end}, ${JSON.stringify(options)}`, async () => {
            const { s, c, socket } = await pair(options);
            (end === "client" ? c.socket! : socket).on("close", fail);
            const thrown = uncaught();
            await Promise.all([c.disconnect(), s.close()]);
            strictEqual(await thrown, fault);
            strictEqual(s.stats.connections + c.stats.connections, 0);
        });
    }

    it("hides no end of a socket that the program has assigned", async () => {
        const s = server();
        await s.listen();
        const socket = net.connect(s.get_bound_port()!, "127.0.0.1").on("close", fail);
        const accepted = once(s, "connect");
        await once(socket, "connect");
        const c = client();
        c.socket = socket;
        await accepted;
        const thrown = uncaught();
        socket.destroy();
        strictEqual(await thrown, fault);
        strictEqual(c.socket, null);
    });

    it("keeps close() of the server from no end", async () => {
        const s = server();
        await s.listen();
        s.server.on("close", fail);
        const thrown = uncaught();
        await s.close();
        strictEqual(await thrown, fault);
    });

    it("keeps listen() from no result", async () => {
        const s = server({ path: socketPath() });
        s.server.on("listening", fail);
        const thrown = uncaught();
        strictEqual(await s.listen(), s.server);
        strictEqual(await thrown, fault);
        const c = client(placeOf(s));
        await c.connect();
    });

    it("keeps listen() from no error of the system", async () => {
        const { s: other } = await pair();
        const s = server({ port: other.get_bound_port()! });
        s.server.on("error", fail);
        const thrown = uncaught();
        const { code } = await rejection(s.listen());
        deepStrictEqual([code, await thrown], ["EADDRINUSE", fault]);
    });
});
