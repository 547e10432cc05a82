import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** So many lines are kept. */
const LENGTH = 1000;

/**
 * The file of the lines that were typed: `SOCKHOP_HISTORY`, none if that is empty; else among the states of the user's
 * programs (XDG Base Directory Specification).
 */
function file(): string | undefined {
    const { SOCKHOP_HISTORY: own, XDG_STATE_HOME: state, LOCALAPPDATA: local } = process.env;
    if (own !== undefined) return own === "" ? undefined : own;
    if (process.platform === "win32" && local) return path.join(local, "sockhop", "history");
    const folder = state && path.isAbsolute(state) ? state : path.join(os.homedir(), ".local", "state");
    return path.join(folder, "sockhop", "history");
}

/** The lines that were typed at the prompt, also earlier. A file that cannot be used is done without. */
export class History {
    readonly #file = file();

    /** The newest first, as readline wants them. */
    load(): string[] {
        return this.#attempt((from) => {
            const lines = readFileSync(from, "utf8").split("\n").filter(Boolean);
            const kept = lines.slice(-LENGTH);
            if (lines.length > 2 * LENGTH) writeFileSync(from, `${kept.join("\n")}\n`, { mode: 0o600 });
            return kept.reverse();
        }, []);
    }

    add(line: string): void {
        this.#attempt((to) => {
            mkdirSync(path.dirname(to), { recursive: true, mode: 0o700 });
            appendFileSync(to, `${line}\n`, { mode: 0o600 }); // what is typed may be secret
        }, undefined);
    }

    #attempt<T>(work: (file: string) => T, otherwise: T): T {
        try {
            return this.#file === undefined ? otherwise : work(this.#file);
        } catch {
            return otherwise;
        }
    }
}
