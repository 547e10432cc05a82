import { expect } from "chai";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import ts from "typescript";
import { ROOT } from "../support/markdown";

const SRC = join(ROOT, "src");
const PAGE = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");

/** Files of src, relative to it, with slashes and without extension. */
const FILES = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.split(sep).join("/").slice(0, -3));

/** Rows of the drawing from top to bottom. Each has the names of its layers. */
const ROWS = [...PAGE.matchAll(/^ ?\d+ {2}(?<names>\S+(?: {3}\S+)*) {2,}\S.*$/gm)].map(({ groups }) =>
    groups!["names"]!.split(/ {3}/).filter((name) => /^\w+$/.test(name)),
);

function rowOf(file: string): number {
    const layer = file.split("/")[0]!;
    return ROWS.findIndex((row) => row.includes(layer));
}

/** Imports of a file, including types. */
function importsOf(file: string): string[] {
    const path = join(SRC, `${file}.ts`);
    const { importedFiles } = ts.preProcessFile(readFileSync(path, "utf8"));
    return importedFiles
        .filter(({ fileName }) => fileName.startsWith("."))
        .map(({ fileName }) =>
            relative(SRC, join(dirname(path), fileName))
                .split(sep)
                .join("/"),
        );
}

/** Groups of files with circular imports. */
function circles(): string[][] {
    const imports = new Map(FILES.map((file) => [file, importsOf(file)]));
    const reachable = (from: string): Set<string> => {
        const found = new Set<string>();
        const visit = (file: string): void => {
            for (const next of imports.get(file) ?? []) {
                if (found.has(next)) continue;
                found.add(next);
                visit(next);
            }
        };
        visit(from);
        return found;
    };
    const reached = new Map(FILES.map((file) => [file, reachable(file)]));
    const inCircle = FILES.filter((file) => reached.get(file)!.has(file));
    const groups = inCircle.map((file) =>
        inCircle.filter((other) => reached.get(file)!.has(other) && reached.get(other)!.has(file)).sort(),
    );
    return [...new Map(groups.map((group) => [group.join(), group])).values()];
}

describe("docs/architecture.md", () => {
    it("draws the layers that ESLint checks", () => {
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- a configuration of ESLint
        const { layers } = require(join(SRC, "layers.cjs")) as { layers: string[][] };
        expect(ROWS).to.deep.equal(layers);
    });

    it("draws layers whose imports point down", () => {
        const wrong = FILES.flatMap((file) =>
            importsOf(file)
                .filter((target) => target.split("/")[0] !== file.split("/")[0])
                .filter((target) => rowOf(target) <= rowOf(file) || rowOf(target) === -1)
                .map((target) => `${file} → ${target}`),
        );
        expect(wrong).to.deep.equal([]);
    });

    it("names the circular imports", () => {
        expect(circles()).to.have.deep.members([
            ["Group", "ServerEvents", "ServerOptions", "SockhopServer", "SockhopSession"].map(
                (name) => `server/${name}`,
            ),
            ["codec/custom/CustomFormat", "codec/custom/CustomWire"],
            ["codec/binary/BinaryFormat", "codec/binary/BinaryWire"],
            ["codec/v2/V2Format", "codec/v2/V2Wire"],
            ["codec/binary/read/ValueReader", "codec/binary/read/readRich"],
            ["codec/binary/write/ValueWriter", "codec/binary/write/writeBuiltIn", "codec/binary/write/writeRich"],
        ]);
    });

    it("lists each file of the library", () => {
        const tree = /^## Files\n+```text\n(?<tree>[^]*?)^```$/m.exec(PAGE)!.groups!["tree"]!;
        // These are bundles of their own.
        const files = FILES.filter((file) => !/^(cli|compat|inspect\/package)\//.test(file));
        const folders: string[] = [];
        const listed = tree.split("\n").flatMap((line) => {
            const { indent, name, end } =
                /^(?<indent> +)(?<name>[\w/]+?)(?<end>\/(?!\w)|\.ts\b)/.exec(line)?.groups ?? {};
            if (indent === undefined) return [];
            folders.length = indent.length / 2 - 1; // two spaces for each level below src
            if (end === "/") folders.push(name!);
            return end === ".ts" ? [[...folders, name].join("/")] : [];
        });
        expect(listed).to.have.members(files);
    });
});
