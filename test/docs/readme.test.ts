import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ROOT, read } from "../support/markdown";
import { privatePorts } from "../support/ports";
import { isRun, isScript } from "./blocks";
import { testPrograms } from "./programs";

const LONGEST = 200;

// Its programs run as printed, with the default port.
describe("README.md", () => {
    const { blocks } = read("README.md");

    it(`has at most ${LONGEST} lines`, () => {
        const lines = readFileSync(join(ROOT, "README.md"), "utf8").trimEnd().split("\n");
        expect(lines.length).to.be.at.most(LONGEST);
    });

    it("runs every program in JavaScript, TypeScript and Python", () => {
        const programs = blocks.filter((block) => isScript(block) || block.language === "python");
        expect(programs.filter((block) => !isRun(block)).map(({ line }) => line)).to.deep.equal([]);
    });

    testPrograms(blocks, (folder) => ({ ...privatePorts(join(folder, "ports")), XDG_RUNTIME_DIR: folder }));
});
