import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";
import { exportedNames, tidy } from "./rollUp";
import { ROOT, files } from "./Installed";

const DIST = join(ROOT, "dist");

/** The published declarations. */
const DECLARATIONS = files(DIST).filter((name) => /\.d\.m?ts$/.test(name) && !name.startsWith("types/"));

describe("the published declarations", () => {
    const sources = DECLARATIONS.map((name) =>
        ts.createSourceFile(name, readFileSync(join(DIST, name), "utf8"), ts.ScriptTarget.Latest, true),
    );

    it("are one file, the entry points, the engines and the old deep paths", () => {
        const others = DECLARATIONS.filter((name) => !/^(?:compat|engines)\//.test(name));
        expect(others).to.deep.equal(["exports.d.ts", "index.d.mts", "index.d.ts", "inspect.d.ts"]);
    });

    it("have no comment without a declaration", () => {
        expect(sources.flatMap(orphans)).to.deep.equal([]);
    });

    it("have no comment about an internal member", () => {
        const mentioned = sources.flatMap(({ text }) => [...text.matchAll(/`(_\w+)/g)].map(([, name]) => name!));
        const declared = new Set(sources.flatMap((source) => all(source, ts.isIdentifier)).map(({ text }) => text));
        expect(mentioned.filter((name) => !declared.has(name))).to.deep.equal([]);
    });

    it("have no interface without members", () => {
        const interfaces = sources.flatMap((source) => all(source, ts.isInterfaceDeclaration));
        const empty = interfaces.filter(({ members, heritageClauses }) => members.length === 0 && !heritageClauses);
        expect(empty.map(({ name }) => name.text)).to.deep.equal([]);
    });

    it("export each interface that the declarations of a program can refer to", () => {
        const exported = new Set(sources.flatMap((source) => [...exportedNames(source)]));
        const interfaces = sources
            .flatMap((source) => all(source, ts.isInterfaceDeclaration))
            .map(({ name }) => name.text);
        const inner = ["TypedEmitter"]; // the base of classes
        expect(interfaces.filter((name) => !exported.has(name))).to.deep.equal(inner);
    });

    it("have no optional property of an option that may not be undefined", () => {
        const options = sources
            .flatMap((source) => all(source, ts.isInterfaceDeclaration))
            .filter(({ name }) => name.text.endsWith("Options"));
        const given = sources
            .flatMap((source) => all(source, ts.isParameter))
            .flatMap(({ type }) => (type ? [type] : []));
        const literals = given.flatMap((type) => all(type, ts.isTypeLiteralNode));
        const members = [...options, ...literals].flatMap((node) => all(node, ts.isPropertySignature));
        const exact = members.filter(
            ({ questionToken, type }) => questionToken && !/undefined|unknown/.test(type?.getText() ?? ""),
        );
        expect(exact.map((node) => node.getText())).to.deep.equal([]);
    });

    it("import nothing for its side effects", () => {
        const imports = sources.flatMap((source) => all(source, ts.isImportDeclaration));
        expect(imports.filter(({ importClause }) => !importClause).map((node) => node.getText())).to.deep.equal([]);
    });
});

describe("tidy()", () => {
    const MIXIN = "declare type Mixin<T> = abstract new () => T;\n";

    it("removes interfaces without members, and their use by mixins", async () => {
        const used = "declare const Base: typeof Object & Mixin<Empty> & Mixin<Full>;\n";
        const text = `${MIXIN}/** Nothing. */\ndeclare interface Empty {}\ndeclare interface Full { a: 1 }\n${used}`;
        const result = await tidy(text);
        expect(result).to.include("declare const Base: typeof Object & Mixin<Full>;");
        expect(result).to.not.match(/Empty|Nothing/);
    });

    it("removes the comments of classes that are not exported", async () => {
        const text =
            "/** Inner. */\ndeclare class A {\n    /** Member. */\n    a: 1;\n}\n/** Outer. */\ndeclare class B extends A {}\nexport { B as C };\n";
        expect(await tidy(text)).to.equal(text.replace("/** Inner. */\n", ""));
    });

    it("rejects exported interfaces without members, and other uses of them", async () => {
        const failures = [
            "export declare interface Empty {}",
            "declare interface Empty {}\ndeclare class A implements Empty {}",
        ];
        for (const text of failures) {
            const error: unknown = await tidy(text).catch((reason: unknown) => reason);
            expect(error).to.be.an("error").with.property("message").that.includes("Empty");
        }
    });
});

/** All nodes of a kind. */
function all<T extends ts.Node>(root: ts.Node, test: (node: ts.Node) => node is T): T[] {
    const found: T[] = [];
    const visit = (node: ts.Node): void => {
        if (test(node)) found.push(node);
        ts.forEachChild(node, visit);
    };
    visit(root);
    return found;
}

/** Accepts each node. */
function isNode(_node: ts.Node): _node is ts.Node {
    return true;
}

/** Doc comments that are not the last one before a declaration. */
function orphans(source: ts.SourceFile): string[] {
    const attached = all(source, isNode).map((node) => ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1)?.pos);
    const comments = [...source.text.matchAll(/\/\*\*[^]*?\*\//g)];
    return comments.filter(({ index }) => !attached.includes(index)).map(([text]) => text);
}
