import process from "node:process";

/** Property of `process` with the tasks of all copies of the library. */
const TASKS = Symbol.for("sockhop.onExit");

/** Weak references, so that an unloaded copy (`jest.resetModules()`, hot reload) does not stay in memory. */
type Tasks = WeakRef<() => void>[];

/** Strong references to the tasks of this copy, so that they live as long as the copy. */
const ownTasks: (() => void)[] = [];

/**
 * Calls `task` when the process exits, before `exit` listeners that are added later.
 *
 * All copies of the library share one listener. With one listener for each, Node would warn about the eleventh.
 */
export function onExit(task: () => void): void {
    ownTasks.push(task);
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
