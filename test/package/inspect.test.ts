import { expect } from "chai";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Installed, ROOT, files, node, npm, printed } from "./Installed";

/** The members of a manifest used here. */
interface Manifest {
    version: string;
    dependencies?: Record<string, string>;
}

const INSPECT = join(ROOT, "dist/inspect-package");
const read = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

describe("the package sockhop-inspect", function () {
    this.timeout(180_000); // for slow machines; all of it takes some seconds

    let installed: Installed;
    let tarball: string;
    let packed: string;

    before("pack both", async () => {
        packed = mkdtempSync(join(tmpdir(), "sockhop-inspect-"));
        const pack = [join(__dirname, "pack.js"), "--inspector", "--destination", packed];
        await printed(node(pack, ROOT));
        tarball = join(packed, readdirSync(packed)[0] as string);
        installed = await Installed.create();
    });

    after(() => {
        installed.remove();
        rmSync(packed, { recursive: true });
    });

    /** Runs a program with the installed packages, and parses its output. */
    async function run(program: string): Promise<unknown> {
        const args = ["--input-type=module", "--eval", program];
        return JSON.parse(await printed(node(args, installed.folder)));
    }

    it("has the version of sockhop, which it depends on", () => {
        const { version } = read(ROOT);
        expect(read(INSPECT)).to.deep.include({ version, dependencies: { sockhop: version } });
    });

    it("is needed by sockhop/inspect, whose error names it", async () => {
        const error = await run(`
            import { inspect } from "sockhop/inspect";
            const { code, message } = await inspect().catch((error) => error);
            console.log(JSON.stringify({ code, message }));
        `);
        expect(error).to.deep.equal({
            code: "ERR_BAD_OPTION",
            message: "The inspector is a package of its own: npm install --save-dev sockhop-inspect",
        });
        const main = join(installed.library, "dist/cli/main.js");
        const { code, output } = await node([main, "inspect", "50001", "50000"], installed.folder);
        expect(code).to.equal(1);
        expect(output).to.include("or run npx sockhop-inspect 50001 50000");
    });

    describe("installed beside sockhop", () => {
        before(async () => {
            await printed(npm(["install", "--offline", installed.tarball, tarball], installed.folder));
        });

        it("has the built files only, and is at most 60 kB, packed", () => {
            expect(readFileSync(tarball).length).to.be.below(60_000);
            expect(files(join(installed.folder, "node_modules/sockhop-inspect"))).to.deep.equal(
                ["LICENSE", "LICENSES.txt", "README.md", "bin.js", "inspector.js", "package.json", "page.html"].sort(),
            );
        });

        it("has the licence of what is in the page", () => {
            const text = readFileSync(join(installed.folder, "node_modules/sockhop-inspect/LICENSES.txt"), "utf8");
            expect(text).to.match(/^uplot [\d.]+\n\n.*MIT/);
        });

        it("serves the page, with the classes of the one library", async () => {
            const result = await run(`
                import Sockhop from "sockhop";
                import { inspect } from "sockhop/inspect";
                const inspection = await inspect();
                const response = await fetch(inspection.url);
                const error = await inspect().catch((error) => error);
                await inspection.close();
                console.log(JSON.stringify([
                    response.status,
                    (await response.text()).includes("sockhop inspect"),
                    error instanceof Sockhop.SockhopError,
                    error.message,
                ]));
            `);
            const message = "This program has an inspector already: close it first";
            expect(result).to.deep.equal([200, true, true, message]);
        });

        it("does not keep a program alive, and is not loaded by the library", async () => {
            const loaded = await run(`
                import { createRequire } from "node:module";
                import Sockhop from "sockhop";
                import { inspect } from "sockhop/inspect";
                const before = process.moduleLoadList.includes("NativeModule http");
                await inspect();
                console.log(JSON.stringify([before, Sockhop.server.name]));
            `);
            expect(loaded).to.deep.equal([false, "SockhopServer"]);
        });

        it("has the command sockhop-inspect", async () => {
            const link = join(installed.folder, "node_modules/.bin/sockhop-inspect");
            expect(await printed(node([link, "--help"], installed.folder))).to.match(/^Usage: sockhop inspect /);
        });

        it("is refused in another version", async () => {
            const file = join(installed.folder, "node_modules/sockhop-inspect/package.json");
            const text = readFileSync(file, "utf8");
            writeFileSync(file, text.replace(/"version": "[^"]+"/, '"version": "0.0.1"'));
            const message = await run(`
                import { inspect } from "sockhop/inspect";
                console.log(JSON.stringify(await inspect().catch(({ message }) => message)));
            `);
            expect(message).to.match(/^sockhop [\d.]+ needs sockhop-inspect [\d.]+, but 0\.0\.1 is installed$/);
        });
    });
});
