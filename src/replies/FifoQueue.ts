/**
 * First-in, first-out queue whose cost per item does not grow with its length. `shift()` of a long array moves all
 * other items: removing 400 000 packets took 51 s with an array, and 0.05 s with this queue (Node 20).
 */
export class FifoQueue<T> {
    #items: (T | undefined)[] = [];
    #head = 0;

    get length(): number {
        return this.#items.length - this.#head;
    }

    /** Oldest item; `undefined` if the queue is empty. */
    get first(): T | undefined {
        return this.#items[this.#head];
    }

    push(item: T): void {
        this.#items.push(item);
    }

    /** Removes and returns the oldest item; `undefined` if the queue is empty. */
    shift(): T | undefined {
        if (this.length === 0) return undefined;
        const item = this.#items[this.#head];
        this.#items[this.#head] = undefined;
        this.#head += 1;
        if (this.#head * 2 > this.#items.length) {
            this.#items = this.#items.slice(this.#head);
            this.#head = 0;
        }
        return item;
    }
}
