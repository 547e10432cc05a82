import { typeName } from "../../protocol/typeName";
import { MAX_SHAPES } from "./layout";
import type { BinaryClass, BinaryClasses } from "./settings";

/** Instance of a class whose data is no plain object. It is sent like an instance with this `toJSON()`. */
abstract class Wrapper {
    readonly #data: unknown;

    constructor(data: unknown) {
        this.#data = data;
    }

    toJSON(): unknown {
        return this.#data;
    }
}

/** Stand-ins for the instances of one class. Their prototypes have the name of the class, and nothing of it. */
class StandIn implements BinaryClass {
    readonly prototype: object;
    readonly #wrapper: new (data: unknown) => Wrapper;
    /** Instances may contain themselves. */
    readonly hasFromJson = false;

    constructor(name: string) {
        const constructor = { value: { name } };
        this.prototype = Object.create(Object.prototype, { constructor }) as object;
        this.#wrapper = class extends Wrapper {};
        Object.defineProperty(this.#wrapper.prototype, "constructor", constructor);
    }

    revive(data: unknown): unknown {
        const isPlain = typeof data === "object" && data !== null && Object.getPrototypeOf(data) === Object.prototype;
        return isPlain ? Object.setPrototypeOf(data, this.prototype) : new this.#wrapper(data);
    }
}

/**
 * Classes for a message that is decoded only to be encoded again: code of the program does not run, and each instance
 * keeps the name of its class, also of one that only the receiver knows.
 */
export class StandIns implements BinaryClasses {
    readonly #byName = new Map<string, StandIn>();

    get(name: string): StandIn | undefined {
        if (name === "Object") return undefined;
        let standIn = this.#byName.get(name);
        if (!standIn) {
            if (this.#byName.size === MAX_SHAPES) this.#byName.clear();
            standIn = new StandIn(name);
            this.#byName.set(name, standIn);
        }
        return standIn;
    }

    of(): undefined {
        return undefined;
    }

    typeOf(value: unknown): string {
        return typeName(value);
    }

    /** Returns the data of a stand-in whose class is the type of its message: a Buffer has the type Buffer. */
    static unwrap(data: unknown, type: string): unknown {
        return data instanceof Wrapper && typeName(data) === type ? data.toJSON() : data;
    }
}
