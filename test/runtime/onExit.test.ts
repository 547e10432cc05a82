import { expect } from "chai";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const REGISTER = join(__dirname, "../support/register.js");

/** The output of a program that loads the file of `onExit`. */
async function run(program: string): Promise<string> {
    const file = JSON.stringify(join(__dirname, "../../src/runtime/onExit.ts"));
    const load = `
        const load = () => {
            delete require.cache[${file}];
            return require(${file}).onExit;
        };`;
    const { stdout } = await promisify(execFile)(process.execPath, ["-r", REGISTER, "-e", load + program], {
        cwd: join(__dirname, "../.."),
    });
    return stdout;
}

describe("onExit()", () => {
    it("calls the tasks when the process exits, before listeners that are added later", async () => {
        const output = await run(`
            const onExit = load();
            onExit(() => console.log("first"));
            onExit(() => console.log("second"));
            process.on("exit", () => console.log("listener"));
        `);
        expect(output).to.equal("first\nsecond\nlistener\n");
    });

    it("adds one listener for all copies of the library", async () => {
        const output = await run(`
            const before = process.listenerCount("exit");
            const tasks = Array.from({ length: 20 }, (_, n) => () => console.log(n));
            for (const task of tasks) load()(task);
            console.log("listeners:", process.listenerCount("exit") - before);
            globalThis.tasks = tasks;
        `);
        expect(output).to.equal(["listeners: 1", ...Array.from({ length: 20 }, (_, n) => String(n)), ""].join("\n"));
    });
});
