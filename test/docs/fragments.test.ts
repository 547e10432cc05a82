import path from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { type Block, ROOT, pages, read } from "../support/markdown";
import { isJavaScript, isRun, isUsed } from "./blocks";

// TypeScript in the documentation is compiled, and so are JavaScript fragments, together with their context.

describe("TypeScript and JavaScript fragments in the documentation", function () {
    this.timeout(180_000);
    const checked = pages().flatMap((page) => {
        const { blocks } = read(page);
        return blocks.filter((block) => {
            if (block.language === "ts") return true;
            return isJavaScript(block) && !isRun(block) && !isUsed(block, blocks);
        });
    });
    const named = [...new Set(checked.map(({ page }) => page))];
    let complaints: string[];

    before("compile all of them", () => {
        complaints = compile(checked);
    });

    for (const page of named) {
        it(`${page} compiles`, () => {
            expect(complaints.filter((text) => text.startsWith(`${page}:`))).to.deep.equal([]);
        });
    }

    it("has no errors outside of the pages", () => {
        expect(complaints.filter((text) => !named.some((page) => text.startsWith(`${page}:`)))).to.deep.equal([]);
    });
});

/** Variables that JavaScript fragments may use. */
const AROUND = `
import type { Socket } from "node:net";
import type { Cluster, SockhopClient, SockhopServer, SockhopSession } from "sockhop";

declare global {
    const Sockhop: typeof import("sockhop");
    const client: SockhopClient;
    const server: SockhopServer & { readonly sessions: any[]; readonly cluster: Cluster };
    const session: SockhopSession;
    const socket: Socket;
    const fs: typeof import("node:fs");
    const once: typeof import("node:events").once;
    // Members of a complete program
    const Login: new (token: string) => object;
    const token: string;
    const members: Set<string>;
    const key: Buffer, cert: Buffer, ca: Buffer;
    interface Error {
        code?: string;
    }
    function work(data: unknown): void;
    function perform(job: unknown): Promise<void>;
}

// Members with TLS
declare module "node:net" {
    interface Socket {
        getPeerCertificate(): any;
    }
    interface Server {
        setSecureContext(options: object): void;
    }
}
`;

/** Declarations that JavaScript cannot express: parameter types, and existing functions. */
const FORGIVEN = (code: number): boolean => (code >= 7000 && code < 8000) || code === 2722;

/** Compiles blocks in one program, because loading the types of the library and of Node takes most of the time. Writes nothing. */
function compile(blocks: Block[]): string[] {
    const { config } = ts.readConfigFile(path.join(ROOT, "tsconfig.json"), (file) => ts.sys.readFile(file)) as {
        config: { compilerOptions: object };
    };
    const { options } = ts.convertCompilerOptionsFromJson(
        {
            ...config.compilerOptions,
            // For users with "strict" only, and for JavaScript
            exactOptionalPropertyTypes: false,
            noImplicitOverride: false,
            useUnknownInCatchVariables: false,
            noPropertyAccessFromIndexSignature: false,
            allowJs: true,
            checkJs: true,
            moduleDetection: "force",
            paths: {
                sockhop: ["./src/index.ts"],
                "sockhop/inspect": ["./src/inspect/entry.ts"],
                "sockhop/*": ["./src/engines/*.ts"],
            },
        },
        ROOT,
    );

    // Each page is a folder that does not exist.
    const files = new Map([[path.join(ROOT, "docs/around.ts"), AROUND]]);
    const origin = new Map<string, Block>();
    for (const block of blocks) {
        const folder = path.join(ROOT, `${block.page}.blocks`);
        const file = path.join(folder, block.name ?? `block-${block.line}.${block.language === "ts" ? "ts" : "js"}`);
        files.set(file, block.code);
        files.set(path.join(folder, "package.json"), '{ "type": "module" }');
        origin.set(file, block);
    }

    const real = ts.createCompilerHost(options);
    const textOf = (file: string): string | undefined => files.get(path.normalize(file));
    const host: ts.CompilerHost = {
        ...real,
        readFile: (file) => textOf(file) ?? real.readFile(file),
        fileExists: (file) => textOf(file) !== undefined || real.fileExists(file),
        directoryExists: (folder) => folder.endsWith(".blocks") || real.directoryExists!(folder),
        getSourceFile(file, version, ...rest) {
            const text = textOf(file);
            return text === undefined
                ? real.getSourceFile(file, version, ...rest)
                : ts.createSourceFile(file, text, version);
        },
    };

    const program = ts.createProgram(
        [...files.keys()].filter((file) => /\.[jt]s$/.test(file)),
        options,
        host,
    );
    return ts.getPreEmitDiagnostics(program).flatMap(({ file, start, code, messageText }) => {
        const block = file && origin.get(path.normalize(file.fileName));
        if (block && block.language !== "ts" && FORGIVEN(code)) return [];
        const text = ts.flattenDiagnosticMessageText(messageText, "\n");
        if (!block) return [`${file?.fileName ?? "the program"}: ${text}`];
        const line = block.line + 1 + file.getLineAndCharacterOfPosition(start!).line;
        return [`${block.page}:${line}: ${text}`];
    });
}
