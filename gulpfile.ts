import { type ChildProcess, spawn } from "node:child_process";
import { parallel } from "gulp";

/** Runs one tool, which can be run by hand just as well. */
function run(...command: string[]): ChildProcess {
    return spawn("npx", command, { stdio: "inherit", shell: process.platform === "win32" });
}

export function lint(): ChildProcess {
    return run("eslint", "--ext", ".ts,.js", ".");
}

export function docs(): ChildProcess {
    return run("typedoc");
}

export function build(): ChildProcess {
    return run("tsc", "--project", "src");
}

export default parallel(lint, docs);
