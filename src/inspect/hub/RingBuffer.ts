/** Keeps the last items, up to a number of them and a sum of their sizes. */
export class RingBuffer<T> {
    readonly #maxCount: number;
    readonly #maxSize: number;
    readonly #sizeOf: (item: T) => number;
    #items: (T | undefined)[] = [];
    /** Index of the first item. The ones before it were removed, and are `undefined`. */
    #first = 0;
    #size = 0;

    /**
     * @param maxSize - maximum of the sum of the sizes. The last item is kept even if it is larger.
     */
    constructor(maxCount: number, maxSize = Infinity, sizeOf: (item: T) => number = () => 0) {
        this.#maxCount = maxCount;
        this.#maxSize = maxSize;
        this.#sizeOf = sizeOf;
    }

    get length(): number {
        return this.#items.length - this.#first;
    }

    push(item: T): void {
        this.#items.push(item);
        this.#size += this.#sizeOf(item);
        while (this.length > this.#maxCount || (this.#size > this.#maxSize && this.length > 1)) this.#shift();
    }

    /** Returns a new array of the items, the oldest first. */
    all(): T[] {
        return this.#items.slice(this.#first) as T[];
    }

    clear(): void {
        this.#items = [];
        this.#first = this.#size = 0;
    }

    #shift(): void {
        this.#size -= this.#sizeOf(this.#items[this.#first] as T);
        this.#items[this.#first] = undefined; // its memory counts no more
        this.#first += 1;
        if (this.#first <= this.#maxCount) return;
        this.#items = this.#items.slice(this.#first);
        this.#first = 0;
    }
}
