import type { EventEmitter } from "node:events";

/** Creates a frame like those of sockhop, with optional further members. */
export function frame(data: unknown, more: object = {}): string {
    return JSON.stringify({ type: (data as object).constructor.name, data, ...more }) + "\n";
}

/** Runs the event loop until a condition is true. */
export async function until(condition: () => boolean): Promise<void> {
    const end = performance.now() + 30_000;
    while (!condition()) {
        if (performance.now() > end) throw new Error(`Not in time: ${String(condition)}`);
        await new Promise(setImmediate);
    }
}

/** Runs this number of iterations of the event loop. */
export async function turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/** Resolves to the arguments of the next event. (`once` of node rejects at `error`.) */
export async function next(emitter: EventEmitter, event: string): Promise<void> {
    await new Promise((resolve) => emitter.once(event, resolve));
}
