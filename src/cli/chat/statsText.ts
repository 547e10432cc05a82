import type { Stats } from "../../index";
import type { Output } from "../terminal/Output";

/** Formats counters. Leaves out those without a value yet, such as the round-trip time before the first pong. */
export function statsText(output: Output, stats: Stats): string {
    return output.inspect(Object.fromEntries(Object.entries(stats).filter(([, value]) => value !== undefined)));
}
