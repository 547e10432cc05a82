import type { EventEmitter } from "node:events";

/** A frame as sockhop sends it, perhaps with more members. */
export function frame(data: unknown, more: object = {}): string {
    return JSON.stringify({ type: (data as object).constructor.name, data, ...more }) + "\n";
}

/** Lets turns of the event loop pass until something is so. */
export async function until(condition: () => boolean): Promise<void> {
    const end = performance.now() + 8000;
    while (!condition()) {
        if (performance.now() > end) throw new Error(`Not in time: ${String(condition)}`);
        await new Promise(setImmediate);
    }
}

/** Lets so many turns of the event loop pass. */
export async function turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/** The next event of this name. (That of Node rejects at `error`.) */
export async function next(emitter: EventEmitter, event: string): Promise<void> {
    await new Promise((resolve) => emitter.once(event, resolve));
}
