import { nextTick } from "../runtime/clock";
import { onExit } from "../runtime/onExit";
import { throwLater } from "../emitter/emitSafely";

/** What can have something to do when this turn of the event loop ends. */
export interface TickTask {
    /** The next one whose turn it is; linked, since an array for each turn takes more memory than the call. */
    nextTask: TickTask | undefined;
    endTick(): void;
}

/** Has something done at the end of this turn; while the process exits, at once. */
let later: (callback: () => void) => void = nextTick;

let first: TickTask | undefined;
let last: TickTask | undefined;

function endTick(): void {
    let due = first;
    first = last = undefined;
    while (due) {
        const next: TickTask | undefined = due.nextTask;
        due.nextTask = undefined;
        try {
            due.endTick();
        } catch (error) {
            throwLater(error); // the others must not wait for ever
        }
        due = next;
    }
}

/** Has `endTurn()` called when this turn ends; while the process exits, before this returns. Not twice before that. */
export function atEndOfTick(due: TickTask): void {
    if (last) {
        last = last.nextTask = due;
    } else {
        first = last = due;
        later(endTick);
    }
}

// What was sent before process.exit() in the same turn, or in a handler of `exit`, goes out, as it does with sockhop 1.x,
// which writes at once.
onExit(() => {
    later = (callback: () => void) => {
        callback();
    };
    endTick();
});
