import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";

/** Number of lines that are kept. */
export const HISTORY_SIZE = 1000;

/**
 * Path of the history file: `SOCKHOP_HISTORY`, or `undefined` if that is empty. Without the variable, a file in the state
 * folder of the user (XDG Base Directory Specification).
 */
function historyPath(): string | undefined {
    const { SOCKHOP_HISTORY: own, XDG_STATE_HOME: state, LOCALAPPDATA: local } = process.env;
    if (own !== undefined) return own === "" ? undefined : own;
    if (process.platform === "win32" && local) return path.join(local, "sockhop", "history");
    const folder = state && path.isAbsolute(state) ? state : path.join(os.homedir(), ".local", "state");
    return path.join(folder, "sockhop", "history");
}

/**
 * True if a file would be in a folder of another user, whose home root has after `sudo -E` or `su`. A folder of root there
 * would lock its owner out.
 */
function isForeign(file: string): boolean {
    const folder = path.dirname(file);
    return existsSync(folder) ? statSync(folder).uid !== process.getuid?.() : isForeign(folder);
}

/** Lines typed at the prompt, stored in a file. Errors of the file are ignored: the prompt works without it. */
export class History {
    readonly #path = historyPath();

    /** Reads the stored lines, newest first, as readline expects them. */
    load(): string[] {
        return this.#try((file) => {
            const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
            const kept = lines.slice(-HISTORY_SIZE);
            if (lines.length > 2 * HISTORY_SIZE) writeFileSync(file, `${kept.join("\n")}\n`, { mode: 0o600 });
            return kept.reverse();
        }, []);
    }

    add(line: string): void {
        this.#try((file) => {
            if (process.getuid?.() === 0 && process.env["SOCKHOP_HISTORY"] === undefined && isForeign(file)) return;
            mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
            appendFileSync(file, `${line}\n`, { mode: 0o600 }); // typed lines may be secret
        }, undefined);
    }

    #try<T>(work: (file: string) => T, fallback: T): T {
        try {
            return this.#path === undefined ? fallback : work(this.#path);
        } catch {
            return fallback; // no file yet, or a read-only folder
        }
    }
}
