import { expect } from "chai";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Ended, Installed, ROOT, files, node, printed } from "./Installed";

/** The members of package.json used here. */
interface Manifest {
    bin?: Record<string, string>;
    dependencies?: object;
    peerDependencies?: Record<string, string>;
    peerDependenciesMeta?: object;
    homepage: string;
    bugs: string;
    repository: { type: string; url: string };
    version: string;
}

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;

/** The old deep paths, without `sockhop/lib/`. */
const DEEP = files(join(ROOT, "src/compat")).map((name) => name.replace(/\.ts$/, ""));

/** Entry points of the engines, and their packages. */
const PACKAGES = { nats: "@nats-io/transport-node", redis: "redis" };
const ENGINES = Object.keys(PACKAGES);

/** All spellings of these paths. */
const DEEP_PATHS = DEEP.flatMap((name) => [`lib/${name}`, `lib/${name}.js`]);

// Without the declarations of browsers, which take half of the time; types-matrix.ts includes them.
const NODENEXT = { module: "nodenext", target: "es2022", lib: ["es2022"], exactOptionalPropertyTypes: true };

/** Compiler options of an old project. */
const NODE10 = {
    module: "commonjs",
    moduleResolution: "node10",
    ignoreDeprecations: "6.0",
    esModuleInterop: false,
    target: "es2020",
    lib: ["es2020"],
};

/** Required files of an npm package. */
const tool = (name: string, file = ""): string => join(ROOT, "node_modules", name, file);

describe("the package", function () {
    this.timeout(180_000); // for slow machines; all of it takes some seconds

    let installed: Installed;
    /** Slow tasks, run in parallel. */
    let slow: Record<"nodenext" | "node10" | "attw", Promise<Ended>>;

    before("pack, install and compile", async () => {
        installed = await Installed.create();
        const attw = [tool("@arethetypeswrong/cli", "dist/index.js"), installed.tarball, "--format", "ascii"];
        slow = {
            nodenext: compile("nodenext", NODENEXT, {
                "loose.ts": ["loose.mts", "loose.cts"],
                "protocol.ts": ["protocol.mts", "protocol.cts"],
                "mistakes.ts": ["mistakes.mts", "mistakes.cts"],
                "deep.cts": ["deep.cts"],
                "engines.ts": ["engines.mts", "engines.cts"],
            }),
            node10: compile("node10", NODE10, {
                "loose.ts": ["loose.ts"],
                "protocol.ts": ["protocol.ts"],
                "mistakes.ts": ["mistakes.ts"],
                "deep.cts": ["deep.ts"],
                "engines.ts": ["engines.ts"],
            }),
            attw: node([...attw, "--include-entrypoints", ...DEEP_PATHS], installed.folder),
        };
    });

    /** Compiles programs in a folder of this name. */
    function compile(name: string, options: object, programs: Record<string, readonly string[]>): Promise<Ended> {
        const project = installed.project(name, tool("@types/node"), options, programs);
        return node([tool("typescript", "lib/tsc.js"), "--project", project], project);
    }

    after(() => {
        installed.remove();
    });

    /** Runs a program with the installed library, and parses its output. */
    async function run(program: string): Promise<unknown> {
        const args = ["--input-type=module", "--eval", program];
        return JSON.parse(await printed(node(args, installed.folder)));
    }

    describe("contents", () => {
        it("is at most 186 kB, packed", () => {
            expect(installed.size).to.be.below(186_000);
        });

        it("loads TLS and cryptography only when they are used", async () => {
            const program = (use: string): string => `
                import Sockhop from "sockhop";
                ${use}
                console.log(JSON.stringify(["tls", "crypto"].map((name) => process.moduleLoadList.includes("NativeModule " + name))));
            `;
            expect(await run(program(""))).to.deep.equal([false, false]);
            expect(await run(program("new Sockhop.SockhopRequest();"))).to.deep.equal([false, true]);
            const secure = "new Sockhop.server({ ssl_options: { SNICallback() {} } });";
            expect(((await run(program(secure))) as boolean[])[0]).to.equal(true);
        });

        it("has the built files only", () => {
            const found = files(installed.library);
            expect(found).to.deep.equal(
                [
                    "LICENSE",
                    "README.md",
                    "package.json",
                    "dist/index.js",
                    "dist/library.js",
                    "dist/index.mjs",
                    "dist/index.d.mts",
                    "dist/index.d.ts",
                    "dist/exports.d.ts",
                    "dist/module.mjs",
                    "dist/inspect.js",
                    "dist/inspect.d.ts",
                    "dist/cli/main.js",
                    "dist/cli/LICENSES.txt",
                    "dist/engines/engines.js",
                    ...ENGINES.flatMap((name) =>
                        ["js", "mjs", "module.mjs", "d.ts", "d.mts"].map((end) => `dist/engines/${name}.${end}`),
                    ),
                    ...DEEP.flatMap((name) => [`dist/compat/${name}.js`, `dist/compat/${name}.d.ts`]),
                ].sort(),
            );
        });

        it("has a manifest for users: where the project lives, and nothing that npm would run", () => {
            const packed = JSON.parse(readFileSync(join(installed.library, "package.json"), "utf8")) as Manifest;
            expect(packed).to.not.have.any.keys("scripts", "devDependencies", "typedocOptions", "allowScripts");
            const [, address] = /^git\+(https:\/\/.+\/sockhop)\.git$/.exec(packed.repository.url)!;
            expect(packed.homepage).to.equal(`${address!}#readme`);
            expect(packed.bugs).to.equal(`${address!}/issues`);
        });

        it("has a README whose links and pictures are absolute, since the other pages are not packed", () => {
            const text = (folder: string): string =>
                readFileSync(join(folder, "README.md"), "utf8").replace(/^```[^]*?^```$/gm, "");
            const links = (page: string): string[] =>
                [...page.matchAll(/\]\(([^)\s]+)\)|\b(?:href|src|srcset)="([^"]+)"/g)].map(([, a, b]) => a ?? b!);
            const [before, after] = [links(text(ROOT)), links(text(installed.library))];
            const { version } = manifest;
            expect(before).to.include("docs/errors.md");
            const page = `/blob/v${version}/docs/errors.md`;
            expect(after.some((target) => target.startsWith("https://") && target.endsWith(page))).to.equal(true);
            expect(after.filter((target) => !/^(https?:|#)/.test(target))).to.deep.equal([]);
            expect(after).to.have.length(before.length);
            const pictures = after.filter((target) => /\.(png|svg)$/.test(target));
            expect(pictures.filter((target) => target.includes("/blob/"))).to.deep.equal([]);
        });

        it("has no dependencies", () => {
            expect(manifest.dependencies ?? {}).to.deep.equal({});
            const packages = files(join(installed.folder, "node_modules")).filter((name) =>
                name.endsWith("package.json"),
            );
            expect(packages).to.deep.equal(["sockhop/package.json"]);
        });

        for (const [name, file] of Object.entries(manifest.bin ?? {})) {
            it(`has the program ${name}, which runs as installed`, async () => {
                expect(readFileSync(join(installed.library, file), "utf8")).to.match(/^#!\/usr\/bin\/env node\n/);
                expect(statSync(join(installed.library, file)).mode & 0o111).to.not.equal(0);
                const link = join(installed.folder, "node_modules/.bin", name);
                expect(await printed(node([link, "--help"], installed.folder))).to.include(name);
            });
        }
    });

    describe("before a release", () => {
        const script = (name: string, ...args: string[]): Promise<Ended> =>
            node([join(__dirname, name), ...args], ROOT);

        it("is not published from the folder, whose README has relative links", async () => {
            const { code, output } = await script("address.js", "--publish");
            expect(code).to.equal(1);
            expect(output).to.include("npm run pack -- --release");
        });

        it("needs the address of the repository", async function () {
            if (!manifest.repository.url.includes("/OWNER/")) this.skip();
            const message = "To fill in before a release: replace OWNER";
            const check = await script("address.js");
            expect(check).to.include({ code: 0 });
            expect(check.output).to.include(message);
            const pack = await script("pack.js", "--release", "--destination", installed.folder);
            expect(pack).to.include({ code: 1 });
            expect(pack.output).to.include(message);
        });
    });

    describe("for programs", () => {
        it("is the same module by require and by import, with all names", async () => {
            for (const path of ["sockhop", "sockhop/index", "sockhop/index.js"]) {
                const { imported, required, different, same } = (await run(`
                    import { createRequire } from "node:module";
                    import Sockhop, * as named from "${path}";
                    const required = createRequire(import.meta.url)("sockhop");
                    const names = Object.keys(required).filter((name) => name !== "default");
                    console.log(JSON.stringify({
                        imported: Object.keys(named).filter((name) => name !== "module.exports"),
                        required: Object.keys(required).sort(),
                        different: names.filter((name) => named[name] !== required[name]),
                        same: Sockhop === required,
                    }));
                `)) as { imported: string[]; required: string[]; different: string[]; same: boolean };
                expect(imported).to.include.members(["SockhopServer", "server", "default"]);
                expect(imported).to.deep.equal(required);
                expect(different).to.deep.equal([]);
                expect(same).to.equal(true);
            }
        });

        it("has the names of classes and methods in stacks", async () => {
            const stack = await run(`
                import Sockhop from "sockhop";
                const server = new Sockhop.server({ port: 0 });
                await server.listen();
                const client = new Sockhop.client({ port: server.get_bound_port() });
                await client.connect();
                Error.stackTraceLimit = Infinity;
                server.on("receive", async () => {
                    console.log(JSON.stringify(new Error("here").stack));
                    await client.disconnect();
                    await server.close();
                });
                await client.send({ n: 1 });
            `);
            for (const name of [
                "SockhopServer.emit",
                "SockhopServer.$deliver",
                "SockhopServer.$onMessage",
                "MessageReceiver.onData",
            ])
                expect(stack).to.include(`at ${name} `);
            expect(stack).to.match(/at #\w+ /);
        });

        it("can be extended by classes with private members of any name, as programs for 1.x have", async () => {
            const values = await run(`
                import { createRequire } from "node:module";
                const Sockhop = createRequire(import.meta.url)("sockhop");
                const names = ["_connections", "_timers", "_limits", "_send", "_request", "_close", "_onMessage", "_onClose", "_bind"];
                const extended = (Base) => {
                    class Own extends Base {}
                    for (const name of names) {
                        Object.defineProperty(Own.prototype, name, { get: () => { throw new Error("used " + name); } });
                    }
                    return Own;
                };
                const [Server, Client, Session] = [Sockhop.server, Sockhop.client, Sockhop.session].map(extended);
                const server = new Server({ port: 0, session_type: Session });
                server.on("request", ({ data }, response) => response.send(data + 1));
                await server.listen();
                const client = new Client({ port: server.get_bound_port() });
                await client.connect();
                const { data } = await (await client.request(1)).next();
                await client.disconnect();
                await server.close();
                console.log(JSON.stringify(data));
            `);
            expect(values).to.equal(2);
        });

        it("is a plain object, whose members a program or its tests can replace, as in 1.x", async () => {
            const values = await run(`
                import { createRequire } from "node:module";
                const Sockhop = createRequire(import.meta.url)("sockhop");
                const { client } = Sockhop;
                Sockhop.client = class Fake {};
                const name = Sockhop.default.client.name;
                Sockhop.client = client;
                console.log(JSON.stringify([name, Sockhop.__esModule]));
            `);
            expect(values).to.deep.equal(["Fake", true]);
        });

        it("has the old deep paths, by require and by import", async () => {
            expect(DEEP).to.include("ObjectBuffer");
            const paths = DEEP_PATHS.map((path) => `sockhop/${path}`);
            const wrong = await run(`
                import { createRequire } from "node:module";
                import * as Sockhop from "sockhop";
                const require = createRequire(import.meta.url);
                const wrong = [];
                for (const path of ${JSON.stringify(paths)}) {
                    const required = require(path);
                    const members = typeof required === "function" ? { [required.name]: required } : required;
                    for (const name of Object.keys(members)) if (members[name] !== Sockhop[name]) wrong.push([path, name]);
                    if ((await import(path)).default !== required) wrong.push([path, "import"]);
                    if (Object.keys(members).length === 0) wrong.push([path, "nothing"]);
                }
                console.log(JSON.stringify(wrong));
            `);
            expect(wrong).to.deep.equal([]);
        });

        it("has the engines by require and by import, without their packages, which an error names", async () => {
            const found = await run(`
                import { createRequire } from "node:module";
                import Sockhop from "sockhop";
                import * as nats from "sockhop/nats";
                import * as redis from "sockhop/redis";
                const require = createRequire(import.meta.url);
                const found = [];
                for (const [name, imported] of [["nats", nats], ["redis", redis]]) {
                    const key = name + "_engine";
                    const error = await imported[key]().connect(["a"], () => {}, () => {}).catch((reason) => reason);
                    const same = require("sockhop/" + name)[key] === imported[key];
                    found.push([Object.keys(imported).includes(key), same, error instanceof Sockhop.Error, error.code, error.message]);
                }
                console.log(JSON.stringify(found));
            `);
            const expected = Object.values(PACKAGES).map((name) => {
                const version = manifest.peerDependencies![name]!;
                const text = `The package ${name} is not installed: npm install "${name}@${version}"`;
                return [true, true, true, "ERR_NO_ENGINE", text];
            });
            expect(found).to.deep.equal(expected);
        });

        it("has the packages of the engines as optional peer dependencies", () => {
            expect(Object.keys(manifest.peerDependencies!)).to.have.members(Object.values(PACKAGES));
            const optional = Object.values(PACKAGES).map((name) => [name, { optional: true }]);
            expect(manifest.peerDependenciesMeta).to.deep.equal(Object.fromEntries(optional));
        });

        it("has the other names of 1.8 that Node completes", async () => {
            const found = await run(`
                import { createRequire } from "node:module";
                const require = createRequire(import.meta.url);
                const { SockhopServer } = require("sockhop");
                const indexes = ["sockhop/index", "sockhop/index.js"].map((path) => require(path).server === SockhopServer);
                console.log(JSON.stringify([...indexes, require("sockhop/package").name]));
            `);
            expect(found).to.deep.equal([true, true, "sockhop"]);
        });

        it("has no other entry points", async () => {
            const codes = await run(`
                import { createRequire } from "node:module";
                const require = createRequire(import.meta.url);
                const codes = ["sockhop/dist/index.js", "sockhop/dist/index.mjs", "sockhop/lib/nothing"].map((path) => {
                    try { return typeof require(path); } catch (error) { return error.code; }
                });
                console.log(JSON.stringify(codes));
            `);
            const hidden = "ERR_PACKAGE_PATH_NOT_EXPORTED";
            expect(codes).to.deep.equal([hidden, hidden, "MODULE_NOT_FOUND"]);
        });
    });

    describe("for TypeScript", () => {
        /** Runs compiled programs. Their output shows that all assertions have passed. */
        async function runAll(project: string, programs: readonly string[]): Promise<void> {
            for (const name of programs) {
                const output = await printed(node([join(project, "out", name)], installed.folder));
                expect(output, name).to.match(/^\w+: well\n$/);
            }
        }

        it("has declarations for ES modules and CommonJS, side by side (nodenext)", async () => {
            expect(await slow.nodenext).to.deep.equal({ code: 0, output: "" });
            await runAll("nodenext", ["loose.mjs", "loose.cjs", "protocol.mjs", "protocol.cjs", "deep.cjs"]);
            await runAll("nodenext", ["engines.mjs", "engines.cjs"]);
        });

        it("has declarations for compilers without support of exports (commonjs, node10)", async () => {
            expect(await slow.node10).to.deep.equal({ code: 0, output: "" });
            await runAll("node10", ["loose.js", "protocol.js", "deep.js", "engines.js"]);
        });
    });

    describe("in package checkers", () => {
        it("has no errors in publint", async () => {
            const args = [tool("publint", "src/cli.js"), installed.tarball, "--strict"];
            expect(await printed(node(args, installed.folder))).to.match(/All good!\s*$/);
        });

        it("has no wrong types in attw, also at the old deep paths", async () => {
            const output = await printed(slow.attw);
            expect(output).to.include("No problems found").and.include('"sockhop/index"');
            for (const path of [...DEEP_PATHS, ...ENGINES]) expect(output).to.include(`"sockhop/${path}"`);
        });
    });
});
