import { type TickTask, atEndOfTick } from "../../timers/endOfTick";
import { Deferred } from "../../timers/Deferred";
import { HEAD_BYTES, writeAddress } from "./ClusterMessage";

/** Values that are sent in one tick: one message of the engine, and one promise. */
export class ClusterTurn implements TickTask {
    nextTask: TickTask | undefined;
    readonly #flush: (turn: ClusterTurn) => void;
    /** Settles when the engine has taken the message, or has not. */
    readonly sent = new Deferred();
    /** Lines, without the first one. */
    text = "";
    bytes = HEAD_BYTES;
    /** Number of values. */
    count = 0;
    /** Group of the last value. */
    #group: string | undefined;

    /** @param flush - called at the end of the tick, also if the turn was published before */
    constructor(flush: (turn: ClusterTurn) => void) {
        this.#flush = flush;
        atEndOfTick(this);
    }

    /** @param bytes - see {@link bytesOf} */
    add(line: string, group: string | undefined, bytes: number): void {
        if (group !== this.#group) {
            this.#group = group;
            this.text += writeAddress(group);
        }
        this.text += `${line}\n`;
        this.bytes += bytes;
        this.count += 1;
    }

    endTick(): void {
        this.#flush(this);
    }
}

/** Returns the number of bytes that a value needs in a message, at most. */
export function bytesOf(line: string, group: string | undefined): number {
    return Buffer.byteLength(line) + 1 + Buffer.byteLength(writeAddress(group));
}
