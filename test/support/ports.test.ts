import { expect } from "chai";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { later } from "./pair";
import { privatePorts } from "./ports";

const SERVER = `require("node:net").createServer((socket) => socket.end(process.argv[1]))
    .listen(50000, "127.0.0.1", function () { console.log(this.address().port); });`;
const CLIENT = `require("node:net").connect(50000, "127.0.0.1")
    .on("data", (text) => console.log(String(text))).on("error", ({ code }) => console.log(code));`;

/** A folder for a group of processes. */
function group(): string {
    const folder = mkdtempSync(join(tmpdir(), "sockhop-"));
    later(() => {
        rmSync(folder, { recursive: true });
    });
    return folder;
}

/** Starts a program of a group. Resolves to the process and the first line that it prints. */
async function start(folder: string, code: string, name = ""): Promise<{ child: ChildProcess; line: string }> {
    const env = { ...process.env, ...privatePorts(folder) };
    const child = spawn(process.execPath, ["-e", code, name], { env, stdio: ["ignore", "pipe", "inherit"] });
    later(() => child.kill("SIGKILL"));
    const [text] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
    return { child, line: text.trim() };
}

describe("privatePorts()", () => {
    it("lets two groups of processes listen on the same port, and clients find the server of their group", async () => {
        const groups = { first: group(), second: group() };
        for (const [name, folder] of Object.entries(groups)) {
            expect((await start(folder, SERVER, name)).line).to.equal("50000");
        }
        for (const [name, folder] of Object.entries(groups)) {
            expect((await start(folder, CLIENT)).line).to.equal(name);
        }
    });

    it("refuses connections before the server listens and after it was killed", async () => {
        const folder = group();
        expect((await start(folder, CLIENT)).line).to.equal("ECONNREFUSED");
        const { child } = await start(folder, SERVER);
        child.kill("SIGKILL");
        await once(child, "close");
        expect((await start(folder, CLIENT)).line).to.equal("ECONNREFUSED");
        expect((await start(folder, SERVER)).line).to.equal("50000");
    });
});
