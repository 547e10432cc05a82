import type { SockhopResponseWriteableStream } from "./ResponseWriteableStream";

/**
 * Answers that a peer waits for, by the uuids of its requests.
 *
 * The peer chooses those, so that a Map must find them. It is replaced now and then, since its tables live on: see
 * {@link Waiting}.
 */
export class Responses {
    #responses = new Map<string, SockhopResponseWriteableStream>();
    /** How many have come into this Map. */
    #added = 0;

    get size(): number {
        return this.#responses.size;
    }

    add(response: SockhopResponseWriteableStream): void {
        this.#added += 1;
        if (this.#added > 1000 + 4 * this.#responses.size) {
            this.#responses = new Map(this.#responses);
            this.#added = 0;
        }
        this.#responses.set(response.uuid, response);
    }

    get(uuid: string): SockhopResponseWriteableStream | undefined {
        return this.#responses.get(uuid);
    }

    delete(uuid: string): void {
        this.#responses.delete(uuid);
    }

    [Symbol.iterator](): Iterator<SockhopResponseWriteableStream> {
        return this.#responses.values();
    }
}
