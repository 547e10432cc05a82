import { ObjectSet } from "./ObjectSet";

/** Number of objects of a message that are found by a search in a list. A Set is slower for so few. */
const LISTED_OBJECTS = 48;

/**
 * Objects of the message that is being written, by the numbers that references to them have.
 *
 * The first ones are in a list. If there are more, all are in a set, whose order gives their numbers: most messages refer to no
 * object twice, and only have to know this. When a number is needed, a Map replaces the set.
 */
export class NumberedObjects {
    readonly #list: unknown[] = new Array<unknown>(LISTED_OBJECTS).fill(undefined);
    #set: ObjectSet | undefined;
    #map: Map<unknown, number> | undefined;
    /** Objects whose `toJSON()` has returned what is being written, with the number of that. */
    #replaced: Map<object, number> | undefined;
    #length = 0;

    /** Returns the number of an object; -1 if the message does not have it. */
    find(value: object): number {
        return this.#replaced?.get(value) ?? this.#indexOf(value);
    }

    /** Gives the next number to an object. */
    add(value: object): void {
        const index = this.#length++;
        if (index < LISTED_OBJECTS) {
            this.#list[index] = value;
            return;
        }
        if (index === LISTED_OBJECTS) this.#leaveList();
        if (this.#set) this.#set.add(value);
        else this.#map?.set(value, index);
    }

    /** Returns the number of an object. Adds an object that the message does not have, and returns -1. */
    findOrAdd(value: object): number {
        const length = this.#length;
        if (length < LISTED_OBJECTS && !this.#replaced) {
            const list = this.#list;
            for (let n = 0; n < length; n++) if (list[n] === value) return n;
            list[length] = value;
            this.#length = length + 1;
            return -1;
        }
        if (this.#set) {
            if (!this.#set.add(value)) return this.#indexOf(value);
            this.#length = length + 1;
            return -1;
        }
        const index = this.find(value);
        if (index === -1) this.add(value);
        return index;
    }

    /**
     * Gives an object the number that the result of its `toJSON()` will have.
     *
     * @returns number of that result if the message has it already, or -1
     */
    beginReplacement(value: object, result: object): number {
        this.#leaveSet();
        const earlier = this.#indexOf(result);
        this.#replaced ??= new Map<object, number>();
        this.#replaced.set(value, this.#length);
        return earlier;
    }

    /**
     * Puts the object in the place of the result, which is written. The result keeps its earlier number.
     *
     * @param earlier - result of {@link beginReplacement}
     */
    endReplacement(value: object, result: object, earlier: number): void {
        const index = this.#replaced?.get(value) as number;
        this.#replaced?.delete(value);
        if (this.#length === index) return; // a boxed value has no number
        if (!this.#map) {
            this.#list[index] = value;
            return;
        }
        if (earlier === -1) this.#map.delete(result);
        else this.#map.set(result, earlier);
        this.#map.set(value, index);
    }

    /** Lets an object be written again. Its number stays in use. */
    forget(value: object): void {
        this.#leaveSet();
        const index = this.#indexOf(value);
        if (this.#map) this.#map.delete(value);
        else if (index !== -1) this.#list[index] = undefined;
    }

    clear(): void {
        const used = Math.min(this.#length, LISTED_OBJECTS);
        for (let n = 0; n < used; n++) this.#list[n] = undefined;
        this.#length = 0;
        this.#set = this.#map = undefined;
        this.#replaced = undefined;
    }

    #indexOf(value: object): number {
        if (this.#set?.has(value) === false) return -1;
        this.#leaveSet();
        if (this.#map) return this.#map.get(value) ?? -1;
        return this.#list.lastIndexOf(value, Math.min(this.#length, LISTED_OBJECTS) - 1);
    }

    /** Continues without the list. A set cannot express that objects were replaced or forgotten. */
    #leaveList(): void {
        if (this.#replaced || this.#list.includes(undefined)) this.#map = numbered(this.#list);
        else this.#set = new ObjectSet(this.#list);
    }

    /** Continues with a Map, if there is a set. */
    #leaveSet(): void {
        if (this.#set) this.#map = numbered(this.#set);
        this.#set = undefined;
    }
}

/** Numbers objects in their order. */
function numbered(objects: Iterable<unknown>): Map<unknown, number> {
    const map = new Map<unknown, number>();
    let number = 0;
    for (const object of objects) map.set(object, number++);
    return map;
}
