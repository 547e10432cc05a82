import process from "node:process";

/** Where all copies of the library in this process find each other's tasks. */
const TASKS = Symbol.for("sockhop.onExit");

/** Weak, so that a copy that was thrown away (`jest.resetModules()`, hot reload) is not kept. */
type Tasks = WeakRef<() => void>[];

/** Keeps the task of this copy of the library alive as long as the copy. */
const own: (() => void)[] = [];

/**
 * Calls `task` when the process exits, before the listeners of `exit` that are added later.
 *
 * One listener serves all copies of the library: each evaluation would add one more, and Node warns of the eleventh.
 */
export function onExit(task: () => void): void {
    own.push(task);
    const shared = process as typeof process & { [TASKS]?: Tasks };
    let tasks = shared[TASKS];
    if (!tasks) {
        tasks = shared[TASKS] = [];
        const all = tasks;
        process.on("exit", () => {
            for (const each of all) each.deref()?.();
        });
    }
    const alive = tasks.filter((each) => each.deref() !== undefined);
    tasks.splice(0, tasks.length, ...alive, new WeakRef(task));
}
