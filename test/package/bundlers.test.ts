import { expect } from "chai";
import { build } from "esbuild";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { identity } from "../support/certificates";
import { Installed, execute, node, printed } from "./Installed";
import { installBundlers, link } from "./tools";

/** A text that occurs once in the library: a bundle with two copies contains it twice. */
const ONCE = '"sockhop:message:sent"';

describe("the package in a bundle", function () {
    this.timeout(180_000); // for slow machines; webpack takes 10 s

    let installed: Installed;
    let folder: string;
    let certificate: string[];

    before("pack and install", async function () {
        this.timeout(180_000); // the bundlers are fetched once
        installed = await Installed.create();
        link(await installBundlers(), join(installed.folder, "node_modules"));
        folder = join(installed.folder, "bundled");
        cpSync(join(__dirname, "programs/bundled"), folder, { recursive: true });
        const { key, cert } = await identity("localhost");
        certificate = [join(folder, "key.pem"), join(folder, "cert.pem")];
        [key, cert].forEach((text, index) => {
            writeFileSync(certificate[index]!, text);
        });
    });

    after(() => {
        installed.remove();
    });

    it("has one copy of the library, which both entry points share", () => {
        const found = ["library.js", "index.js", "module.mjs"].map((file) =>
            copies(join(installed.library, "dist", file)),
        );
        expect(found).to.deep.equal([1, 0, 0]);
    });

    for (const bundler of ["esbuild", "rollup", "webpack", "vite", "viteLibrary", "bun"]) {
        it(`runs with one copy of each class: ${bundler}, CommonJS and ES modules, plain and minified`, async () => {
            const bundles = (await printed(node([join(folder, "bundle.mjs"), bundler], folder))).trim().split("\n");
            expect(bundles).to.have.length(8);
            for (const bundle of bundles) {
                const file = join(folder, bundler, bundle);
                expect(await node([file, ...certificate], folder), bundle).to.deep.equal({ code: 0, output: "well\n" });
                expect(copies(file), bundle).to.equal(1);
            }
        });
    }

    it("runs without the condition module, which conditions of the program replace: esbuild", async () => {
        const program = `
            import { SockhopClient, SockhopServer } from "sockhop";
            import { redis_engine } from "sockhop/redis";
            const server = new SockhopServer({ port: 0 });
            server.on("request", (request, response) => response.send(typeof redis_engine));
            await server.listen();
            const client = new SockhopClient({ port: server.get_bound_port() });
            await client.connect();
            console.log(await client.ask("engine"));
            await client.disconnect();
            await server.close();`;
        writeFileSync(join(folder, "conditions.mjs"), program);
        const options = { absWorkingDir: folder, bundle: true, platform: "node" as const, external: ["redis"] };
        for (const [entry, format, output] of [
            ["conditions.mjs", "esm", "function\n"],
            ["import.mjs", "cjs", "well\n"], // it compares the classes of import and require()
        ] as const) {
            const file = join(folder, "conditions", format === "esm" ? "bundle.mjs" : "bundle.cjs");
            await build({ ...options, entryPoints: [entry], format, outfile: file, conditions: ["production"] });
            expect(await node([file, ...certificate], folder), format).to.deep.equal({ code: 0, output });
            expect(copies(file), format).to.equal(1);
        }
    });

    it("runs as one executable of Bun", async () => {
        const file = join(folder, process.platform === "win32" ? "executable.exe" : "executable");
        await printed(node([join(folder, "bundle.mjs"), "--compile", file], folder));
        expect(await execute(file, certificate, folder)).to.deep.equal({ code: 0, output: "well\n" });
    });

    it("is an ES module without require() for bundlers", () => {
        for (const file of ["module.mjs", "library.js"]) {
            const code = readFileSync(join(installed.library, "dist", file), "utf8");
            expect(code, file).to.not.match(/\brequire\b|import\.meta/);
        }
    });
});

/** Number of copies of the library in a file. */
function copies(file: string): number {
    const text = readFileSync(file, "utf8").replaceAll(/['`]/g, '"');
    return text.split(ONCE).length - 1;
}
