import { isUuid } from "../../protocol/uuid";
import type { SockhopResponseWriteableStream } from "./ResponseWriteableStream";

/** Key of a request. A UUID is its own key; other ids get their type as a prefix. */
export function keyOf(uuid: unknown): string {
    return isUuid(uuid) ? uuid : `${typeof uuid} ${String(uuid)}`;
}

/**
 * Open responses to the requests of a peer, by request id.
 *
 * A Map, because the peer chooses the ids and must not be able to make them collide. No key is a number or a string of
 * digits: V8 seeds the hashes of other strings only. The Map is replaced from time to time, because V8 keeps its old
 * tables in memory: see {@link PendingTable}.
 */
export class OpenResponses {
    #responses = new Map<string, SockhopResponseWriteableStream>();
    /** Number of entries added to the current Map. */
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

    /** Iterates over a snapshot, so that entries can be removed during the iteration. */
    [Symbol.iterator](): Iterator<SockhopResponseWriteableStream> {
        return [...this.#responses.values()][Symbol.iterator]();
    }
}
