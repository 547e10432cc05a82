import { expect } from "chai";
import { asFunction, forBundlers, forImport, forNode, loadedModules } from "./entryPoints";

describe("asFunction()", () => {
    const HEAD = '"use strict";\nmodule.exports = (function (builtin) {\nconst module = {};\n';
    const TAIL = [
        "const exported = { ...module.exports };",
        "if (exported.default) exported.default = exported;",
        'return Object.defineProperty(exported, "__esModule", { value: true });',
        "});\n",
    ].join("\n");

    it("makes a function of what loads modules", () => {
        const code = 'var import_node_net = builtin("node:net");\n(0, import_node_net.connect)(1);\n';
        expect(asFunction(code)).to.equal(HEAD + code + TAIL);
    });

    it("loads a module once, without a copy", () => {
        const bundled = [
            'var import_node_fs = builtin("node:fs");',
            "use((0, import_node_fs.statSync)());",
            'var import_node_fs2 = __toESM(builtin("node:fs"));',
            'var timers = __toESM(builtin("node:timers"));',
            "use(import_node_fs2.default.constants, import_node_fs2.readFile, timers.setTimeout, own.default);\n",
        ];
        const expected = [
            'var import_node_fs = builtin("node:fs");',
            "use((0, import_node_fs.statSync)());",
            'var timers = builtin("node:timers");',
            "use(import_node_fs.constants, import_node_fs.readFile, timers.setTimeout, own.default);\n",
        ];
        expect(asFunction(bundled.join("\n"))).to.equal(HEAD + expected.join("\n") + TAIL);
    });

    it("rejects code that loads something else", () => {
        for (const code of ['builtin("./file.js");', "builtin(name);", 'builtin.resolve("node:net");']) {
            expect(() => asFunction(code), code).to.throw("something else than a module of Node.js");
        }
    });
});

describe("the entry points", () => {
    const library = 'f(() => builtin("node:tls"), builtin("node:fs/promises"), builtin("node:tls"));';

    it("name the modules that the library loads", () => {
        expect(loadedModules(library)).to.deep.equal(["node:fs/promises", "node:tls"]);
    });

    it("load them at first use in Node.js", () => {
        const code = forNode(loadedModules(library), ["a"]);
        expect(code).to.match(/library\(\(name\) => \{/);
        expect(code.match(/case "[^"]+":\s+return require\("[^"]+"\);/g)).to.have.length(2);
        expect(code).to.match(/^0 && \(module\.exports = \{\s+a,\s+\}\);$/m);
    });

    it("import them in a bundle", () => {
        const code = forBundlers(loadedModules(library), ["b", "a"]);
        expect(code).to.include('import fs_promises from "node:fs/promises";\nimport tls from "node:tls";\n');
        expect(code)
            .to.include('"node:fs/promises": fs_promises,')
            .and.match(/export const \{\s+a,\s+b,\s+\} = Sockhop;/);
    });

    it("give the classes of require() to import", () => {
        expect(forImport(["a"])).to.equal(
            'import Sockhop from "./index.js";\n\nexport default Sockhop;\nexport const {\n    a,\n} = Sockhop;\n',
        );
    });
});
