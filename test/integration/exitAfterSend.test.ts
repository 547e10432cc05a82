import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { ObjectBuffer } from "../../src";
import { later, placeOf, received, server, socketPath } from "../support/pair";

/** The data of the frames that a plain socket receives from now on. Starts reading at once. */
function valuesOf(socket: net.Socket): unknown[] {
    const buffer = new ObjectBuffer();
    const values: unknown[] = [];
    socket.on("data", (chunk) => {
        for (const { data } of buffer.buf2obj(chunk) as { data: unknown }[]) values.push(data);
    });
    return values;
}

describe("exit in the tick of send()", () => {
    const LARGER = "é".repeat(25_000);

    /** Runs a program that uses the built package. */
    function start(program: string, ...args: string[]): { stdout: NodeJS.ReadableStream; ended: Promise<unknown[]> } {
        const child = spawn(process.execPath, ["-e", program, ...args], {
            cwd: join(__dirname, "../.."),
            stdio: ["ignore", "pipe", "inherit"],
        });
        later(() => child.kill());
        return { stdout: child.stdout, ended: once(child, "exit") };
    }

    const SAY = `
        const say = (send) => { send("one"); send({ two: 2 }); send("é".repeat(25000)); send("last"); process.exit(7); };`;
    const SAID = ["one", { two: 2 }, LARGER, "last"];

    it("sends all messages of a client", async () => {
        for (const path of [null, socketPath()]) {
            const s = server({ path });
            await s.listen();
            const values = received(s, 4);
            const { ended } = start(
                `const S = require("sockhop"); ${SAY}
                 const c = new S.client(JSON.parse(process.argv[1]));
                 c.connect().then(() => say((value) => c.send(value)));`,
                JSON.stringify(placeOf(s)),
            );
            expect(await values).to.deep.equal(SAID);
            expect(await ended).to.deep.equal([7, null]);
        }
    });

    it("sends all messages of a server, also with sendall()", async () => {
        for (const way of ["s.send(socket, value)", "s.sendall(value)"]) {
            const { stdout, ended } = start(
                `const S = require("sockhop"); ${SAY}
                 const s = new S.server({ port: 0 });
                 s.on("connect", (socket) => say((value) => ${way}));
                 s.listen().then(() => console.log(s.get_bound_port()));`,
            );
            const [port] = (await once(stdout, "data")) as [Buffer];
            const peer = net.connect(Number(String(port)), "127.0.0.1");
            later(() => peer.destroy());
            const values = valuesOf(peer);
            await Promise.all([once(peer, "close"), ended]);
            expect(values).to.deep.equal(SAID);
            expect(await ended).to.deep.equal([7, null]);
        }
    });
});
