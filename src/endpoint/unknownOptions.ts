import process from "node:process";

/** Options of both ends: `listen_or_connect()` passes one object to both. A test compares them with the types. */
export const OPTION_NAMES = [
    "address",
    "allow_non_objects",
    "auto_reconnect",
    "auto_reconnect_interval",
    "auto_reconnect_max_interval",
    "connect_timeout",
    "frame_timeout",
    "max_buffered",
    "max_connections",
    "max_message_size",
    "max_pending",
    "mode",
    "name",
    "path",
    "peer_type",
    "port",
    "queue",
    "response_timeout",
    "session_timeout",
    "session_type",
    "slow_consumer",
    "ssl",
    "ssl_options",
    "terminator",
] as const;

/** Options of sockhop 2.x, ignored without a warning (`docs/migrating.md`). */
const IGNORED_NAMES: ReadonlySet<string> = new Set(["allow_binary_mode", "compatibility_mode", "handshake_timeout"]);

/** Number of unknown options after which the object is no set of options, but a Buffer or an array, for example. */
const MAX_WARNINGS = 10;

const warned = new Set<string>();

/** Emits a process warning for each unknown option, once per name, to reveal typing mistakes. */
export function warnUnknownOptions(options: object): void {
    let count = 0;
    for (const name of Object.keys(options)) {
        if ((OPTION_NAMES as readonly string[]).includes(name) || IGNORED_NAMES.has(name) || warned.has(name)) continue;
        warned.add(name);
        count += 1;
        if (count > MAX_WARNINGS) return;
        const suggestion = nearestOption(name);
        const hint = suggestion === undefined ? "" : `: did you mean "${suggestion}"?`;
        process.emitWarning(`Unknown option "${name}"${hint}`, { type: "SockhopWarning" });
    }
}

/** Option name with the smallest edit distance, if at most a third of the letters differ. */
function nearestOption(name: string): string | undefined {
    const normalized = normalize(name);
    let nearest: string | undefined;
    let minEdits = Math.max(1, Math.floor(normalized.length / 3)) + 1;
    for (const option of OPTION_NAMES) {
        const edits = editDistance(normalized, normalize(option));
        if (edits >= minEdits) continue;
        minEdits = edits;
        nearest = option;
    }
    return nearest;
}

/** Removes case and separators, so that `connectTimeout` equals `connect_timeout`. */
function normalize(name: string): string {
    return name.toLowerCase().replaceAll(/[_-]/g, "").slice(0, 40);
}

/** Number of letters to insert, remove, replace or swap with the next one (optimal string alignment). */
function editDistance(from: string, to: string): number {
    const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
    const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
    for (let row = 1; row <= from.length; row++) {
        rows[row] = [row];
        for (let column = 1; column <= to.length; column++) {
            const replaced = at(row - 1, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
            const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
            const swapped = isSwap ? at(row - 2, column - 2) + 1 : Infinity;
            rows[row]?.push(Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, replaced, swapped));
        }
    }
    return at(from.length, to.length);
}
