import { expect } from "chai";
import { type EngineEntry, engineForBundlers, engineForImport, engineForNode } from "./engineEntryPoints";

describe("the entry points of an engine", () => {
    const entry: EngineEntry = { name: "some_engine", needs: "some-package", modules: ["node:a/b", "node:c"] };

    it("load modules, the library and the package at first use in Node.js", () => {
        const code = engineForNode(entry);
        const loaded = [...code.matchAll(/case "([^"]+)":\s+return require\("([^"]+)"\);/g)];
        expect(loaded.map(([, name]) => name)).to.deep.equal(["node:a/b", "node:c", "../index.js", "some-package"]);
        expect(loaded.map(([, name, path]) => name === path)).to.not.include(false);
        expect(code).to.match(/module\.exports = \{ some_engine \};\n$/);
    });

    it("import modules and the library in a bundle, and the package at first use", () => {
        const code = engineForBundlers(entry);
        expect(code).to.include('import a_b from "node:a/b";\nimport c from "node:c";\n');
        expect(code).to.include('import Sockhop from "../module.mjs";').and.include('"../index.js": Sockhop,');
        expect(code.match(/import\("some-package"\)/g)).to.have.length(1);
        expect(code).to.not.match(/\brequire\b/);
    });

    it("give the function of require() to import", () => {
        const code = 'import engine from "./some.js";\n\nexport const { some_engine } = engine;\n';
        expect(engineForImport("./some.js", entry)).to.equal(code);
    });
});
