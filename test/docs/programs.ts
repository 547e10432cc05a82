import { execFileSync } from "node:child_process";
import type { Block } from "../support/markdown";
import { Place } from "./Place";
import { Program } from "./Program";
import { isRun, isScript, isTestFile, isTool } from "./blocks";

/** Commands used by shell programs. */
const COMMANDS = ["nc", "socat", "openssl", "python3"];

/**
 * Adds tests that run the programs of a page. The programs of one section run together, in order: each starts when the
 * previous one has printed something or ended. Programs in JavaScript run a second time, with hostile peers.
 *
 * @param env - environment of the programs of one section, with a new folder
 */
export function testPrograms(blocks: Block[], env: (folder: string) => NodeJS.ProcessEnv): void {
    const run = blocks.filter(isRun);
    if (run.length === 0) return;
    let place: Place;
    let number = 0;

    before("create a folder for its files", async function () {
        this.timeout(180_000); // tools are fetched once
        place = new Place(blocks);
        await place.install(blocks);
    });

    after("remove the folder", () => {
        place.remove();
    });

    const missing = COMMANDS.filter((command) => run.some((block) => uses(block, command)) && !has(command));
    for (const section of new Set(run.map((block) => block.section))) {
        const title = `say what they print: ${section}`;
        const together = run.filter((block) => block.section === section);
        if (missing.length > 0) {
            // Also programs that do not use these commands, because they may use files of others.
            it.skip(`${title} (this computer has no ${missing.join(", ")})`);
            continue;
        }
        const start = async (check: (program: Program) => Promise<void>, hostile = false): Promise<void> => {
            number += 1;
            const folder = place.runtime(number);
            const all: Program[] = [];
            try {
                for (const block of together) {
                    const program = new Program(block, place, { env: env(folder), hostile });
                    all.push(program);
                    await program.started;
                }
                for (const program of all) await check(program);
            } finally {
                for (const program of all) program.kill();
            }
        };
        it(title, () => start((program) => program.check())).timeout(
            together.some((b) => isTool(b)) ? 170_000 : 60_000,
        );
        if (together.some((block) => isScript(block) && !isTestFile(block) && !isTool(block))) {
            it(`are not crashed by hostile peers: ${section}`, () => start((program) => program.survive(), true));
        }
    }
}

function uses({ language, code }: Block, command: string): boolean {
    if (language === "python") return command === "python3";
    return language === "sh" && new RegExp(`(^|[|&;] *)${command} `, "m").test(code);
}

function has(command: string): boolean {
    if (process.platform === "win32") return false; // it has no sh either
    try {
        // There are several programs called nc.
        if (command === "nc")
            return execFileSync("sh", ["-c", "nc -h 2>&1 || true"], { encoding: "utf8" }).includes("OpenBSD");
        execFileSync("sh", ["-c", `command -v ${command}`]);
        return true;
    } catch {
        return false;
    }
}
