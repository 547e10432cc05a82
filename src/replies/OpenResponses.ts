import { isUuid } from "../protocol/uuid";
import type { SockhopResponseWriteableStream } from "./ResponseWriteableStream";

/** The key of a request: what looks like a UUID is its own. */
export function keyOf(uuid: unknown): string {
    return isUuid(uuid) ? uuid : `${typeof uuid} ${String(uuid)}`;
}

/**
 * Answers that a peer waits for, by the uuids of its requests.
 *
 * The peer chooses those, so that a Map must find them, by keys that no peer can make collide: V8 seeds the hash of a string
 * by chance, but not that of a number, nor that of a string of digits. It is replaced now and then, since its tables live on: see
 * {@link Waiting}.
 */
export class OpenResponses {
    #responses = new Map<string, SockhopResponseWriteableStream>();
    /** How many have come into this Map. */
    #added = 0;

    get size(): number {
        return this.#responses.size;
    }

    /** @param key - see {@link keyOf} */
    add(key: string, response: SockhopResponseWriteableStream): void {
        this.#added += 1;
        if (this.#added > 1000 + 4 * this.#responses.size) {
            this.#responses = new Map(this.#responses);
            this.#added = 0;
        }
        this.#responses.set(key, response);
    }

    get(key: string): SockhopResponseWriteableStream | undefined {
        return this.#responses.get(key);
    }

    delete(key: string): void {
        this.#responses.delete(key);
    }

    /** As they are now, whatever becomes of them meanwhile. */
    [Symbol.iterator](): Iterator<SockhopResponseWriteableStream> {
        return [...this.#responses.values()][Symbol.iterator]();
    }
}
