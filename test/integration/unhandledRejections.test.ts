import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import type { ClientOptions, SockhopClient } from "../../src";
import { turns } from "../support/eventLoop";
import { client, pair, rejection, server } from "../support/pair";
import { unhandled } from "../support/rejections";

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

    const ended: Record<string, () => [Promise<unknown>, () => Promise<unknown>]> = {
        "connect()": () => {
            const c = client({ port: 1 });
            return [c.connect(), () => c.disconnect()];
        },
        "connect() of an attempt of auto_reconnect": () => {
            const c = client({ port: 1, auto_reconnect: true });
            return [c.connect(), () => c.disconnect()];
        },
        "connect({ wait: true })": () => {
            const c = client({ port: 1 });
            return [c.connect({ wait: true }), () => c.disconnect()];
        },
        "listen()": () => {
            const s = server();
            return [s.listen(), () => s.close()];
        },
    };
    for (const [name, call] of Object.entries(ended)) {
        it(`of ${name} need no handler if the program itself ends the call`, async () => {
            const reasons = unhandled();
            const [promise, end] = call();
            await end();
            await turns(5);
            expect(reasons).to.deep.equal([]);
            expect((await rejection(promise)).code).to.equal("ERR_ABORTED");
        });
    }

    /** Codes of the unhandled rejections after a call of a method, and what follows. */
    async function codesOf(method: "ask" | "request", { options, call, after }: Case): Promise<unknown[]> {
        const reasons = unhandled();
        const c = options ? (await pair({}, options)).c : client();
        call(c, method);
        after?.(c);
        await turns(5);
        return reasons.map((reason) => (reason as { code?: string }).code);
    }

    interface Case {
        /** Options of a client that is connected. */
        options?: ClientOptions;
        call: (c: SockhopClient, method: "ask" | "request") => unknown;
        after?: (c: SockhopClient) => unknown;
    }
    const cases: Record<string, Case & { code?: string }> = {
        "without a connection": { call: (c, method) => c[method](1), code: "ERR_SOCKET_DESTROYED" },
        "with an invalid option": {
            options: {},
            call: (c, method) => c[method](1, { timeout: -1 }),
            code: "ERR_BAD_OPTION",
        },
        "with a value that cannot be sent": { options: {}, call: (c, method) => c[method](1n), code: "ERR_BAD_DATA" },
        "to a json peer": {
            options: { peer_type: "json" },
            call: (c, method) => c[method](1),
            code: "ERR_REQUEST_TYPE",
        },
        "that is too large": {
            options: { max_message_size: 9 },
            call: (c, method) => c[method](1),
            code: "ERR_MESSAGE_TOO_LARGE",
        },
        "whose connection closes": {
            options: {},
            call: (c, method) => c[method](1),
            after: (c) => c.socket?.destroy(),
        },
        "on a socket that is destroyed": {
            options: {},
            call: (c, method) => {
                c.socket?.destroy();
                void c[method](1);
            },
        },
        "above max_pending": {
            options: { max_pending: 1 },
            call: (c, method) => {
                void c.send(1, () => undefined);
                void c[method](1);
            },
        },
    };
    for (const [name, { code, ...each }] of Object.entries(cases)) {
        it(`of ask() and request() ${name} are alike`, async () => {
            const expected = code === undefined ? [] : [code];
            expect(await codesOf("request", each)).to.deep.equal(expected);
            expect(await codesOf("ask", each)).to.deep.equal(expected);
        });
    }
});
