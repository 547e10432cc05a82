import v8 from "node:v8";
import vm from "node:vm";

v8.setFlagsFromString("--expose-gc");

/** Runs a full garbage collection. */
const collect = vm.runInNewContext("gc") as () => void;

/** Size of V8's old space in bytes. */
function longLived(): number {
    return v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space")!.space_used_size;
}

/** Growth of the old space in bytes after many calls of `pass`, from a full collection on. */
export function growth(pass: () => void): number {
    for (let n = 0; n < 1000; n++) pass();
    collect();
    const before = longLived();
    for (let n = 0; n < 20_000; n++) pass();
    return longLived() - before;
}

/** Heap size in bytes of a hundred results of `make`. */
export function kept(make: () => unknown): number {
    const results: unknown[] = [];
    make();
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 100; n++) results.push(make());
    collect();
    const after = process.memoryUsage().heapUsed;
    return results.length === 100 ? after - before : NaN; // keeps them alive until here
}

/** Size in bytes of objects and buffers after a full collection. */
export function used(): number {
    for (let n = 0; n < 3; n++) collect(); // weak references are cleared in the next collection
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
}
