import { expect } from "chai";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { Installed, node, printed } from "./Installed";
import { installRunners, link } from "./tools";

describe("the package in test runners", function () {
    this.timeout(180_000); // for slow machines; each takes a few seconds

    let installed: Installed;
    let folder: string;
    let modules: string;

    before("pack and install", async function () {
        this.timeout(180_000); // the runners are fetched once
        installed = await Installed.create();
        modules = join(installed.folder, "node_modules");
        link(await installRunners(), modules);
        folder = join(installed.folder, "runners");
        cpSync(join(__dirname, "programs/runners"), folder, { recursive: true });
    });

    after(() => {
        installed.remove();
    });

    it("works in Jest: fake timers, reset and isolated modules, and the globals of jsdom", async () => {
        const args = ["--rootDir", folder, "--testRegex", "\\.jest\\.js$", "--maxWorkers", "1", "--forceExit"];
        const output = await printed(node([join(modules, "jest/bin/jest.js"), ...args], folder));
        expect(output).to.match(/^Test Suites: 3 passed, 3 total$/m);
        expect(output).to.not.match(/Warning/);
    });

    it("works in Vitest: fake timers, reset modules, jsdom, other contexts, and inlined", async () => {
        const output = await printed(node([join(modules, "vitest/vitest.mjs"), "run"], folder));
        expect(output).to.match(/Test Files +4 passed \(4\)/);
        expect(output).to.not.match(/Unhandled|Warning/);
    });

    it("works with the clocks of node:test and of @sinonjs/fake-timers", async () => {
        const output = await printed(node(["--test", "--test-timeout=15000", join(folder, "clock.node.js")], folder));
        expect(output)
            .to.match(/^. pass [1-9]/m)
            .and.match(/^. fail 0$/m);
    });

    it("can be loaded many times: no listeners remain, and the copies exchange messages", async () => {
        expect(await node([join(folder, "many.js")], folder)).to.deep.equal({ code: 0, output: "well\n" });
    });
});
