import v8 from "node:v8";
import vm from "node:vm";

v8.setFlagsFromString("--expose-gc");

/** Makes a full collection. */
const collect = vm.runInNewContext("gc") as () => void;

/** Bytes of objects that V8 takes for long-lived. */
function longLived(): number {
    return v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space")!.space_used_size;
}

/** How many more such bytes there are after `pass` has been called often, from a full collection on. */
export function growth(pass: () => void): number {
    for (let n = 0; n < 1000; n++) pass();
    collect();
    const before = longLived();
    for (let n = 0; n < 20_000; n++) pass();
    return longLived() - before;
}

/** How many bytes of the heap the results of `make` keep, a hundred of them. */
export function kept(make: () => unknown): number {
    const results: unknown[] = [];
    make();
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 100; n++) results.push(make());
    collect();
    const after = process.memoryUsage().heapUsed;
    return results.length === 100 ? after - before : NaN; // they are in use until here
}

/** Bytes that are in use, of objects and of buffers, after a full collection. */
export function used(): number {
    for (let n = 0; n < 3; n++) collect(); // what is found to be weak goes with the next
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
}
