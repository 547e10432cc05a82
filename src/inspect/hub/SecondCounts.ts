import { sideIndex } from "./InspectedConnection";
import type { PerSide, Point, Side } from "../protocol";

const SECOND_MS = 1000;

/** Counts the messages and bytes of the current second. */
export class SecondCounts {
    #messages: PerSide = [0, 0];
    #bytes: PerSide = [0, 0];
    #start = performance.now();

    addMessages(from: Side, count: number): void {
        this.#messages[sideIndex(from)] += count;
    }

    addBytes(from: Side, bytes: number): void {
        this.#bytes[sideIndex(from)] += bytes;
    }

    /** Begins a second. */
    restart(now = performance.now()): void {
        this.#messages = [0, 0];
        this.#bytes = [0, 0];
        this.#start = now;
    }

    /** Returns the counts if the second is over, and begins the next one. */
    takeIfOver(now = performance.now()): Pick<Point, "messages" | "bytes"> | undefined {
        const length = (now - this.#start) / SECOND_MS; // more than 1 after a delay
        if (length < 1) return undefined;
        const perSecond = ([client, server]: PerSide): PerSide => [
            Math.round(client / length),
            Math.round(server / length),
        ];
        const counts = { messages: perSecond(this.#messages), bytes: perSecond(this.#bytes) };
        this.restart(now);
        return counts;
    }
}
