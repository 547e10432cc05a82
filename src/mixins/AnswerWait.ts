import type { Message } from "../protocol/Message";
import { onExit } from "../runtime/onExit";
import { GraceTimeout } from "../timers/GraceTimeout";

/**
 * Longest wait for the answer to a greeting, in milliseconds. Only a peer that does not reply to pings lets it pass:
 * sockhop of any version replies to the ping that follows the greeting. A later answer counts, too.
 */
const AGREEMENT_TIMEOUT_MS = 2000;

/** Number of messages that are held before the answer. A server that has the codec sends few before its answer. */
const MAX_HELD = 1000;

/** Ends the waits of all clients of the process: see {@link sendAtExit}. */
const waits = new Set<() => void>();
let isExitWatched = false;

/** Sends the messages that wait for an answer as JSON lines when the process exits: no answer can arrive any more. */
function sendAtExit(): void {
    for (const end of waits) end();
}

/** Options of an {@link AnswerWait}. */
export interface AnswerWaitOptions {
    /** Id of the ping that follows the greeting. Its pong without an answer before it means: the peer has no codec. */
    readonly probe: unknown;
    /** True to hold messages that arrive before the answer. */
    readonly holds: boolean;
    /** False if the attempt to connect limits the wait: `resume()` of a session may need longer. */
    readonly isLimited: boolean;
    /** Called when the codec is known. */
    readonly onEnd: () => void;
    /** Called when no answer can be expected any more. */
    readonly onTimeout: () => void;
}

/** Wait of a client for the answer to its greeting. */
export class AnswerWait {
    readonly probe: unknown;
    /** True if messages are held, not delivered at once. */
    readonly holds: boolean;
    /** Called when the codec is known. */
    readonly onEnd: () => void;
    readonly #held: Message[] = [];
    readonly #timer: GraceTimeout | undefined;
    /** Called last, also if the connection closes. */
    readonly #onForgotten: (() => void)[] = [];

    constructor({ probe, holds, isLimited, onEnd, onTimeout }: AnswerWaitOptions) {
        this.probe = probe;
        this.holds = holds;
        this.onEnd = onEnd;
        if (!isLimited) return;
        this.#timer = new GraceTimeout(AGREEMENT_TIMEOUT_MS, onTimeout);
        waits.add(onTimeout);
        this.#onForgotten.push(() => waits.delete(onTimeout));
        if (!isExitWatched) onExit(sendAtExit);
        isExitWatched = true;
    }

    /** Keeps a message; false if there are too many. */
    hold(message: Message): boolean {
        if (this.#held.length >= MAX_HELD) return false;
        this.#held.push(message);
        return true;
    }

    /** Returns the messages that are held, and keeps them no longer. */
    takeHeld(): Message[] {
        return this.#held.splice(0);
    }

    /** Resolves when the wait is over, for whatever reason. */
    forgotten(): Promise<void> {
        return new Promise((resolve) => this.#onForgotten.push(resolve));
    }

    forget(): void {
        this.#timer?.clear();
        for (const callback of this.#onForgotten) callback();
    }
}
