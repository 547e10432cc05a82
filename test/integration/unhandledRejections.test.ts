import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";

/** Runs a program that uses the built package. */
function run(program: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
        const options = { cwd: join(__dirname, "../.."), timeout: 30_000 };
        execFile(process.execPath, ["-e", program], options, (error, stdout, stderr) => {
            resolve({ code: error ? error.code : 0, stdout, stderr });
        });
    });
}

describe("promises", () => {
    it("to a closed client do not crash a program that does not handle them", async () => {
        const { code, stdout, stderr } = await run(`
            const Sockhop = require("sockhop");
            const server = new Sockhop.server({ port: 0 });
            server.on("disconnect", async (socket, session) => {
                const sendAll = () => [
                    session.send(1), session.send(1, () => {}), session.request(1), session.ask(1),
                    server.send(socket, 1), server.request(socket, 1), server.ask(socket, 1),
                ];
                sendAll();
                await new Promise(setImmediate);
                const outcomes = await Promise.allSettled(sendAll());
                console.log(outcomes.map(({ reason }) => reason.code).join());
                server.close();
            });
            server.on("connect", (socket) => socket.destroy());
            server.listen().then(() => new Sockhop.client({ port: server.get_bound_port() }).connect());
        `);
        expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
        expect(stdout.trim().split(",")).to.deep.equal(Array(7).fill("ERR_SOCKET_DESTROYED"));
    });

    for (const method of ["send", "request", "ask"]) {
        it(`of ${method}() without a connection are unhandled rejections if the program does not catch them`, async () => {
            const { code, stderr } = await run(`new (require("sockhop").client)().${method}(1)`);
            expect(code).to.equal(1);
            expect(stderr).to.include("ERR_SOCKET_DESTROYED");
        });
    }
});
