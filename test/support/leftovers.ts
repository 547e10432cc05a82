/** Cleanup tasks of a test, run after success and failure. */
const leftovers: (() => unknown)[] = [];

/** Registers a cleanup task for the end of the test. */
export function later(undo: () => unknown): void {
    leftovers.push(undo);
}

/** Runs all cleanup tasks, newest first. */
export async function closeAll(): Promise<void> {
    for (const undo of leftovers.splice(0).reverse()) await undo();
}
