import { setImmediate as nextTurn } from "node:timers/promises";

/** Resolves when a stream has written everything, or has emitted the error of a write that failed. Never rejects. */
export async function flushed(stream: NodeJS.WriteStream): Promise<void> {
    if (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write("", () => resolve()));
    else await nextTurn(); // files are written at once, and emit an error in the next tick
}
