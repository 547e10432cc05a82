import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";

export const ROOT = join(__dirname, "../..");

/** How a program has ended, and all that it has printed. */
export interface Ended {
    code: number | string | null;
    output: string;
}

/** Milliseconds after which a program that hangs is killed. */
const LONGEST = 170_000;

/** Runs Node.js. What it does is not counted where coverage is measured: that would take long, and is not ours. */
export function node(args: readonly string[], cwd: string): Promise<Ended> {
    return execute(process.execPath, args, cwd);
}

/** Runs npm. No package gets to run a script of its own. */
export function npm(args: readonly string[], cwd: string): Promise<Ended> {
    const windows = process.platform === "win32";
    const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
    return execute(windows ? "npm.cmd" : "npm", [...args, ...options], cwd, windows);
}

function execute(file: string, args: readonly string[], cwd: string, shell = false): Promise<Ended> {
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

/** What a program has printed; an error when it has not ended well. */
export async function printed(ended: Promise<Ended>): Promise<string> {
    const { code, output } = await ended;
    if (code !== 0) throw new Error(`Ended with ${code}:\n${output}`);
    return output;
}

/** All files below a folder, by their path from there, sorted. */
export function files(folder: string): string[] {
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const found = names.filter((name) => statSync(join(folder, name)).isFile());
    return found.map((name) => name.split(sep).join("/")).sort();
}

/** The library as users get it: packed from what was built, and installed in a folder of its own. */
export class Installed {
    private constructor(
        /** Where programs can be put that use it. */
        readonly folder: string,
        readonly tarball: string,
    ) {}

    static async create(): Promise<Installed> {
        const folder = mkdtempSync(join(tmpdir(), "sockhop-package-"));
        await printed(npm(["pack", "--pack-destination", folder], ROOT));
        const tarball = join(folder, readdirSync(folder)[0]!);
        writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
        await printed(npm(["install", "--offline", tarball], folder));
        return new Installed(folder, tarball);
    }

    /** Where the library is. */
    get library(): string {
        return join(this.folder, "node_modules/sockhop");
    }

    /** Bytes that are downloaded. */
    get size(): number {
        return statSync(this.tarball).size;
    }

    /**
     * Makes a project of TypeScript programs below the folder.
     *
     * @param nodeTypes - the folder of the declarations of Node.js
     * @param programs - those in `programs`, each with the names that it is to have there
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
