import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { expect } from "chai";

const PROGRAM = `
    const net = require("node:net");
    const { server, client } = require("./src");
    (async () => {
        const missing = new client({ path: "/missing/socket", auto_reconnect_interval: 1 });
        missing.on("reconnecting", (attempt) => attempt === 3 && missing.disconnect());
        await missing.connect({ wait: true }).catch(() => undefined);
        const s = new server({ port: 0 });
        await s.listen();
        s.on("error", () => s.close());
        const c = new client({ port: s.get_bound_port() });
        await c.connect();
        await c.send({ a: 1 });
        await (async function callOfTheProgram() {
            await c.ask("x", { timeout: 50_000 });
        })().catch(({ stack }) => console.error(stack));
        c.socket.write("non\\x1b[2Jsense\\n");
    })();`;

describe("NODE_DEBUG=sockhop", () => {
    it("prints attempts, reasons, bad frames, and messages without a listener", async () => {
        const child = spawn(process.execPath, ["-r", join(__dirname, "../support/register.js"), "-e", PROGRAM], {
            cwd: join(__dirname, "../.."),
            env: { ...process.env, NODE_DEBUG: "sockhop" },
            stdio: ["ignore", "inherit", "pipe"],
        });
        const stderr = await text(child.stderr);
        for (const line of [
            /: no connection to \/missing\/socket: connect ENOENT .*: the folder \/missing does not exist$/m,
            /: attempt 2 to connect in 1 ms$/m,
            /: no listener for Object from 127\.0\.0\.1:\d+$/m,
            /^Error: No handler for requests of the type String.*\n.*\.ask .*\n +at callOfTheProgram /m,
            /: bad frame from 127\.0\.0\.1:\d+: .*not JSON/m,
            /: disconnect 127\.0\.0\.1:\d+, CLOSED$/m,
        ]) {
            expect(stderr).to.match(line);
        }
        expect(stderr).to.not.include("\x1b");
    });
});
