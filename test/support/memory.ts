import v8 from "node:v8";
import vm from "node:vm";

v8.setFlagsFromString("--expose-gc");

/** Makes a full collection. */
export const collect = vm.runInNewContext("gc") as () => void;

/** Bytes of objects that V8 takes for long-lived. */
export function longLived(): number {
    return v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space")!.space_used_size;
}
