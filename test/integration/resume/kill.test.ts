import { expect } from "chai";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DisconnectReason, SockhopClient, SockhopServer } from "../../../src";
import { client, later, placeOf, server } from "../../support/pair";
import { next, reasonOfEnd } from "../../support/resume";

/** Number of messages before the other program is killed, and of those that it does not handle any more. */
const HANDLED = 50;
const UNHANDLED = 70;

const RESUME = { resume: { timeout: 250 }, auto_reconnect_interval: 20 };

/** Program that uses the built package. It writes one byte for each value into file 3, which survives its death. */
const PROGRAM = `
    const { writeSync } = require("node:fs");
    const S = require("sockhop");
    const { role, options } = JSON.parse(process.argv[1]);
    const end = new S[role](options);
    end.on("receive", (value) => {
        writeSync(3, ".");
        if (value === ${HANDLED - 1}) process.kill(process.pid, "SIGSTOP");
    });
    process.on("disconnect", () => process.exit());
    if (role === "client") end.connect();
    else end.listen().then(() => process.send({ port: end.get_bound_port() }));
`;

/** Other program, which stops in the middle of the messages. */
class Other {
    readonly child: ChildProcess;
    readonly #file = join(mkdtempSync(join(tmpdir(), "sockhop-")), "received");

    constructor(role: "client" | "server", options: object) {
        const file = openSync(this.#file, "w");
        const args = ["-e", PROGRAM, JSON.stringify({ role, options: { ...RESUME, ...options } })];
        this.child = spawn(process.execPath, args, {
            cwd: join(__dirname, "../../.."),
            stdio: ["ignore", "inherit", "inherit", file, "ipc"],
        });
        closeSync(file);
        later(() => {
            this.child.kill("SIGKILL");
            rmSync(join(this.#file, ".."), { recursive: true });
        });
    }

    /** Number of values that it has received. */
    get received(): number {
        return readFileSync(this.#file).length;
    }

    /** Resolves when it has received these, and has stopped. */
    async stopped(): Promise<void> {
        while (this.received < HANDLED) await new Promise(setImmediate);
    }

    async kill(): Promise<void> {
        const exited = once(this.child, "exit");
        this.child.kill("SIGKILL");
        await exited;
    }
}

for (const codec of ["json", "binary"] as const) {
    describe(`kill -9 of a program with resume and the codec ${codec}`, () => {
        it("is reported to its client in time, with at least the messages that were lost", async () => {
            const other = new Other("server", { port: 0, codec });
            const [{ port }] = (await once(other.child, "message")) as [{ port: number }];
            const c = client({ ...RESUME, codec, port });
            await c.connect();
            await c.flush();
            await check(other, c, (n) => c.send(n));
        });

        it("is reported to its server in time, with at least the messages that were lost", async () => {
            const s = server({ ...RESUME, codec });
            await s.listen();
            const accepted = next(s, "connect");
            const other = new Other("client", { ...placeOf(s), codec });
            await accepted;
            const [session] = s.sessions;
            await session!.flush();
            await check(other, s, (n) => session!.send(n));
            expect(s.sockets).to.deep.equal([]);
        });
    });
}

async function check(
    other: Other,
    end: SockhopClient | SockhopServer,
    send: (n: number) => Promise<void>,
): Promise<void> {
    const events: string[] = [];
    for (const event of ["interrupted", "resumed", "disconnect"]) end.on(event, () => events.push(event));
    for (let n = 0; n < HANDLED; n++) await send(n);
    await other.stopped();
    for (let n = 0; n < UNHANDLED; n++) await send(n);
    const ended = reasonOfEnd(end);
    const failed = new Promise<DisconnectReason["error"]>((resolve) => {
        const options = { failed: resolve as (error: Error) => void };
        if ("sessions" in end) void end.sessions[0]!.send("a call", () => undefined, options);
        else void end.send("a call", () => undefined, options);
    });
    await other.kill();
    const { code, error } = await ended;
    expect(code).to.equal("NOT_RESUMED");
    const sent = HANDLED + UNHANDLED + 1;
    const lost = sent - other.received;
    expect(lost).to.be.at.least(UNHANDLED);
    expect(error).to.have.property("unacknowledged").that.is.within(lost, sent);
    expect(await failed)
        .to.have.property("unacknowledged")
        .that.is.within(lost, sent);
    expect(events).to.deep.equal(["interrupted", "disconnect"]);
}
