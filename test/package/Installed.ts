import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";

export const ROOT = join(__dirname, "../..");

/** Exit code and output of a program. */
export interface Ended {
    code: number | string | null;
    output: string;
}

/** Milliseconds after which a hanging program is killed. */
const LONGEST = 170_000;

/** Runs Node.js without coverage, which would be slow and include code of others. */
export function node(args: readonly string[], cwd: string): Promise<Ended> {
    return execute(process.execPath, args, cwd);
}

/** Runs npm. Packages run no scripts. */
export function npm(args: readonly string[], cwd: string): Promise<Ended> {
    const windows = process.platform === "win32";
    const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
    return execute(windows ? "npm.cmd" : "npm", [...args, ...options], cwd, windows);
}

/** Runs a program. */
export function execute(file: string, args: readonly string[], cwd: string, shell = false): Promise<Ended> {
    const env = { ...process.env, NO_COLOR: "1", NODE_V8_COVERAGE: "" };
    return new Promise((resolve) => {
        execFile(
            file,
            args,
            { cwd, env, shell, maxBuffer: 1e7, timeout: LONGEST, killSignal: "SIGKILL" },
            (error, stdout, stderr) => {
                resolve({ code: error ? (error.code ?? "killed") : 0, output: stdout + stderr });
            },
        );
    });
}

/** Returns the output of a program. Throws if it has failed. */
export async function printed(ended: Promise<Ended>): Promise<string> {
    const { code, output } = await ended;
    if (code !== 0) throw new Error(`Ended with ${code}:\n${output}`);
    return output;
}

/** All files below a folder, as sorted relative paths. */
export function files(folder: string): string[] {
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const found = names.filter((name) => statSync(join(folder, name)).isFile());
    return found.map((name) => name.split(sep).join("/")).sort();
}

/** The library as users get it: packed from the built files, and installed in a folder. */
export class Installed {
    private constructor(
        /** Folder for programs that use it. */
        readonly folder: string,
        readonly tarball: string,
    ) {}

    static async create(): Promise<Installed> {
        const folder = mkdtempSync(join(tmpdir(), "sockhop-package-"));
        await printed(node([join(__dirname, "pack.js"), "--destination", folder], ROOT));
        const tarball = join(folder, readdirSync(folder)[0]!);
        writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
        await printed(npm(["install", "--offline", tarball], folder));
        return new Installed(folder, tarball);
    }

    /** Folder of the library. */
    get library(): string {
        return join(this.folder, "node_modules/sockhop");
    }

    /** Download size in bytes. */
    get size(): number {
        return statSync(this.tarball).size;
    }

    /**
     * Creates a project of TypeScript programs below the folder.
     *
     * @param nodeTypes - the folder of the declarations of Node.js
     * @param programs - files in `programs`, each with its names in the project
     */
    project(
        name: string,
        nodeTypes: string,
        compilerOptions: object,
        programs: Readonly<Record<string, readonly string[]>>,
    ): string {
        const project = join(this.folder, name);
        mkdirSync(join(project, "node_modules/@types"), { recursive: true });
        symlinkSync(nodeTypes, join(project, "node_modules/@types/node"), "junction");
        for (const [program, targets] of Object.entries(programs)) {
            for (const target of targets) cpSync(join(__dirname, "programs", program), join(project, target));
        }
        const always = { strict: true, skipLibCheck: false, types: ["node"], rootDir: ".", outDir: "out" };
        const settings = {
            compilerOptions: { ...always, ...compilerOptions },
            files: Object.values(programs).flat(),
        };
        writeFileSync(join(project, "tsconfig.json"), JSON.stringify(settings));
        return project;
    }

    remove(): void {
        rmSync(this.folder, { recursive: true, force: true });
    }
}
