import { MAX_SHAPES, MAX_SHAPE_KEYS, MAX_SHAPE_TEXT, SEPARATOR } from "../layout";

/** Class name and keys of objects that are sent. */
export class Shape {
    /** Number of the frame that has defined this shape last, and the index of the shape in it. */
    frame = 0;
    index = 0;
    /** Shape that each member had last, or the items of its array. The next value often has the same. */
    readonly hints: (Shape | undefined)[];

    constructor(
        /** Class name and keys, as on the wire. */
        readonly text: string,
        readonly className: string,
        readonly keys: readonly string[],
        /** Prototype of the object that had this shape last. */
        public prototype: object | null,
    ) {
        this.hints = keys.map(() => undefined);
    }

    hasKeys(keys: readonly string[]): boolean {
        const own = this.keys;
        if (own.length !== keys.length) return false;
        for (let n = 0; n < keys.length; n++) if (own[n] !== keys[n]) return false;
        return true;
    }
}

/** Number of shapes of a frame that are found by a search in a list. A Map is slower for so few. */
const LISTED_SHAPES = 16;

/** Shapes of one frame, in order. */
export class FrameShapes {
    readonly #list: Shape[] = [];
    /** Indexes of all shapes, if there are more than are listed. */
    #indexes: Map<Shape, number> | undefined;

    get length(): number {
        return this.#list.length;
    }

    /** Returns the index of a shape; -1 if the frame does not have it. */
    indexOf(shape: Shape): number {
        return this.#indexes ? (this.#indexes.get(shape) ?? -1) : this.#list.indexOf(shape);
    }

    /** Adds a shape. Returns its index. */
    add(shape: Shape): number {
        const index = this.#list.push(shape) - 1;
        if (this.#indexes) this.#indexes.set(shape, index);
        else if (index >= LISTED_SHAPES) this.#indexes = new Map(this.#list.map((each, n) => [each, n]));
        return index;
    }

    /** Removes the last shapes, and lets them be defined again. */
    truncate(length: number): void {
        const list = this.#list;
        while (list.length > length) {
            const shape = list.pop() as Shape;
            shape.frame = 0;
            this.#indexes?.delete(shape);
        }
    }

    /** Removes all shapes. The next frame has another number. */
    clear(): void {
        this.#list.length = 0;
        this.#indexes = undefined;
    }
}

/** Shapes of sent objects. All are forgotten when there are too many, which costs time only. */
export class ShapeTable {
    readonly #shapes = new Map<string, Shape>();
    /** Shape of the value of the latest message. */
    latest: Shape | undefined;

    /** Returns a shape; `undefined` for an object without members, or with too many or too long names. */
    find(className: string, keys: readonly string[], prototype: object | null): Shape | undefined {
        if (keys.length === 0 || keys.length > MAX_SHAPE_KEYS) return undefined;
        const text = className + SEPARATOR + keys.join(SEPARATOR);
        let shape = this.#shapes.get(text);
        if (shape === undefined) {
            // A key that contains the separator would be read as two.
            if (text.length > MAX_SHAPE_TEXT || text.split(SEPARATOR).length !== keys.length + 1) return undefined;
            if (this.#shapes.size === MAX_SHAPES) this.#shapes.clear();
            shape = new Shape(text, className, keys, prototype);
            this.#shapes.set(text, shape);
        } else if (!shape.hasKeys(keys)) {
            return undefined;
        }
        shape.prototype = prototype;
        return shape;
    }
}
