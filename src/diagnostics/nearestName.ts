/** The known name with the smallest edit distance, if at most a third of the letters differ. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
    const normalized = normalize(name);
    let nearest: string | undefined;
    let minEdits = Math.max(1, Math.floor(normalized.length / 3)) + 1;
    for (const known of names) {
        const edits = editDistance(normalized, normalize(known));
        if (edits >= minEdits) continue;
        minEdits = edits;
        nearest = known;
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
