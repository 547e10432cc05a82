import { throwLater } from "../emitter/emitSafely";
import { nextTick } from "../runtime/clock";
import { onExit } from "../runtime/onExit";

/** Object with work for the end of a tick. */
export interface TickTask {
    /** Next task in the linked list. An array for each tick would need more memory than the call. */
    nextTask: TickTask | undefined;
    endTick(): void;
}

/** Calls back at the end of this tick; at once while the process exits. */
let schedule: (callback: () => void) => void = nextTick;

let first: TickTask | undefined;
let last: TickTask | undefined;

function endTick(): void {
    let task = first;
    first = last = undefined;
    while (task) {
        const next: TickTask | undefined = task.nextTask;
        task.nextTask = undefined;
        try {
            task.endTick();
        } catch (error) {
            throwLater(error); // the other tasks must still run
        }
        task = next;
    }
}

/**
 * Calls `endTick()` of a task at the end of this tick; while the process exits, at once. A task must not be added again
 * before that call.
 */
export function atEndOfTick(task: TickTask): void {
    if (last) {
        last = last.nextTask = task;
    } else {
        first = last = task;
        schedule(endTick);
    }
}

// Messages that are sent in the tick of process.exit(), or in an `exit` listener, are still written, as with sockhop
// 1.x, which writes at once.
onExit(() => {
    schedule = (callback: () => void) => {
        callback();
    };
    endTick();
});
