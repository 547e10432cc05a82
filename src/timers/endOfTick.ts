import { nextTick } from "../runtime/clock";
import { onExit } from "../runtime/onExit";
import { surface } from "../emitter/emitSafely";

/** What can have something to do when this turn of the event loop ends. */
export interface Due {
    /** The next one whose turn it is; linked, since an array for each turn takes more memory than the call. */
    nextDue: Due | undefined;
    endTurn(): void;
}

/** Has something done at the end of this turn; while the process exits, at once. */
let later: (callback: () => void) => void = nextTick;

let first: Due | undefined;
let last: Due | undefined;

function endTurn(): void {
    let due = first;
    first = last = undefined;
    while (due) {
        const next: Due | undefined = due.nextDue;
        due.nextDue = undefined;
        try {
            due.endTurn();
        } catch (error) {
            surface(error); // the others must not wait for ever
        }
        due = next;
    }
}

/** Has `endTurn()` called when this turn ends; while the process exits, before this returns. Not twice before that. */
export function atEndOfTurn(due: Due): void {
    if (last) {
        last = last.nextDue = due;
    } else {
        first = last = due;
        later(endTurn);
    }
}

// What was sent before process.exit() in the same turn, or in a handler of `exit`, goes out, as it does with sockhop 1.x,
// which writes at once.
onExit(() => {
    later = (callback: () => void) => {
        callback();
    };
    endTurn();
});
